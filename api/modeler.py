"""`/engine-rest`: what the Camunda Modeler's Deploy button calls. Deploying makes a draft; findings come back in `message`.

The tool asks `GET /version` and `GET /deployment?maxResults=0` to see whether it may connect, then sends the diagram as
`multipart/form-data` to `POST /deployment/create`. Log in with HTTP Basic, or a token of `/api/v1/tokens` as bearer.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, request

from api.caller import authenticate, engine
from api.problems import handle_errors
from api.resource import MOST_BODY, answer
from engine.definitions.deploy import Draft
from engine.errors import ApprovalError, Invalid, Unauthenticated
from engine.organization.actor import Actor
from engine.play import scenario_of

#: The release of that engine whose calls these are: the tool picks its form of deployment by it.
SPOKEN = "7.22.0"
MOST_UPLOAD = 6 * 1024 * 1024
MOST_SCENARIOS = 100  #: as `POST /definitions` takes
modeler = Blueprint("modeler", __name__, url_prefix="/engine-rest")


class DiagramMissing(ApprovalError):
    """The deployment holds no BPMN file."""

    code = "diagram-missing"
    status = 400
    zh = "部署内容中没有 BPMN 文件（.bpmn 或 .bpmn20.xml）。请在建模工具中打开流程图后部署。"
    en = "The deployment holds no BPMN file (.bpmn or .bpmn20.xml). Open the diagram in the tool and deploy it from there."


@modeler.before_request
def _authenticate() -> None:
    request.max_content_length = MOST_UPLOAD if request.method == "POST" else MOST_BODY
    request.max_form_memory_size = MOST_BODY
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        g.actor = _logged_in(str(basic.username or ""), str(basic.password or ""))
    else:
        authenticate()


def _logged_in(username: str, password: str) -> Actor:
    if not username or "\0" in username + password:
        raise Unauthenticated()
    token = engine().log_in(username[:100], password[:200], request.remote_addr)["token"]
    try:
        return engine().authenticate(token)
    finally:
        engine().log_out(token)


@modeler.get("/version")
def version() -> Response:
    """The release whose calls these are"""
    return answer({"version": SPOKEN})


@modeler.get("/deployment")
def deployments() -> Response:
    """What the tool asks to see whether it may connect"""
    return answer([])


@modeler.post("/deployment/create")
def create_deployment() -> Response:
    """Store the diagram as a draft; JSON files that come along are its scenarios"""
    files = [(file.filename or name, file.read()) for name, file in request.files.items(multi=True)]
    diagram = next((one for one in files if one[0].lower().endswith((".bpmn", ".bpmn20.xml", ".xml"))), None)
    if diagram is None:
        raise DiagramMissing()
    name = request.form.get("deployment-name", "")[:100] or diagram[0]
    stories = [one for one in files if one[0].lower().endswith(".json")]
    if len(stories) > MOST_SCENARIOS:
        raise Invalid(detail="scenarios", fields={"scenarios": [f"≤ {MOST_SCENARIOS}"]})
    scenarios = tuple(scenario_of(content, f" {file}") for file, content in stories)
    item = engine().diagrams.item_of(g.actor, diagram[1], name.rsplit(".", 1)[0])
    made = engine().store_draft(g.actor, Draft(item[:100], diagram[1], scenarios=scenarios))
    message = _message(made)
    if not made["deployable"]:
        problem = {"type": "ParseException", "code": 22, "message": message, "details": _details(name, made)}
        return answer(problem | {"draft": made["id"]}, 400)
    deployed = {"id": made["id"], "key": item, "name": name, "version": made["version"], "deploymentId": made["id"]}
    about = {"id": made["id"], "name": name, "source": request.form.get("deployment-source"), "tenantId": None}
    return answer(
        about
        | {"deploymentTime": made["created_at"], "links": [], "message": message}
        | {"deployedProcessDefinitions": {made["id"]: deployed}}
    )


def _english() -> bool:
    return request.accept_languages.best_match(["zh", "en"], "zh") == "en"


def _message(made: dict[str, Any]) -> str:
    """What lint says, a line each, for the tool's own message."""
    head = f"draft {made['id']} ({made['item']})" if _english() else f"已保存为草稿 {made['id']}（{made['item']}）"
    kind = "_en" if _english() else ""
    lines = [f"{_where(one)}{one[f'message{kind}']} {one[f'advice{kind}']}" for one in made["findings"]]
    return "\n".join([head, *lines])


def _where(finding: dict[str, Any]) -> str:
    element = f" {finding['element']}" if finding["element"] else ""
    return f"[{finding['severity']}{element}, {finding['line']}] "


def _details(name: str, made: dict[str, Any]) -> dict[str, Any]:
    """The same as that engine tells it: problems by file, each with its line and element."""
    kind = "message_en" if _english() else "message"

    def told(severities: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"message": one[kind], "line": one["line"], "column": 0, "mainElementId": one["element"]}
            for one in made["findings"]
            if one["severity"] in severities
        ]

    return {name: {"errors": told(("error",)), "warnings": told(("warning", "info"))}}


@modeler.after_request
def _as_the_tool_reads_it(response: Response) -> Response:
    """The tool shows `message` of a refusal, and nothing else of it: our sentence stands there, too."""
    problem = response.get_json(silent=True) if response.status_code >= 400 else None
    if isinstance(problem, dict) and "message" not in problem:
        response.set_data(json.dumps(problem | {"message": problem.get("detail")}, ensure_ascii=False))
    return response


handle_errors(modeler)
