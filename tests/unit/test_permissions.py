"""Who may do what: the one table between roles and permissions, and the actors made from it."""

import re

import pytest

from engine.organization.actor import Actor
from engine.organization.permissions import (
    APPLICANT_PERMISSIONS,
    ROLE_PERMISSIONS,
    Permission,
    Role,
    permissions_of,
    roles_conflict,
)


def test_every_role_is_in_the_table_and_allows_something():
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(ROLE_PERMISSIONS.values())


def test_every_permission_is_given_to_some_role_or_to_applicants():
    assert permissions_of(Role) | APPLICANT_PERMISSIONS == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_a_permission_is_named_by_resource_and_action(permission):
    assert re.fullmatch(r"[a-z]+:[a-z]+(-[a-z]+)*", permission)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        ROLE_PERMISSIONS[Role.OFFICER] = frozenset(Permission)


def test_an_officer_has_what_the_roles_allow_and_works_where_the_posts_are():
    officer = Actor.officer(
        "fire.liu", "刘炎", "440100", posts=frozenset({("gz-fire", "科员")}), roles=frozenset({Role.OFFICER})
    )
    assert officer.may(Permission.TASK_COMPLETE)
    assert not officer.may(Permission.CASE_ACCEPT)
    assert officer.works_in("gz-fire")
    assert not officer.works_in("gz-water")


def test_only_the_window_accepts_a_case():
    assert [role for role in Role if Permission.CASE_ACCEPT in ROLE_PERMISSIONS[role]] == [Role.WINDOW_CLERK]


def test_only_designers_publish_and_designers_handle_nothing():
    assert [role for role in Role if Permission.DEFINITION_PUBLISH in ROLE_PERMISSIONS[role]] == [Role.DESIGNER]
    assert not any(one.startswith(("task:", "case:")) for one in ROLE_PERMISSIONS[Role.DESIGNER])


@pytest.mark.parametrize("handling", [Role.OFFICER, Role.WINDOW_CLERK, Role.DEPARTMENT_HEAD, Role.FRONT_OFFICE_SYSTEM])
def test_who_supervises_handles_nothing(handling):
    assert roles_conflict({Role.SUPERVISOR, handling})
    assert not roles_conflict({Role.SUPERVISOR, Role.ADMINISTRATOR})
    changes = {Permission.TASK_CLAIM, Permission.TASK_COMPLETE, Permission.CASE_ACCEPT}
    assert not changes & ROLE_PERMISSIONS[Role.SUPERVISOR]


def test_an_applicant_applies_and_rectifies_but_accepts_nothing():
    applicant = Actor.applicant("91440101", "某公司", "440100")
    assert applicant.may(Permission.CASE_SUBMIT)
    assert not applicant.may(Permission.CASE_ACCEPT)


def test_the_platform_and_its_jobs_may_do_everything():
    assert Actor.system().permissions == Actor.job("issue").permissions == set(Permission)
    assert Actor.job("issue").kind == "job"
