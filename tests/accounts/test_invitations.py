"""Asking people into a company: who may offer what, and that one letter lets one person in once."""

import datetime
from datetime import timedelta

import pytest
import time_machine

from accounts import letters
from accounts.actions import invitations, joining, mailed_links, members
from accounts.errors import (
    AlreadyMember,
    EmailAlreadyUsed,
    GrantRefused,
    InvitationRefused,
    LinkNotLive,
    PasswordNotAllowed,
    TooManyTries,
)
from accounts.models import Invitation, Letter, MailedLink, Membership, User
from accounts.permissions import Permission
from audit import log
from audit.actors import Actor
from audit.models import SecurityEvent
from audit.registry import find
from tests import make, visitors
from tests.accounts.letter_box import delivered, html, text, token
from tests.database import contents
from tests.together import together

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY = timedelta(days=1)
DI = "di@elsewhere.example"
PASSWORD = "eleven patient ferries under glass"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def ada(company):
    return visitors.member(company, name="Ada")


@pytest.fixture
def di(db):
    return make.user(DI, name="Di")


def invite(granter, *emails, role="employee", at=AT, **options):
    made = invitations.invite_many(
        company=options.pop("company", granter.company),
        emails=emails or [DI],
        role=role,
        granter=granter,
        by=Actor.member(granter.user),
        at=at,
        **options,
    )
    return made[0] if len(made) == 1 else made


def link_of(invitation):
    return MailedLink.objects.get(subject_id=invitation.pk, used_at__isnull=True)


def accept(invitation, user, at=AT):
    return joining.accept(link=link_of(invitation), user=user, by=Actor.member(user), at=at)


def accept_as_new(invitation, at=AT, name="Di", password=PASSWORD):
    return joining.accept_as_new(link=link_of(invitation), name=name, password=password, by=Actor.visitor(), at=at)


def sentences(**which):
    """What the log says, by the alphabet: the clock stands still."""
    entries = SecurityEvent.objects.filter(**which)
    return sorted(f"{one.actor_label} {find(one.action).render(one)}" for one in entries)


def stored():
    """All that an invitation touches."""
    return [list(model.objects.order_by("pk").values()) for model in (Invitation, MailedLink, Letter, Membership, User)]


def failing(*args, **details):
    raise RuntimeError


# Inviting


def test_each_address_gets_one_invitation_one_entry_and_one_letter(ada):
    first, second = invite(ada, "Di@Elsewhere.example", "ed@elsewhere.example", DI, role="read_only")

    assert [first.email, second.email] == [DI, "ed@elsewhere.example"]
    assert (first.invited_by, first.expires_at, first.role_name) == (ada, AT + 7 * DAY, "Read-only")
    assert sentences() == [
        "Ada invited di@elsewhere.example as Read-only",
        "Ada invited ed@elsewhere.example as Read-only",
    ]
    assert {one.company_id for one in SecurityEvent.objects.all()} == {ada.company_id}
    assert [letter["To"] for letter in delivered()] == [DI, "ed@elsewhere.example"]


def test_the_letter_says_who_invites_where_as_what_and_until_when(ada):
    invite(ada)
    [letter] = delivered()
    assert letter["Subject"] == "Ada invites you to Ledger"
    for body in (text(letter), html(letter)):
        assert "Ada invites you to work in Ledger as Employee" in body
        assert "until 23 Mar 2026, 09:00 (UTC)" in body
        assert "only for this address: di@elsewhere.example" in body
        assert "If you did not expect this, do nothing" in body
    assert token(letter)


def test_names_stand_in_the_subject_as_they_are(company, ada):
    company.name = "Smith & Sons"
    company.save()
    invite(Membership.objects.get(pk=ada.pk))
    assert delivered()[0]["Subject"] == "Ada invites you to Smith & Sons"


def test_the_letter_is_the_same_with_an_account_and_without(ada, di):
    invite(ada, DI, "ed@elsewhere.example")
    first, second = (text(letter).replace(token(letter), "") for letter in delivered())
    assert first.replace(DI, "") == second.replace("ed@elsewhere.example", "")
    assert not MailedLink.objects.filter(user__isnull=False).exists()
    assert not Letter.objects.filter(user__isnull=False).exists()


def test_a_link_of_nobody_leads_nowhere_unless_it_is_an_invitation(ada):
    invite(ada)
    secret = token(*delivered())
    assert mailed_links.live(secret, MailedLink.Purpose.ACCEPT_INVITATION, AT)
    for purpose in set(MailedLink.Purpose) - {MailedLink.Purpose.ACCEPT_INVITATION}:
        MailedLink.objects.update(purpose=purpose)
        with pytest.raises(LinkNotLive):
            mailed_links.live(secret, purpose, AT)


