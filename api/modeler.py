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
MOST_DIAGRAMS = 20
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
    """Store each diagram as a draft; JSON files that come along are their scenarios"""
    files = [(file.filename or name, file.read()) for name, file in request.files.items(multi=True)]
    diagrams = [one for one in files if one[0].lower().endswith((".bpmn", ".bpmn20.xml", ".xml"))]
    if not diagrams:
        raise DiagramMissing()
    stories = [one for one in files if one[0].lower().endswith(".json")]
    for what, sent, most in (("scenarios", stories, MOST_SCENARIOS), ("diagrams", diagrams, MOST_DIAGRAMS)):
        if len(sent) > most:
            raise Invalid(detail=what, fields={what: [f"≤ {most}"]})
    scenarios = [scenario_of(content, f" {file}") for file, content in stories]
    name = request.form.get("deployment-name", "")[:100] or diagrams[0][0]
    names = [name] if len(diagrams) == 1 else [file[:100] for file, _ in diagrams]
    # All are read before the first is stored.
    items = [_item(bpmn, one) for (_, bpmn), one in zip(diagrams, names, strict=True)]
    made = [
        engine().store_draft(g.actor, Draft(item, bpmn, scenarios=_scenarios_of(item, items, scenarios)))
        for (_, bpmn), item in zip(diagrams, items, strict=True)
    ]
    message = "\n".join([*map(_message, made), *_passed_over(files, [*diagrams, *stories])])
    first = made[0]["id"]
    if not all(one["deployable"] for one in made):
        problem = {"type": "ParseException", "code": 22, "message": message}
        details = {of: _details(one) for of, one in zip(names, made, strict=True)}
        return answer(problem | {"details": details, "draft": first}, 400)
    deployed = {
        one["id"]: {"id": one["id"], "key": one["item"], "name": of, "version": one["version"], "deploymentId": first}
        for of, one in zip(names, made, strict=True)
    }
    about = {"id": first, "name": name, "source": request.form.get("deployment-source"), "tenantId": None}
    return answer(
        about
        | {"deploymentTime": made[0]["created_at"], "links": [], "message": message}
        | {"deployedProcessDefinitions": deployed}
    )


def _item(bpmn: bytes, name: str) -> str:
    return engine().diagrams.item_of(g.actor, bpmn, name.rsplit(".", 1)[0])[:100]


def _scenarios_of(item: str, items: list[str], scenarios: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Where several diagrams are sent, each has the stories of its item; those of none are the first one's."""
    others = set(items) - {item}
    mine = [one for one in scenarios if one["item"] == item or (item == items[0] and one["item"] not in others)]
    return tuple(mine)


def _passed_over(files: list[tuple[str, bytes]], taken: list[tuple[str, bytes]]) -> list[str]:
    """Who sends a form or a decision table is told that nothing became of it."""
    names = [one[0][:100] for one in files if one not in taken]
    said = "not taken, as it is neither BPMN nor a scenario" if _english() else "未保存：不是流程图，也不是场景"
    return [f"{name}: {said}" for name in names]


def _english() -> bool:
    return request.accept_languages.best_match(["zh", "en"], "zh") == "en"


def _message(made: dict[str, Any]) -> str:
    """What lint says, a line each, for the tool's own message."""
    head = f"draft {made['id']} ({made['item']})" if _english() else f"已保存为草稿 {made['id']}（{made['item']}）"
    kind, stop = ("_en", ". ") if _english() else ("", "。")
    lines = [f"{_where(one)}{one[f'message{kind}']}{stop}{one[f'advice{kind}']}" for one in made["findings"]]
    return "\n".join([head, *lines])


def _where(finding: dict[str, Any]) -> str:
    element = f" {finding['element']}" if finding["element"] else ""
    return f"[{finding['severity']}{element}, {finding['line']}] "


def _details(made: dict[str, Any]) -> dict[str, Any]:
    """The same as that engine tells it: the problems of a file, each with its line and element."""
    kind = "message_en" if _english() else "message"

    def told(severities: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"message": one[kind], "line": one["line"], "column": 0, "mainElementId": one["element"]}
            for one in made["findings"]
            if one["severity"] in severities
        ]

    return {"errors": told(("error",)), "warnings": told(("warning", "info"))}


@modeler.after_request
def _as_the_tool_reads_it(response: Response) -> Response:
    """The tool shows `message` of a refusal, and nothing else of it: our sentence stands there, too."""
    problem = response.get_json(silent=True) if response.status_code >= 400 else None
    if isinstance(problem, dict) and "message" not in problem:
        response.set_data(json.dumps(problem | {"message": problem.get("detail")}, ensure_ascii=False))
    return response


handle_errors(modeler)
