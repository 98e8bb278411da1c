"""Making, changing and deleting roles: what stands or falls together."""

import pytest

from accounts.actions import granting, roles
from accounts.errors import GrantRefused, NameTaken, RoleRefused
from accounts.models import Letter, Role
from accounts.permissions import Permission
from accounts.roles import Rights
from audit import log
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db

P = Permission
WHY = {"by": make.BY, "at": make.AT}
LOOKS = Rights(frozenset({P.INVOICE_VIEW}))


@pytest.fixture
def company():
    return make.company()


@pytest.fixture
def ada(company):
    return make.member(company=company)


def create(company, granter, rights=LOOKS, name="Clerk"):
    return roles.create(company=company, name=name, description="", rights=rights, granter=granter, **WHY)


def change(role, granter, rights=LOOKS, name="Clerk"):
    return roles.change(role=role, name=name, description="", rights=rights, granter=granter, **WHY)


def delete(role, granter):
    return roles.delete(role=role, heir=None, holders=[], granter=granter, **WHY)


def test_an_operator_makes_any_role(company):
    assert create(company, None, Rights(frozenset(P))).rights == Rights(frozenset(P))
    with pytest.raises(NameTaken):
        create(company, None, name="CLERK")


@pytest.mark.parametrize(
    ("rights", "sentence"),
    [
        (
            Rights(frozenset({P.ROLE_EDIT})),
            "“make, change and delete roles” also needs: see who belongs",
        ),
        (
            Rights(frozenset({P.EXPORT_RUN, P.INVOICE_VIEW})),
            "“download lists as CSV” also needs: see customers",
        ),
        (
            Rights(LOOKS.permissions, {P.INVOICE_VIEW: {"EUR": 5}}),
            "A limit belongs to a permission",
        ),
        (Rights(LOOKS.permissions, {P.INVOICE_WRITE_OFF: {"EUR": 5}}), "A limit belongs to a permission"),
    ],
)
def test_what_would_do_nothing_is_refused(company, ada, rights, sentence):
    with pytest.raises(RoleRefused, match=sentence):
        create(company, ada, rights)
    role = create(company, ada)
    with pytest.raises(RoleRefused, match=sentence):
        change(role, ada, rights)


@pytest.mark.parametrize("field", ["suspended_at", "revoked_at"])
def test_who_is_shut_out_since_the_page_was_opened_changes_nothing(company, ada, field):
    role = create(company, ada)
    type(ada).objects.filter(pk=ada.pk).update(**{field: make.AT})
    for act in (lambda: create(company, ada, name="Other"), lambda: change(role, ada), lambda: delete(role, ada)):
        with pytest.raises(GrantRefused, match="You may not do this any more"):
            act()


def test_nothing_changes_without_its_entry(company, ada, monkeypatch):
    role, bo = create(company, ada), make.member(company=company)
    make.member(role, company=company)

    def fails(*args, **kwargs):
        raise RuntimeError("the log is full")

    before = list(Role.objects.values())
    monkeypatch.setattr(log, "record", fails)
    spare = make.role(company, P.INVOICE_VIEW, name="Spare")
    for act in (
        lambda: create(company, ada, name="Other"),
        lambda: change(role, bo, name="Renamed"),
        lambda: delete(spare, ada),
    ):
        with pytest.raises(RuntimeError):
            act()
    spare.delete()
    assert (list(Role.objects.values()), Letter.objects.count()) == (before, 0)
    assert SecurityEvent.objects.count() == 1


def test_a_new_name_is_told_to_who_holds_the_role(company, ada):
    role = create(company, ada)
    make.member(role, company=company)
    change(role, ada, name="Looker")
    assert Letter.objects.get().facts["changed"] == "It was called Clerk."


def test_a_role_that_is_gone_is_neither_changed_nor_given(company, ada):
    role = create(company, ada)
    delete(Role.objects.get(), ada)
    with pytest.raises(RoleRefused, match="The role Clerk was deleted meanwhile"):
        change(role, ada)
    with pytest.raises(RoleRefused, match="The role Clerk was deleted meanwhile"):
        granting.current(role)
    assert granting.current("employee") == "employee"
