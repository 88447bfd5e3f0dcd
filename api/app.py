"""Mounts the API on a Flask application: `register_api(app, engine)`."""

from __future__ import annotations

from typing import Any

import flask_smorest as smorest  # type: ignore[import-untyped]
from flask import Flask
from marshmallow import Schema, fields

from api.calendars import calendars
from api.caller import QUERY_CODE, serve_engine
from api.cards import cards
from api.cases import cases
from api.catalogue import catalogue
from api.clients import clients
from api.definitions import definitions
from api.demo import demo
from api.docs_page import docs_page
from api.documents import documents
from api.events import events
from api.health import health_of
from api.intake import intake
from api.items import items
from api.limits import limits
from api.mandates import mandates
from api.materials import materials
from api.modeler import modeler
from api.powers import powers
from api.problems import handle_unmatched
from api.progress import progress
from api.regions import regions
from api.request_id import watch_requests
from api.resource import PREFIX
from api.tasks import tasks
from api.tokens import own_token, tokens
from api.verify import verify
from api.webhooks import webhooks
from engine.assemble import Engine

_SECURITY = "token"


class Problem(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String()
    detail = fields.String()
    request_id = fields.String()
    fields_ = fields.Dict(data_key="fields")


class Api(smorest.Api):  # type: ignore[misc]  # flask-smorest has no types
    """smorest for the documentation; the errors are said by `problems.py`."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass


def register_api(app: Flask, engine: Engine) -> None:
    """Mount `/api/v1` and `/healthz` on an application, to work on `engine`. OpenAPI: `/api/v1/openapi.json`."""
    serve_engine(app, engine)
    watch_requests(app)
    handle_unmatched(app)
    app.config.setdefault("OPENAPI_URL_PREFIX", PREFIX)
    api = Api(app, spec_kwargs=_about())
    api.spec.components.security_scheme(_SECURITY, {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme("query_code", {"type": "apiKey", "in": "header", "name": QUERY_CODE})
    for resource in (
        tokens,
        own_token,
        cases,
        tasks,
        progress,
        events,
        definitions,
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
        items,
        catalogue,
        powers,
        webhooks,
    ):
        api.register_blueprint(resource)
    app.register_blueprint(docs_page)
    app.register_blueprint(modeler)
    if engine.settings.demo:
        api.register_blueprint(demo)
    app.register_blueprint(health_of(engine))


def _about() -> dict[str, Any]:
    return {
        "title": "OneWindow",
        "version": "1",
        "openapi_version": "3.1.0",
        "info": {"description": "Cross-department approvals. See docs/api.md."},
        "security": [{_SECURITY: []}],
    }