def test_no_token_is_in_the_database_nor_in_a_task(ada):
    invite(ada)
    assert link_of(Invitation.objects.get()).token_hash is None
    secret = token(*delivered())
    assert secret not in contents()
    assert DI in contents()


def test_all_that_is_wrong_is_named_and_nobody_is_invited(ada):
    visitors.member(ada.company, name="Bo")
    gone = visitors.member(ada.company, name="Cy")
    gone.suspended_at = AT
    gone.save()
    invite(ada)
    delivered()

    with pytest.raises(InvitationRefused) as refusal:
        invite(ada, "bo@ledger.example", "ed@elsewhere.example", DI, "CY@ledger.example")

    assert refusal.value.reasons == [
        "bo@ledger.example is already a member.",
        "di@elsewhere.example is already invited. Send that invitation again, or withdraw it.",
        "cy@ledger.example is a member who is suspended. Reactivate them on the team page instead.",
    ]
    assert Invitation.objects.count() == 1
    assert delivered() == []


def test_an_account_in_another_company_makes_no_difference(ada):
    visitors.member(visitors.company("Rival"), name="Riva")
    assert invite(ada, "riva@rival.example").email == "riva@rival.example"
    assert sentences() == ["Ada invited riva@rival.example as Employee"]


def test_no_more_than_fifty_at_once(ada):
    with pytest.raises(InvitationRefused, match="At most 50"):
        invite(ada, *(f"p{number}@elsewhere.example" for number in range(51)))


def test_a_company_sends_so_many_a_day_and_a_refused_batch_uses_none_up(ada):
    for batch in range(4):
        invite(ada, *(f"p{batch}-{number}@elsewhere.example" for number in range(49)))
    with pytest.raises(TooManyTries, match="200 invitations a day"):
        invite(ada, *(f"q{number}@elsewhere.example" for number in range(5)))
    assert Invitation.objects.count() == 196
    invite(ada, *(f"r{number}@elsewhere.example" for number in range(4)))
    with pytest.raises(TooManyTries):
        invite(ada, "last@elsewhere.example")
    invite(ada, "last@elsewhere.example", at=AT + DAY)


def test_one_address_is_not_flooded_however_it_is_done(ada):
    for _ in range(5):
        invitation = invite(ada)
        invitations.withdraw(invitation=invitation, granter=ada, by=make.BY, at=AT)
    with pytest.raises(TooManyTries, match="was sent 5 invitations today"):
        invite(ada)


def test_account_managers_see_their_own_customers_unless_told_otherwise(ada):
    assert invite(ada, role="account_manager").restriction == "owner"
    assert invite(ada, "ed@elsewhere.example", role="account_manager", restriction="customers").restriction_words == (
        "0 chosen customers only"
    )


def test_nothing_is_hidden_from_an_administrator(ada):
    with pytest.raises(InvitationRefused, match="Nothing is hidden"):
        invite(ada, role="administrator", restriction="customers")
    assert invite(ada, role="administrator").is_administrator


# Never more than one holds


def clerk(company, *more, **fields):
    """Somebody who may invite, and little else."""
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, *more, name="Porter")
    return visitors.member(company, role, "Bo", **fields)


def test_nobody_offers_more_than_they_hold(company):
    bo = clerk(company, Permission.CUSTOMER_VIEW)
    with pytest.raises(GrantRefused, match="You cannot give what you do not hold yourself"):
        invite(bo, role="read_only")
    looks = make.role(company, Permission.CUSTOMER_VIEW, name="Looker")
    assert invite(bo, role=looks).role_name == "Looker"


def test_nobody_offers_a_role_of_another_company_nor_into_one(company, ada):
    rival = visitors.company("Rival")
    with pytest.raises(GrantRefused):
        invite(ada, role=make.role(rival, Permission.CUSTOMER_VIEW))
    with pytest.raises(GrantRefused):
        invite(ada, company=rival)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "change", [{"revoked_at": AT}, {"suspended_at": AT}, {"role": "employee"}, {"restriction": "owner"}]
)
def test_who_lost_the_right_since_the_page_was_opened_offers_nothing(company, change):
    visitors.member(company, name="Ada")
    bo = clerk(company)
    if "role" in change:
        change = {**change, "own_role": None}
    Membership.objects.filter(pk=bo.pk).update(**change)
    with pytest.raises(GrantRefused):
        invite(bo, role=bo.own_role)


# Sending again, withdrawing, restricting


