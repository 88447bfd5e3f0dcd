"""`docs/permissions.md`, written from the matrix of `permissions.py`: `python -m engine.organization.permission_page`.

A test holds the page fresh, and another tries every cell against the product.
"""

from __future__ import annotations

from pathlib import Path

from engine.organization.permissions import ROLE_PERMISSIONS, Permission, Place, Role, UseCase, Verdict, verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
ROLES: dict[Role, tuple[str, str]] = {
    Role.WINDOW_CLERK: ("窗口人员", "window clerk"),
    Role.OFFICER: ("经办人", "officer"),
    Role.DEPARTMENT_HEAD: ("部门负责人", "department head"),
    Role.DESIGNER: ("流程设计员", "designer"),
    Role.ADMINISTRATOR: ("管理员", "administrator"),
    Role.SUPERVISOR: ("督查", "supervisor"),
    Role.FRONT_OFFICE_SYSTEM: ("前置系统", "front-office system"),
    Role.AGENT: ("代办员", "agent"),
}
_SIGNS = {Verdict.ALLOWED: "✓", Verdict.FORBIDDEN: "403", Verdict.HIDDEN: "404"}
_HEAD = """# Permissions

Written by `python -m engine.organization.permission_page` from `engine/organization/permissions.py`, which the use cases ask;
`tests/api/test_permissions.py` tries every cell. Who has several roles may do what any of them allows.

Each cell tells of something of one's **own / another department of one's region / another region**:

- *own* is what one's department has or had a task of, what names oneself, and what one submitted; a front-office system has
  nothing else, and of tasks those that wait for its applicants;
- *another region* is one that is neither one's own nor, for supervisors and administrators, below it;
- ✓ allowed; **403** refused; **404** the same answer as for what does not exist (a list leaves it out).

A task that names one officer is that officer's and the department head's. A front-office system that acts for a window clerk
(`acting_for`) may do what that clerk may. Without an account: `GET /progress/{number}` with the query code, regions,
departments, the catalogue and its guides, logging in, and in demonstration mode the clock.

"""


def page() -> str:
    """The whole page."""
    names = [f"{zh} {en}" for zh, en in ROLES.values()]
    lines = [f"| use case | needs | {' | '.join(names)} |", "| --- | --- |" + " --- |" * len(names)]
    for use in UseCase:
        cells = [_cell(use, ROLE_PERMISSIONS[role]) for role in ROLES]
        lines.append(
            f"| {use.value.zh} {use.value.en} (`{use.label}`) | `{use.value.permission}` | {' | '.join(cells)} |"
        )
    return _HEAD + "\n".join(lines) + "\n"


def _cell(use: UseCase, held: frozenset[Permission]) -> str:
    signs = [_SIGNS[verdict(use, held, place)] for place in Place]
    return signs[0] if len(set(signs)) == 1 else " / ".join(signs)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
