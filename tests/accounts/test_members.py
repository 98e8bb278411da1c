import pytest

from accounts.actions import members
from accounts.errors import AlreadyMember, LastAdministrator, MembershipAlreadyRevoked
from accounts.models import Membership
from audit import log
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db


def add(company, user, role):
    return members.add(company=company, user=user, role=role, by=make.BY, at=make.AT)


def revoke(membership):
    return members.revoke(membership=membership, by=make.BY, at=make.AT)


@pytest.mark.parametrize(
    ("role", "restriction"),
    [("administrator", "none"), ("employee", "none"), ("account_manager", "owner"), ("read_only", "none")],
)
def test_add_lets_a_person_in_and_restricts_account_managers(role, restriction):
    membership = add(make.company(), make.user(), role)

    assert (membership.role, membership.restriction, membership.revoked_at) == (role, restriction, None)
    [entry] = SecurityEvent.objects.all()
    assert (entry.company_id, entry.action) == (membership.company_id, "member.added")
    assert str(entry) == f"tests added Ada Lovelace as {membership.get_role_display()}"


def test_nobody_is_added_twice():
    member = make.member()

    with pytest.raises(AlreadyMember, match="Ada Lovelace is already a member of Harbour Works"):
        add(member.company, member.user, "read_only")


def test_revoke_shuts_out_and_a_person_can_come_back():
    administrator = make.member()
    clerk = make.member("employee", company=administrator.company)

    revoke(clerk)

    clerk.refresh_from_db()
    assert clerk.revoked_at == make.AT
    assert [str(entry) for entry in SecurityEvent.objects.all()] == ["tests ended the membership of Ada Lovelace"]
    with pytest.raises(MembershipAlreadyRevoked):
        revoke(clerk)
    assert add(clerk.company, clerk.user, "employee").pk != clerk.pk


def test_the_last_administrator_stays():
    administrator = make.member()
    inactive = make.member(company=administrator.company, user=make.user(is_active=False))

    with pytest.raises(LastAdministrator, match="Make somebody else administrator first"):
        revoke(administrator)

    add(administrator.company, make.user(), "administrator")
    revoke(administrator)
    revoke(inactive)


@pytest.mark.parametrize("change", ["add", "revoke"])
def test_no_change_without_its_entry(monkeypatch, change):
    administrator = make.member()
    clerk = make.member("employee", company=administrator.company)
    before = list(Membership.objects.values())
    monkeypatch.setattr(log, "record", failing)

    with pytest.raises(RuntimeError):
        revoke(clerk) if change == "revoke" else add(clerk.company, make.user(), "employee")

    assert list(Membership.objects.values()) == before


def failing(*args, **details):
    raise RuntimeError


def test_the_team_page_lists_live_members_of_this_company(browser, django_assert_num_queries):
    administrator = make.member()
    clerk = make.member("employee", company=administrator.company, user=make.user(name="Bo Clerk"))
    make.authenticator(clerk.user)
    make.member(user=make.user(name="Somebody Else"))
    gone = make.member(company=administrator.company, user=make.user(name="Gone Person"))
    Membership.objects.filter(pk=gone.pk).update(revoked_at=make.AT)
    browser.force_login(administrator.user)

    page = browser.get("/settings/team/").content.decode()

    assert "Bo Clerk" in page
    assert "Somebody Else" not in page
    assert "Gone Person" not in page
    assert page.index("Ada Lovelace") < page.index("Bo Clerk")


def test_the_team_page_costs_the_same_for_three_members_as_for_one(browser, django_assert_num_queries):
    administrator = make.member()
    browser.force_login(administrator.user)
    browser.get("/settings/team/")
    with django_assert_num_queries(6):
        browser.get("/settings/team/")

    for _ in range(2):
        make.member(company=administrator.company)
    with django_assert_num_queries(6):
        browser.get("/settings/team/")