def test_sending_again_kills_the_former_link_and_starts_seven_days(ada, company):
    bo, invitation = visitors.member(company, name="Bo"), invite(ada)
    first = token(*delivered())

    later = AT + 8 * DAY
    invitations.resend(invitation=invitation, granter=bo, by=Actor.member(bo.user), at=later)

    with time_machine.travel(later, tick=False):
        second = token(*delivered())
    invitation.refresh_from_db()
    assert (invitation.invited_by, invitation.expires_at, invitation.sent_at) == (bo, later + 7 * DAY, later)
    with pytest.raises(LinkNotLive):
        mailed_links.live(first, MailedLink.Purpose.ACCEPT_INVITATION, AT)
    assert mailed_links.live(second, MailedLink.Purpose.ACCEPT_INVITATION, later)
    assert sentences(action="invitation.resent") == ["Bo sent the invitation of di@elsewhere.example again"]


def test_sending_again_before_the_first_letter_left_sends_one(ada):
    invitation = invite(ada)
    invitations.resend(invitation=invitation, granter=ada, by=make.BY, at=AT)
    assert len(delivered()) == 1


def test_sending_again_is_within_the_rights_of_who_does_it(company, ada):
    invitation, bo = invite(ada, role="employee"), clerk(company)
    with pytest.raises(GrantRefused):
        invitations.resend(invitation=invitation, granter=bo, by=make.BY, at=AT)
    ada.role = "employee"
    ada.save()
    with pytest.raises(GrantRefused):
        invitations.resend(invitation=invitation, granter=ada, by=make.BY, at=AT)
    invitation.refresh_from_db()
    assert invitation.invited_by == ada


def test_what_was_withdrawn_lets_nobody_in_and_may_be_invited_anew(ada, di):
    invitation = invite(ada)
    link = link_of(invitation)
    invitations.withdraw(invitation=invitation, granter=ada, by=Actor.member(ada.user), at=AT)

    with pytest.raises(LinkNotLive):
        joining.accept(link=link, user=di, by=make.BY, at=AT)
    assert delivered() == []
    for again in (invitations.withdraw, invitations.resend):
        with pytest.raises(InvitationRefused, match="accepted or withdrawn"):
            again(invitation=invitation, granter=ada, by=make.BY, at=AT)
    assert sentences(action="invitation.withdrawn") == ["Ada withdrew the invitation of di@elsewhere.example"]
    assert accept(invite(ada), di).is_live


def test_the_customers_may_be_chosen_until_it_is_accepted(ada, di, acme):
    invitation = invite(ada, restriction="customers")
    chosen = {"restriction": "customers", "customer_ids": [str(acme.pk)]}

    invitations.restrict(invitation=invitation, granter=ada, by=Actor.member(ada.user), at=AT, **chosen)

    assert sentences(action="invitation.restricted") == [
        "Ada chose which customers di@elsewhere.example will see on joining: 1 chosen customer only"
    ]
    assert SecurityEvent.objects.get(action="invitation.restricted").changes == {"customer_ids": [[], [str(acme.pk)]]}
    membership = accept(Invitation.objects.get(), di)
    assert (membership.restriction, membership.customer_ids) == ("customers", [str(acme.pk)])
    with pytest.raises(InvitationRefused):
        invitations.restrict(invitation=invitation, granter=ada, by=make.BY, at=AT, restriction="none")


def test_choosing_what_is_chosen_writes_nothing(ada):
    invitation = invite(ada)
    invitations.restrict(invitation=invitation, granter=ada, by=make.BY, at=AT, restriction="none")
    assert not SecurityEvent.objects.filter(action="invitation.restricted").exists()


def test_whoever_may_do_less_chooses_no_customers_of_a_stronger_role(company, ada):
    invitation = invite(ada, role="employee", restriction="owner")
    with pytest.raises(GrantRefused):
        invitations.restrict(invitation=invitation, granter=clerk(company), by=make.BY, at=AT, restriction="none")


# Accepting


def test_accepting_makes_a_member_tells_the_inviter_and_is_in_the_log(ada, di):
    membership = accept(invite(ada, role="account_manager"), di)

    assert (membership.user, membership.role, membership.restriction) == (di, "account_manager", "owner")
    assert not membership.is_owner
    assert sentences() == [
        "Ada invited di@elsewhere.example as Account manager",
        "Di accepted the invitation of di@elsewhere.example as Account manager",
        "Di added Di as Account manager",
    ]
    invitation = Invitation.objects.get()
    assert (invitation.accepted_at, invitation.accepted_by) == (AT, di)
    [letter] = delivered()
    assert (letter["To"], letter["Subject"]) == ("ada@ledger.example", "Your invitation was accepted")
    assert "Di (di@elsewhere.example) accepted your invitation" in text(letter)


