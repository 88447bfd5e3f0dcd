"""`onewindow deploy` and `onewindow publish`: a draft from a file, and its review and publication by another account.

Both act as somebody: `--user`, with the password from ONEWINDOW_PASSWORD, or asked for on a terminal.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import date
from pathlib import Path
from uuid import UUID

from engine import rehearsal
from engine.assemble import Engine
from engine.commands.line import Commands, add_command, as_json, opened_engine
from engine.definitions.deploy import Draft, item_of
from engine.errors import ApprovalError, NotFound, Refused
from engine.organization.actor import Actor
from engine.play import read_scenario

PASSWORD_FROM = "ONEWINDOW_PASSWORD"  # noqa: S105 (a variable's name)


class FileUnreadable(Refused):
    """A file that a command was given can't be read. Params: path, reason."""

    code = "file-unreadable"
    zh = "无法读取文件 {path}：{reason}。请检查路径。"
    en = "The file {path} can't be read: {reason}. Check its path."


class PasswordMissing(Refused):
    """A command that acts as somebody was not told the password. Params: user."""

    code = "password-missing"
    zh = "请用环境变量 ONEWINDOW_PASSWORD 提供账号“{user}”的密码，或在终端中运行后输入。"
    en = "Give the password of “{user}” in ONEWINDOW_PASSWORD, or run this on a terminal, where it is asked for."


class DayInvalid(ApprovalError):
    """A text that is no day. Params: said."""

    code = "day-invalid"
    status = 422
    zh = "“{said}”不是日期。请写成 2026-09-21。"
    en = "“{said}” is no day: write 2026-09-21."


def add_commands(commands: Commands) -> None:
    """Declare `deploy` and `publish`."""
    deploying = add_command(commands, "deploy", _deploy, "保存流程草稿 / store a diagram as a draft", as_json=True)
    deploying.add_argument("file", metavar="FILE", help="BPMN 2.0")
    deploying.add_argument("--item", metavar="CODE", help="事项编码；缺省取自流程图 / the item; else the diagram's own")
    publishing = add_command(
        commands, "publish", _publish, "审核并发布他人的草稿 / review and publish somebody else's draft", as_json=True
    )
    publishing.add_argument("draft", metavar="DRAFT", help="草稿编号 / the id that deploy answered")
    publishing.add_argument("--effective-on", metavar="DAY", help="生效日期 / from which day on")
    for one in (deploying, publishing):
        one.add_argument("--user", required=True, metavar="USERNAME", help="以谁的账号 / as whom")


def _deploy(asked: argparse.Namespace) -> int:
    path = Path(asked.file)
    bpmn = bytes_of(path)
    item = asked.item or item_of(bpmn, path.stem)
    scenarios = tuple(read_scenario(one) for one in sorted(path.parent.glob("scenarios/*.json")))
    with opened_engine(asked) as engine:
        # What it links may stand in a file beside it; what it calls stands in its own.
        draft = Draft(item, bpmn, scenarios=scenarios)
        made = engine.workshop.store(_actor(engine, asked.user), draft, (path.resolve().parent,))
    if asked.json:
        print(as_json(made))
        return 0
    print(f"草稿 / draft {made['id']}　{item}　场景 / scenarios {len(scenarios)}")
    for one in made["findings"]:
        print(f"  {one['severity']} {one['rule']} {one['element'] or ''} {one['message']}")
    print("可以发布 / can be published" if made["deployable"] else "有错误，不能发布 / has errors, can't be published")
    return 0 if made["deployable"] else 1


def _publish(asked: argparse.Namespace) -> int:
    with opened_engine(asked) as engine:
        actor = _actor(engine, asked.user)
        made = rehearsal.publish(engine, actor, _id(asked.draft), _day(asked.effective_on))
    if asked.json:
        print(as_json(made))
        return 0
    print(
        f"{made['item']}　第 {made['version']} 版 / version {made['version']}　{made['state']}　{made['effective_on']}"
    )
    for one in made["overtakes"]:
        print(f"  第 {one['version']} 版不再生效 / version {one['version']} ({one['effective_on']}) never takes effect")
    return 0


def _actor(engine: Engine, user: str) -> Actor:
    password = os.environ.get(PASSWORD_FROM)
    if password is None:
        if not sys.stdin.isatty():
            raise PasswordMissing(user=user)
        password = getpass.getpass(f"{user}: ")
    token = engine.log_in(user, password)["token"]
    try:
        return engine.authenticate(token)
    finally:
        engine.log_out(token)


def bytes_of(path: Path) -> bytes:
    """The content of a file. Raises FileUnreadable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or type(error).__name__) from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="definition", id=text[:80]) from None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DayInvalid(said=str(text)[:40]) from None
