"""Mounts the API on a Flask application: `register_api(app, engine)`."""

from __future__ import annotations

from threading import Lock
from typing import Any

import flask_smorest as smorest  # type: ignore[import-untyped]
from flask import Flask
from marshmallow import INCLUDE, Schema, fields

from api.applicants import applicants, registration
from api.calendars import calendars
from api.caller import QUERY_CODE, serve_engine
from api.cards import cards
from api.cases import cases
from api.catalogue import catalogue
from api.clients import clients
from api.credit import commitments, credit, eligibility
from api.definitions import definitions
from api.demo import demo
from api.diagrams import diagrams
from api.docs_page import docs_page
from api.documents import documents
from api.drafts import drafts
from api.events import events
from api.health import health_of
from api.intake import intake
from api.item_files import item_files
from api.items import items
from api.limits import limits
from api.mandate_scans import mandate_scans
from api.mandates import mandates
from api.materials import materials
from api.modeler import modeler
from api.powers import powers
from api.problems import PROBLEM, handle_unmatched
from api.progress import progress
from api.regions import regions
from api.request_id import watch_requests
from api.resource import KEY_HEADER, PREFIX, PROBLEM_ANSWER, SECURITY
from api.tasks import tasks
from api.tokens import own_token, tokens
from api.verifications import defences, verifications
from api.verify import verify
from api.webhooks import webhooks
from engine.assemble import Engine


class Problem(Schema):
    """Problem details (RFC 9457): these members, and the values that the problem speaks of."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable; docs/api.md has all of them"})
    detail = fields.String(required=True, metadata={"description": "what is wrong and what to do, by Accept-Language"})
    request_id = fields.String(required=True)
    rule = fields.String(metadata={"description": "the product's rule that says no"})
    article = fields.String(metadata={"description": "the article of law behind it"})
    node = fields.String(metadata={"description": "the element of the diagram"})
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        metadata={"description": "by path"},
    )


class Api(smorest.Api):  # type: ignore[misc]  # flask-smorest has no types
    """smorest for the documentation; the errors are said by `problems.py`."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None  # every operation tells its own

    def __init__(self, app: Flask, **options: Any) -> None:
        self._undescribed: list[smorest.Blueprint] = []
        self._describing = Lock()
        super().__init__(app, **options)

    def register_blueprint(self, blp: smorest.Blueprint) -> None:
        """Mount a resource; it is described when the description is first asked for, so that the server starts sooner."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    def _openapi_json(self) -> Any:
        with self._describing:
            while self._undescribed:
                resource = self._undescribed.pop(0)
                resource.register_views_in_doc(self, self._app, self.spec, name=resource.name, parameters=None)
                self.spec.tag({"name": resource.name, "description": resource.description})
        return super()._openapi_json()

    def _register_error_handlers(self) -> None:
        pass


def register_api(app: Flask, engine: Engine) -> None:
    """Mount `/api/v1` and `/healthz` on an application, to work on `engine`. OpenAPI: `/api/v1/openapi.json`."""
    serve_engine(app, engine)
    watch_requests(app)
    handle_unmatched(app)
    app.config.setdefault("OPENAPI_URL_PREFIX", PREFIX)
    api = Api(app, spec_kwargs=_about())
    api.spec.components.security_scheme("query_code", {"type": "apiKey", "in": "header", "name": QUERY_CODE})
    api.spec.components.security_scheme(SECURITY, {"type": "http", "scheme": "bearer"})
    api.spec.components.response(
        PROBLEM_ANSWER, {"description": "A problem", "content": {PROBLEM: {"schema": Problem}}}
    )
    api.spec.components.parameter(KEY_HEADER, "header", _KEY)
    for resource in (
        tokens,
        own_token,
        registration,
        applicants,
        drafts,
        cases,
        tasks,
        progress,
        events,
        definitions,
        diagrams,
        clients,
        limits,
        regions,
        calendars,
        cards,
        materials,
        intake,
        documents,
        verify,
        mandates,
        mandate_scans,
        item_files,
        commitments,
        eligibility,
        credit,
        items,
        catalogue,
        powers,
        webhooks,
        verifications,
        defences,
    ):
        api.register_blueprint(resource)
    app.register_blueprint(docs_page)
    app.register_blueprint(modeler)
    if engine.settings.demo:
        api.register_blueprint(demo)
    app.register_blueprint(health_of(engine))


_KEY = {
    "name": "Idempotency-Key",
    "description": "The same key with the same request gives the first answer again and does nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}


def _about() -> dict[str, Any]:
    return {
        "title": "OneWindow",
        "version": "1",
        "openapi_version": "3.1.0",
        "info": {"description": "Cross-department approvals. See docs/api.md."},
        "security": [{SECURITY: []}],
    }