def test_accepting_as_new_makes_the_account_with_it(ada):
    joined = accept_as_new(invite(ada))

    assert (joined.user.email, joined.user.name) == (DI, "Di")
    assert joined.user.check_password(PASSWORD)
    assert joined.membership.user == joined.user
    assert sentences()[1:] == [
        "Di accepted the invitation of di@elsewhere.example as Employee",
        "Di added Di as Employee",
        "Di created the account of Di",
        "Di signed in with a new account",
    ]
    assert {one.company_id for one in SecurityEvent.objects.all()} == {ada.company_id}


@pytest.mark.parametrize("password", ["herons", "correcthorsebatterystaple", "Di Ledger 2026!", "di@elsewhere.example"])
def test_the_rules_for_passwords_hold_and_a_refusal_uses_nothing_up(ada, password):
    invitation = invite(ada)
    with pytest.raises(PasswordNotAllowed):
        accept_as_new(invitation, password=password)
    assert not User.objects.filter(email=DI).exists()
    assert accept_as_new(invitation).membership.is_live


def test_whoever_has_an_account_makes_no_second_one(ada, di):
    with pytest.raises(EmailAlreadyUsed):
        accept_as_new(invite(ada))


def test_an_invitation_is_for_its_address(ada):
    stranger, invitation = make.user("ed@elsewhere.example"), invite(ada)
    with pytest.raises(InvitationRefused, match="another address"):
        accept(invitation, stranger)
    assert Membership.objects.count() == 1


def test_it_stays_with_the_address_when_the_person_changes_theirs(ada, di):
    invitation = invite(ada)
    User.objects.filter(pk=di.pk).update(email="new@elsewhere.example")
    with pytest.raises(InvitationRefused):
        accept(invitation, di)
    heir = make.user(DI, name="Heir")
    assert accept(invitation, heir).user == heir


@pytest.mark.parametrize("closed", [{"is_active": False}, {"locked_at": AT}, {"needs_fresh_start": True}])
def test_a_locked_or_closed_account_joins_nothing(ada, di, closed):
    invitation = invite(ada)
    User.objects.filter(pk=di.pk).update(**closed)
    with pytest.raises(InvitationRefused, match="locked or closed"):
        accept(invitation, di)
    assert Membership.objects.count() == 1


def test_an_invitation_is_used_once(ada, di):
    invitation = invite(ada)
    link = link_of(invitation)
    accept(invitation, di)
    with pytest.raises(LinkNotLive):
        joining.accept(link=link, user=di, by=make.BY, at=AT)


def test_it_ends_after_seven_days_to_the_second(ada, di):
    invitation = invite(ada)
    with pytest.raises(LinkNotLive):
        accept(invitation, di, at=AT + 7 * DAY)
    assert accept(invitation, di, at=AT + 7 * DAY - timedelta(seconds=1)).is_live


def test_somebody_whose_membership_ended_comes_back_by_a_new_one(ada, di):
    first = accept(invite(ada), di)
    members.revoke(membership=first, granter=ada, by=make.BY, at=AT)

    second = accept(invite(ada, role="read_only"), di)

    assert (second.pk != first.pk, second.role, Membership.objects.filter(user=di).count()) == (True, "read_only", 2)


def test_a_member_meanwhile_is_no_second_member(ada, di):
    invitation = invite(ada)
    members.add(company=ada.company, user=di, role="read_only", by=make.BY, at=AT)
    with pytest.raises(AlreadyMember):
        accept(invitation, di)
    assert link_of(invitation)


