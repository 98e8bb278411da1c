"""A role that is deleted while it is given to somebody."""

import pytest

from accounts.actions import members, roles
from accounts.errors import AccountsError, RoleRefused
from accounts.models import Membership, Role
from accounts.permissions import Permission
from accounts.scoping import in_company
from audit.models import SecurityEvent
from tests import make
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)

P = Permission
WHY = {"by": make.BY, "at": make.AT}


@pytest.fixture
def company():
    made = make.company()
    with in_company(made):
        yield made


@pytest.fixture
def clerk(company):
    return make.role(company, P.INVOICE_VIEW, name="Clerk")


def delete(role, granter, holders=()):
    return roles.delete(role=role, heir="read_only", holders=holders, granter=granter, **WHY)


@pytest.mark.parametrize("attempt", range(5))
def test_a_role_that_is_being_given_is_not_deleted_or_not_given(company, clerk, attempt):
    ada, bea, bo = make.member(company=company), make.member(company=company), make.member("employee", company=company)

    given, deleted = together(
        company,
        [
            lambda: members.change_role(membership=bo, role=clerk, granter=ada, **WHY),
            lambda: delete(clerk, bea),
        ],
    )

    bo.refresh_from_db()
    if isinstance(deleted, RoleRefused):
        assert str(deleted) == "Others hold the role Clerk by now than those you saw. Look again who gets another one."
        assert (bo.own_role, given) == (clerk, bo)
    else:
        assert str(given) == "The role Clerk was deleted meanwhile. Choose another one."
        assert (bo.role, Role.objects.count(), deleted) == ("employee", 0, None)
    assert SecurityEvent.objects.filter(action__in=("member.role_changed", "role.deleted")).count() == 1


def test_two_deletions_at_once_make_one(company, clerk):
    makers = [make.member(company=company) for _ in range(3)]
    bo = make.member(clerk, company=company)

    outcomes = together(company, [lambda by=by: delete(clerk, by, [bo.pk]) for by in makers])

    assert sorted(map(str, outcomes)) == ["None", *["The role Clerk was deleted meanwhile."] * 2]
    assert Membership.objects.get(pk=bo.pk).role == "read_only"
    assert SecurityEvent.objects.filter(action="role.deleted").count() == 1


def test_whoever_loses_the_right_meanwhile_makes_no_role(company):
    ada, bea = make.member(company=company), make.member(company=company)

    taken, made = together(
        company,
        [
            lambda: members.change_role(membership=bea, role="employee", granter=ada, **WHY),
            lambda: roles.create(
                company=company,
                name="Night clerk",
                description="",
                rights=make.role(make.company("Rival"), P.SETTINGS_EDIT).rights,
                granter=bea,
                **WHY,
            ),
        ],
    )

    assert taken == bea
    assert isinstance(made, AccountsError) != Role.objects.filter(company=company).exists()
