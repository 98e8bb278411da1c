"""Who belongs to a company: let in, given another role, restricted, suspended, removed."""

import datetime

import pytest

from accounts.access import Access
from accounts.actions import members
from accounts.errors import (
    AlreadyMember,
    GrantRefused,
    LastAdministrator,
    MemberRefused,
    MembershipAlreadyRevoked,
    RoleRefused,
)
from accounts.models import ApiKey, Approval, Invitation, Letter, Membership, OwnershipTransfer, Session
from accounts.models.grant import MOST_CUSTOMERS, MOST_FIELDS
from accounts.permissions import Permission
from audit import log
from audit.models import SecurityEvent
from tests import make, visitors
from tests.accounts.letter_box import delivered, text

pytestmark = pytest.mark.django_db

P = Permission
WEEK = datetime.timedelta(days=7)
OWNER, FIELDS, CUSTOMERS = "owner", "fields", "customers"


@pytest.fixture
def ada():
    """The owner of the company."""
    return make.member(user=make.user("ada@harbour.example"), is_owner=True)


@pytest.fixture
def bo(ada):
    """A clerk in it."""
    return make.member("employee", company=ada.company, user=make.user("bo@harbour.example", name="Bo Clerk"))


def add(company, user, role):
    return members.add(company=company, user=user, role=role, by=make.BY, at=make.AT)


def revoke(membership, granter=None, **options):
    return members.revoke(membership=membership, granter=granter, by=make.BY, at=make.AT, **options)


def change_role(membership, role, granter=None):
    return members.change_role(membership=membership, role=role, granter=granter, by=make.BY, at=make.AT)


def restrict(membership, restriction, granter=None, **to):
    return members.restrict(
        membership=membership, restriction=restriction, granter=granter, by=make.BY, at=make.AT, **to
    )


def suspend(membership, granter=None):
    return members.suspend(membership=membership, granter=granter, by=make.BY, at=make.AT)


def reactivate(membership, granter=None):
    return members.reactivate(membership=membership, granter=granter, by=make.BY, at=make.AT)


ACTS = {
    "change_role": lambda member, granter: change_role(member, "read_only", granter),
    "restrict": lambda member, granter: restrict(member, OWNER, granter),
    "suspend": suspend,
    "revoke": revoke,
}


def told():
    """The letters that leave: to whom, and about what."""
    return [(letter["To"], letter["Subject"]) for letter in delivered()]


def entries():
    return [str(entry) for entry in SecurityEvent.objects.order_by("id")]


@pytest.mark.parametrize(
    ("role", "restriction"),
    [("administrator", "none"), ("employee", "none"), ("account_manager", "owner"), ("read_only", "none")],
)
def test_add_lets_a_person_in_and_restricts_account_managers(role, restriction):
    membership = add(make.company(), make.user(), role)

    assert (membership.role, membership.restriction, membership.revoked_at) == (role, restriction, None)
    [entry] = SecurityEvent.objects.all()
    assert (entry.company_id, entry.action) == (membership.company_id, "member.added")
    assert str(entry) == f"tests added Ada Lovelace as {membership.role_name}"


def test_the_first_administrator_owns_the_company():
    company = make.company()

    assert [add(company, make.user(), role).is_owner for role in ("employee", "administrator", "administrator")] == [
        False,
        True,
        False,
    ]


def test_nobody_is_added_twice():
    member = make.member()

    with pytest.raises(AlreadyMember, match="Ada Lovelace is already a member of Harbour Works"):
        add(member.company, member.user, "read_only")


def test_another_role_is_in_the_log_with_the_one_before_and_told_by_mail(ada, bo):
    changed = change_role(bo, "read_only", ada)

    bo.refresh_from_db()
    assert (changed, bo.role, bo.restriction) == (bo, "read_only", "none")
    [entry] = SecurityEvent.objects.all()
    assert (str(entry), entry.changes, entry.company_id) == (
        "tests changed the role of Bo Clerk from Employee to Read-only",
        {"role": ["Employee", "Read-only"]},
        bo.company_id,
    )
    [letter] = delivered()
    assert (letter["To"], letter["Subject"]) == ("bo@harbour.example", "Your role in Harbour Works has changed")
    assert "tests changed your role in Harbour Works from Employee to Read-only." in text(letter)


def test_an_administrator_sees_everything_and_is_told_so(ada, bo):
    restrict(bo, CUSTOMERS, customer_ids=["a"])

    change_role(bo, "administrator", ada)

    bo.refresh_from_db()
    assert (bo.restriction, bo.customer_ids, bo.is_restricted) == ("none", [], False)
    assert SecurityEvent.objects.order_by("id").last().changes == {
        "role": ["Employee", "Administrator"],
        "restriction": ["1 chosen customer only", "All customers"],
    }


@pytest.mark.parametrize(("before", "after"), [("none", "owner"), ("customers", "customers")])
def test_an_account_manager_sees_their_own_unless_restricted_otherwise(ada, bo, before, after):
    if before == "customers":
        restrict(bo, CUSTOMERS, customer_ids=["a"])

    assert change_role(bo, "account_manager", ada).restriction == after
    assert change_role(bo, "employee", ada).restriction == after


