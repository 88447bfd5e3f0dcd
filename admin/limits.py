"""Special procedures and extensions on the page of a task."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from admin.desk import me
from admin.inbox import once_of, show_problem
from engine.cases.access import parse_task_id
from engine.cases.end_procedure import ProcedureEnd
from engine.cases.extensions import Decision, NewExtension
from engine.cases.special_procedures import NewProcedure
from engine.errors import ApprovalError, Forbidden, Invalid, NotFound
from web.pages import Pages, field
from web.serving import engine
from web.words import language

MOST = 2000


def serve_limits(pages: Pages) -> None:
    """Mount the forms."""
    pages.take_files("decide_extension")

    @pages.post("/tasks/<task>/special-procedures")
    def start_procedure(task: str) -> AnyResponse:
        case = engine().get_task(me(), *parse_task_id(task))["case"]
        asked = NewProcedure(case, field("kind", 64), field("reason", MOST), _whole("needed"), field("unit", 20), task)
        said = [asked.kind, asked.reason, asked.needed, asked.unit]
        return _done(task, lambda: engine().limits.start_procedure(me(), asked, once_of("procedure", task, said)))

    @pages.post("/tasks/<task>/special-procedures/<procedure>/end")
    def end_procedure(task: str, procedure: str) -> AnyResponse:
        case = engine().get_task(me(), *parse_task_id(task))["case"]
        asked = ProcedureEnd(case, _number(procedure), field("report", MOST))
        what = f"{task} {procedure}"
        return _done(task, lambda: engine().limits.end_procedure(me(), asked, once_of("end", what, asked.report)))

    @pages.post("/tasks/<task>/extensions")
    def ask_extension(task: str) -> AnyResponse:
        case = engine().get_task(me(), *parse_task_id(task))["case"]
        asked = NewExtension(case, field("reason", MOST))
        return _done(task, lambda: engine().limits.ask_extension(me(), asked, once_of("extend", case, asked.reason)))

    @pages.post("/cases/<number>/extensions/<extension>/decision")
    def decide_extension(number: str, extension: str) -> AnyResponse:
        paper = {name: field(name, 100) or None for name in ("approval_number", "approved_by")}
        approved, opinion = field("verdict", 20) == "approve", field("opinion", MOST)
        if not approved and not opinion:
            raise Invalid(detail="opinion", fields={"opinion": ["required"]})
        asked = Decision(number, _number(extension), approved, opinion, **paper)
        said = [approved, opinion, *paper.values()]
        with ExitStack() as stack:
            file, scan = request.files.get("scan"), None
            if approved and file is not None and file.filename:
                scan = stack.enter_context(engine().materials.receiving(file.stream, file.filename))
                said.append(scan.upload.sha256)
            once = once_of("extension", f"{number}.{extension}", said)
            engine().limits.decide_extension(me(), asked, scan, once)
        return redirect(f"/admin/cases/{number}#limits", 303)


def _done(task: str, work: Any) -> AnyResponse:
    try:
        work()
    except (NotFound, Forbidden):
        raise
    except ApprovalError as error:
        return show_problem(task, error.status, problem=error.sentence(language()), kept=request.form)
    return redirect(f"/admin/tasks/{task}", 303)


def _whole(name: str) -> int:
    return _number(field(name, 6))


def _number(said: str) -> int:
    """A number as written; 0, which nothing has, for anything else."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