LOST = {
    "demoted": lambda ada: Membership.objects.filter(pk=ada.pk).update(role="employee"),
    "suspended": lambda ada: Membership.objects.filter(pk=ada.pk).update(suspended_at=AT),
    "revoked": lambda ada: Membership.objects.filter(pk=ada.pk).update(revoked_at=AT),
    "restricted": lambda ada: Membership.objects.filter(pk=ada.pk).update(role="employee", restriction="owner"),
    "locked": lambda ada: User.objects.filter(pk=ada.user_id).update(locked_at=AT),
    "closed": lambda ada: User.objects.filter(pk=ada.user_id).update(is_active=False),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("is_new", [True, False])
def test_who_could_not_invite_today_lets_nobody_in(ada, lost, is_new):
    invitation = invite(ada)
    LOST[lost](ada)

    with pytest.raises(InvitationRefused, match="Ask for a new one"):
        accept_as_new(invitation) if is_new else accept(invitation, make.user(DI, name="Di"))

    entry = SecurityEvent.objects.get(action="invitation.refused")
    by = ("visitor", "Somebody not signed in") if is_new else ("member", "Di")
    assert (entry.outcome, entry.actor_type, entry.actor_label) == ("refused", *by)
    assert entry.company_id == ada.company_id
    assert entry.reason.endswith(("any more.", "is locked or closed."))
    invitation.refresh_from_db()
    assert invitation.withdrawn_at == AT
    assert not MailedLink.objects.filter(purpose="accept_invitation", used_at__isnull=True).exists()
    assert not Membership.objects.filter(user__email=DI).exists()
    assert User.objects.filter(email=DI).exists() != is_new


def test_a_role_that_grew_beyond_the_inviter_is_not_given(company):
    bo, role = clerk(company, Permission.CUSTOMER_VIEW), make.role(company, Permission.CUSTOMER_VIEW, name="Looker")
    invitation = invite(bo, role=role)
    role.permissions = ["customer.view", "invoice.view"]
    role.save()
    with pytest.raises(InvitationRefused, match="Ask for a new one"):
        accept_as_new(invitation)


def test_revoking_the_inviter_withdraws_what_they_offered(ada, di, company):
    bo = visitors.member(company, name="Bo")
    invitation = invite(bo)
    link = link_of(invitation)
    members.revoke(membership=bo, granter=ada, by=make.BY, at=AT)
    with pytest.raises(LinkNotLive):
        joining.accept(link=link, user=di, by=make.BY, at=AT)
    link.refresh_from_db()
    assert link.used_at == AT


# Nothing without its entry, nothing twice


@pytest.mark.parametrize("act", ["invite", "resend", "withdraw", "restrict", "accept", "accept_as_new"])
def test_nothing_changes_without_its_entry(ada, act, monkeypatch):
    invitation = invite(ada) if act != "invite" else None
    user = make.user(DI) if act == "accept" else None
    why = {"invitation": invitation, "granter": ada, "by": make.BY, "at": AT}
    before = stored()
    monkeypatch.setattr(log, "record", failing)

    acts = {
        "invite": lambda: invite(ada),
        "resend": lambda: invitations.resend(**why),
        "withdraw": lambda: invitations.withdraw(**why),
        "restrict": lambda: invitations.restrict(**why, restriction="owner"),
        "accept": lambda: accept(invitation, user),
        "accept_as_new": lambda: accept_as_new(invitation),
    }
    with pytest.raises(RuntimeError):
        acts[act]()
    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_becomes_a_member(ada, di):
    invitation = invite(ada)
    link = link_of(invitation)

    def press():
        return joining.accept(link=link, user=di, by=Actor.member(di), at=AT)

    outcomes = together(ada.company, [press] * 6)

    assert sorted(type(one).__name__ for one in outcomes) == ["LinkNotLive"] * 5 + ["Membership"]
    assert Membership.objects.filter(user=di).count() == 1
    assert SecurityEvent.objects.filter(action="invitation.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_new_accounts_at_once_one_is_made(ada):
    invitation = invite(ada)
    link = link_of(invitation)

    def press():
        return joining.accept_as_new(link=link, name="Di", password=PASSWORD, by=Actor.visitor(), at=AT)

    outcomes = together(ada.company, [press] * 4)

    assert sum(isinstance(one, joining.Joined) for one in outcomes) == 1
    assert {type(one) for one in outcomes} <= {joining.Joined, LinkNotLive, EmailAlreadyUsed}
    assert Membership.objects.filter(user__email=DI).count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepting_and_withdrawing_at_once_end_in_one_of_both(ada, di):
    invitation = invite(ada)
    link = link_of(invitation)

    outcomes = together(
        ada.company,
        [
            lambda: joining.accept(link=link, user=di, by=Actor.member(di), at=AT),
            lambda: invitations.withdraw(invitation=invitation, granter=ada, by=make.BY, at=AT),
        ],
    )

    invitation.refresh_from_db()
    assert (invitation.accepted_at is None) != (invitation.withdrawn_at is None)
    assert Membership.objects.filter(user=di).exists() == (invitation.accepted_at is not None)
    assert sum(isinstance(one, Exception) for one in outcomes) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_invite_one_address_at_once_make_one_invitation(ada, company):
    bo = visitors.member(company, name="Bo")
    outcomes = together(company, [lambda: invite(ada), lambda: invite(bo)])
    assert sorted(type(one).__name__ for one in outcomes) == ["Invitation", "InvitationRefused"]


def test_kinds_that_leave_without_an_account_are_few():
    assert {"invitation", "alert_to_address", "checkpoint"} == letters.TO_AN_ADDRESS