def test_the_companys_own_role_can_be_given_and_one_deleted_meanwhile_cannot(ada, bo):
    night, gone = make.role(ada.company, P.CUSTOMER_VIEW), make.role(ada.company, name="Gone")
    type(gone).objects.filter(pk=gone.pk).delete()

    assert change_role(bo, night, ada).rights.permissions == {P.CUSTOMER_VIEW}
    with pytest.raises(RoleRefused, match="Choose another one"):
        change_role(bo, gone, ada)


def test_the_same_role_again_is_refused(bo):
    with pytest.raises(MemberRefused, match="Bo Clerk has the role Employee already"):
        change_role(bo, "employee")


def test_restrict_says_before_and_after(ada, bo):
    restrict(bo, FIELDS, ada, field_values={"region": ["north", "north", "south"]})

    bo.refresh_from_db()
    assert (bo.restriction, bo.field_values, bo.customer_ids) == (FIELDS, {"region": ["north", "south"]}, [])
    [entry] = SecurityEvent.objects.all()
    assert (str(entry), entry.changes) == (
        "tests changed which customers Bo Clerk sees: Customers with certain values in 1 field",
        {"restriction": ["none", "fields"], "field_values": [{}, {"region": ["north", "south"]}]},
    )
    assert told() == [("bo@harbour.example", "Which customers you see in Harbour Works has changed")]


def test_restricting_to_what_holds_already_changes_nothing(bo):
    restrict(bo, "none")

    assert (entries(), told()) == ([], [])


@pytest.mark.parametrize(
    ("restriction", "to", "sentence"),
    [
        ("everybody", {}, "Choose which customers are seen"),
        (FIELDS, {}, "at least one field"),
        (FIELDS, {"field_values": {"a": []}}, "at least one value for each field"),
        (FIELDS, {"field_values": {"a": [""]}}, "at least one value for each field"),
        (FIELDS, {"field_values": {str(n): ["x"] for n in range(MOST_FIELDS + 1)}}, "at most 3 fields"),
        (CUSTOMERS, {}, "at least one customer"),
        (CUSTOMERS, {"customer_ids": [str(n) for n in range(MOST_CUSTOMERS + 1)]}, "at most 500 customers"),
    ],
)
def test_a_restriction_that_makes_no_sense_is_refused(bo, restriction, to, sentence):
    with pytest.raises(GrantRefused, match=sentence):
        restrict(bo, restriction, **to)
    assert (Membership.objects.get(pk=bo.pk).restriction, entries()) == ("none", [])


def test_nothing_is_hidden_from_an_administrator(ada):
    other = make.member(company=ada.company)

    with pytest.raises(MemberRefused, match="is an administrator and sees every customer"):
        restrict(other, OWNER, ada)


def test_suspended_is_shut_out_of_this_company_only_until_reactivated(ada, bo):
    elsewhere = make.member(user=bo.user)
    here, there = visitors.sign_in(visitors.Browser(), bo), visitors.sign_in(visitors.Browser(), elsewhere)

    suspend(bo, ada)

    bo.refresh_from_db()
    assert (bo.suspended_at, bo.is_live) == (make.AT, False)
    assert list(Session.objects.filter(pk__in=[here.pk, there.pk])) == [there]
    with pytest.raises(MemberRefused, match="suspended already"):
        suspend(bo, ada)
    Membership.objects.filter(pk=bo.pk).update(last_seen_at=None, unused_warned_at=make.AT)
    reactivate(bo, ada)
    bo.refresh_from_db()
    assert (bo.suspended_at, bo.last_seen_at, bo.unused_warned_at) == (None, make.AT, None)
    with pytest.raises(MemberRefused, match="not suspended"):
        reactivate(bo, ada)
    assert entries() == ["tests suspended Bo Clerk", "tests let Bo Clerk in again"]
    assert told() == [
        ("bo@harbour.example", "Your access to Harbour Works is suspended"),
        ("bo@harbour.example", "You can enter Harbour Works again"),
    ]


def test_revoke_shuts_out_and_a_person_can_come_back(ada, bo):
    revoke(bo)

    bo.refresh_from_db()
    assert bo.revoked_at == make.AT
    assert entries() == ["tests ended the membership of Bo Clerk"]
    assert told() == [("bo@harbour.example", "Your access to Harbour Works has ended")]
    for act in (*ACTS.values(), lambda member, granter: reactivate(member, granter)):
        with pytest.raises(MembershipAlreadyRevoked):
            act(bo, ada)
    assert add(bo.company, bo.user, "employee").pk != bo.pk


def test_what_a_member_left_to_be_done_ends_with_them(ada, bo):
    other = make.member(company=ada.company)
    common = {"company": ada.company, "expires_at": make.AT + WEEK}
    keys = [
        ApiKey.objects.create(membership=maker, name="Reports", key_hash=str(maker.pk), created_at=make.AT, **common)
        for maker in (bo, ada)
    ]
    requests = [
        Approval.objects.create(
            kind="administrator", object_id="1", requested_by=maker, requested_at=make.AT, payload={}, **common
        )
        for maker in (bo, ada)
    ]
    invited = [
        Invitation.objects.create(
            email=f"{maker.pk}@example.com",
            role="employee",
            invited_by=maker,
            invited_at=make.AT,
            sent_at=make.AT,
            **common,
        )
        for maker in (bo, ada)
    ]
    offer = OwnershipTransfer.objects.create(offered_by=ada, offered_to=other, offered_at=make.AT, **common)

    revoke(bo, ada)

    for rows in (keys, requests, invited):
        for row in rows:
            row.refresh_from_db()
    assert [key.revoked_at for key in keys] == [make.AT, None]
    assert [request.outcome for request in requests] == ["withdrawn", "waiting"]
    assert [invitation.withdrawn_at for invitation in invited] == [make.AT, None]
    assert sorted(SecurityEvent.objects.values_list("action", flat=True)) == [
        "api_key.revoked",
        "approval.expired",
        "invitation.withdrawn",
        "member.revoked",
    ]
    assert OwnershipTransfer.objects.get().is_open(make.AT)
    revoke(other, ada)
    offer.refresh_from_db()
    assert (offer.ended_at, offer.outcome) == (make.AT, "withdrawn")


def test_customers_pass_only_to_somebody_who_is_here(ada, bo):
    stranger = make.user(name="Some Body")
    suspended = make.member(company=ada.company, suspended_at=make.AT)

    for heir in (stranger, suspended.user, bo.user):
        with pytest.raises(MemberRefused, match="cannot take over customers here"):
            revoke(bo, ada, heir=heir)


@pytest.mark.parametrize("act", ACTS)
def test_the_owner_keeps_what_they_have(ada, act):
    other = make.member(company=ada.company)

    with pytest.raises(MemberRefused, match=r"owns Harbour Works|sees every customer"):
        ACTS[act](ada, other)


@pytest.mark.parametrize("act", ["change_role", "suspend", "revoke"])
def test_the_last_administrator_stays(act):
    """Also where no owner is recorded, and where somebody with a role of their own may do as much."""
    last = make.member()
    equal = make.member(make.role(last.company, *P), company=last.company)
    make.member(company=last.company, user=make.user(is_active=False))
    make.member(company=last.company, suspended_at=make.AT)
    make.member(company=last.company, user=make.user(locked_at=make.AT))
    make.member(company=last.company, user=make.user(needs_fresh_start=True))

    with pytest.raises(LastAdministrator, match="Make somebody else administrator first"):
        ACTS[act](last, equal)

    add(last.company, make.user(), "administrator")
    ACTS[act](last, equal)


@pytest.mark.parametrize("act", ACTS)
def test_nobody_decides_about_themselves_nor_about_who_may_do_more(ada, act):
    keeper = make.member(make.role(ada.company, P.TEAM_VIEW, P.TEAM_EDIT), company=ada.company)
    other = make.member(company=ada.company)

    with pytest.raises(GrantRefused, match="Nobody decides about their own access"):
        ACTS[act](keeper, keeper)
    with pytest.raises(GrantRefused, match="may do more than you"):
        ACTS[act](other, keeper)


@pytest.mark.parametrize("act", ACTS)
def test_who_sees_only_some_customers_or_may_not_any_more_decides_nothing(ada, bo, act):
    keeper = make.member(make.role(ada.company, *P), company=ada.company, restriction=OWNER)
    former = make.member(company=ada.company, suspended_at=make.AT)

    with pytest.raises(GrantRefused, match="You see only some of the customers"):
        ACTS[act](bo, keeper)
    for granter in (former, make.member("employee", company=ada.company)):
        with pytest.raises(GrantRefused, match="You may not do this any more"):
            ACTS[act](bo, granter)
    assert Membership.objects.get(pk=bo.pk).is_live


def test_nobody_gives_a_role_beyond_their_own(ada):
    keeper = make.member(make.role(ada.company, P.TEAM_VIEW, P.TEAM_EDIT), company=ada.company)
    bare = make.member(make.role(ada.company, name="Bare"), company=ada.company)

    with pytest.raises(GrantRefused, match="You cannot give what you do not hold yourself"):
        change_role(bare, "read_only", keeper)
    assert entries() == []


@pytest.mark.parametrize("change", ["add", "reactivate", *ACTS])
def test_no_change_without_its_entry(monkeypatch, ada, bo, change):
    if change == "reactivate":
        suspend(bo)
    before, letters = list(Membership.objects.values()), Letter.objects.count()
    monkeypatch.setattr(log, "record", failing)
    acts = ACTS | {
        "add": lambda member, granter: add(member.company, make.user(), "employee"),
        "reactivate": reactivate,
    }

    with pytest.raises(RuntimeError):
        acts[change](bo, ada)

    assert (list(Membership.objects.values()), Letter.objects.count()) == (before, letters)


def failing(*args, **details):
    raise RuntimeError


def test_what_a_role_gives_counts_as_soon_as_it_is_given(ada, bo):
    change_role(bo, "administrator", ada)

    member = Membership.objects.select_related("company").get(pk=bo.pk)
    assert Access.of(member, make.BY).can(P.TEAM_EDIT)
