"""What waits for a second person: who may ask and decide, and what is judged anew when somebody agrees."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.actions import approval_rules, approvals, invitations, members, roles
from accounts.approvals import Amount, find, relaxes, waits
from accounts.errors import ApprovalOutdated, ApprovalRefused, InvitationRefused, RoleRefused, SecondPersonNeeded
from accounts.models import Approval, Company, Letter, Membership, Role, User
from accounts.permissions import Permission
from accounts.roles import Rights
from audit.models import SecurityEvent
from billing.models import Seller
from invoiced import schedules
from tests import books, make, visitors
from tests.accounts.letter_box import delivered, text
from tests.accounts.second_persons import AT, DAY, HOUR, other_bank_details, request_of, switch_on, who

pytestmark = pytest.mark.django_db
DECIDES = ("approval.view", "approval.decide")


@pytest.fixture
def ada(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def bo(company):
    return visitors.member(company, "administrator", "Bo")


@pytest.fixture
def asked(ada, bo):
    return request_of(ada)


def entries():
    return list(SecurityEvent.objects.order_by("at", "id").values_list("action", "actor_label", "on_behalf_of"))


def letters():
    return list(Letter.objects.order_by("queued_at", "id").values_list("kind", "recipient"))


def outcome(approval):
    approval.refresh_from_db()
    return approval.outcome


def bank_details():
    return Seller.objects.get().bank_details


def test_what_was_asked_for_is_kept_told_and_noted(asked, ada, bo):
    visitors.member(ada.company, "employee", "Cy")

    assert (asked.outcome, asked.expires_at, asked.requested_by) == ("waiting", AT + 3 * DAY, ada)
    assert entries() == [("approval.asked", "Ada", "")]
    assert letters() == [("approval_needed", bo.user.email)]


def test_the_letter_names_who_asks_what_and_leads_to_the_request(asked):
    [letter] = delivered()

    assert "Ada asked to change the payment instructions on invoices: Ledger Ltd." in text(letter)
    assert f"https://testserver/approvals/{asked.pk}/" in text(letter)


def test_agreeing_does_it_in_both_names_in_one_entry_each(asked, ada, bo):
    approvals.approve(approval=asked, **who(bo, AT + HOUR))

    assert bank_details() == "IBAN DE00"
    assert outcome(asked) == "approved"
    assert (asked.decided_by, asked.decided_at) == (bo, AT + HOUR)
    assert entries()[1:] == [("approval.approved", "Bo", "")]
    assert letters()[1:] == [("approval_decided", ada.user.email)]
    assert "They agreed, and it is done." in text(delivered()[1])


def test_asking_twice_is_one_request(asked, ada):
    assert request_of(ada, at=AT + HOUR) == asked
    assert (Approval.objects.count(), len(letters()), len(entries())) == (1, 1, 1)


def test_asking_for_something_else_about_the_same_ends_the_former_request(asked, ada, bo):
    """Nobody agrees to other details than those they saw."""
    other = request_of(ada, payload=other_bank_details("IBAN XX"), at=AT + HOUR)

    assert outcome(asked) == "withdrawn"
    with pytest.raises(ApprovalRefused, match="in the meantime"):
        approvals.approve(approval=asked, **who(bo, AT + HOUR))
    approvals.approve(approval=other, **who(bo, AT + HOUR))
    assert bank_details() == "IBAN XX"


def test_nobody_asks_for_what_they_may_not_do(company, bo):
    clerk = visitors.member(company, "employee", "Cy")

    with pytest.raises(ApprovalRefused, match="You may not do this any more"):
        request_of(clerk)


def test_nobody_asks_where_nobody_else_could_agree(company, ada):
    with pytest.raises(ApprovalRefused, match="nobody else here may agree"):
        request_of(ada)
    assert not Approval.objects.exists()


def test_nobody_agrees_to_their_own(asked, ada):
    with pytest.raises(ApprovalRefused, match="Nobody agrees to what they asked for themselves"):
        approvals.approve(approval=asked, **who(ada))
    assert (bank_details(), outcome(asked)) == ("", "waiting")


def test_nobody_agrees_to_their_own_by_being_invited_again(asked, ada, bo, company):
    Membership.objects.filter(pk=ada.pk).update(revoked_at=AT, is_owner=False)
    again = Membership.objects.create(company=company, user=ada.user, role="administrator", created_at=AT)

    with pytest.raises(ApprovalRefused, match="Nobody agrees to what they asked for themselves"):
        approvals.approve(approval=asked, **who(again))


def test_the_database_refuses_it_as_well(asked, ada):
    with pytest.raises(IntegrityError, match="approval_is_by_a_second_person"), transaction.atomic():
        Approval.objects.filter(pk=asked.pk).update(decided_by=ada)


@pytest.mark.parametrize(
    "permissions", [("settings.edit", "approval.view"), DECIDES], ids=["may not decide", "may not do it themselves"]
)
def test_who_agrees_may_decide_and_may_do_it_themselves(asked, company, permissions):
    clerk = make.member(make.role(company, *permissions), company=company)

    with pytest.raises(ApprovalRefused, match="You may not do this yourself"):
        approvals.approve(approval=asked, **who(clerk))
    assert outcome(asked) == "waiting"


def test_a_role_with_exactly_both_is_enough(asked, company):
    clerk = make.member(make.role(company, *DECIDES, "settings.edit"), company=company)

    assert approvals.approve(approval=asked, **who(clerk)).outcome == "approved"


def test_who_sees_some_customers_decides_nothing_about_the_whole_company(asked, company):
    role = make.role(company, *DECIDES, "settings.edit")
    clerk = make.member(role, company=company, restriction="owner")

    with pytest.raises(ApprovalRefused, match="somebody who sees them all"):
        approvals.approve(approval=asked, **who(clerk))


@pytest.mark.parametrize("lost", [{"revoked_at": AT}, {"suspended_at": AT}], ids=["revoked", "suspended"])
def test_who_was_shut_out_meanwhile_decides_nothing(asked, bo, lost):
    Membership.objects.filter(pk=bo.pk).update(is_owner=False, **lost)

    with pytest.raises(ApprovalRefused, match="You may not do this any more"):
        approvals.approve(approval=asked, **who(bo))
    assert outcome(asked) == "waiting"


@pytest.mark.parametrize(
    "lost",
    [{"revoked_at": AT}, {"suspended_at": AT}, {"role": "employee"}],
    ids=["revoked", "suspended", "demoted"],
)
def test_nothing_is_done_for_who_lost_the_right_meanwhile_and_the_request_ends(asked, ada, bo, lost):
    Membership.objects.filter(pk=ada.pk).update(is_owner=False, **lost)

    with pytest.raises(ApprovalOutdated, match="Ada may not do this any more"):
        approvals.approve(approval=asked, **who(bo))

    assert (bank_details(), outcome(asked), asked.decided_by) == ("", "expired", None)
    assert entries()[1:] == [("approval.expired", "Bo", "")]
    assert (
        SecurityEvent.objects.get(action="approval.expired").reason
        == "Ada may not do this any more, so nothing was done."
    )


def test_what_was_changed_meanwhile_is_not_overwritten(asked, bo):
    Seller.objects.update(bank_details="IBAN of yesterday")

    with pytest.raises(ApprovalOutdated, match="were changed since"):
        approvals.approve(approval=asked, **who(bo))

    assert (bank_details(), outcome(asked)) == ("IBAN of yesterday", "expired")
    assert [kind for kind, _ in letters()] == ["approval_needed", "approval_expired"]


def test_a_member_of_another_company_decides_nothing(asked):
    stranger = visitors.member(visitors.company("Rival"), "administrator", "Eve")

    with pytest.raises(ApprovalRefused):
        approvals.approve(approval=asked, **who(stranger))


def test_refusing_ends_it_with_the_reason(asked, ada, bo):
    approvals.refuse(approval=asked, reason="Call the bank first", **who(bo))

    assert (bank_details(), outcome(asked), asked.decision_reason) == ("", "refused", "Call the bank first")
    assert entries()[1:] == [("approval.refused", "Bo", "")]
    assert "They did not agree: Call the bank first" in text(delivered()[1])


def test_one_withdraws_ones_own_and_nobody_elses(asked, ada, bo):
    with pytest.raises(ApprovalRefused, match="Only whoever asked"):
        approvals.withdraw(approval=asked, **who(bo))

    approvals.withdraw(approval=asked, **who(ada))

    assert outcome(asked) == "withdrawn"
    with pytest.raises(ApprovalRefused, match="in the meantime"):
        approvals.approve(approval=asked, **who(bo))


def test_what_is_over_is_over(asked, ada, bo):
    approvals.refuse(approval=asked, reason="No", **who(bo))

    for act in (
        lambda: approvals.approve(approval=asked, **who(bo)),
        lambda: approvals.refuse(approval=asked, reason="No", **who(bo)),
        lambda: approvals.withdraw(approval=asked, **who(ada)),
    ):
        with pytest.raises(ApprovalRefused, match="in the meantime"):
            act()
    assert len(entries()) == 2


def test_it_runs_out_after_three_days_even_before_the_clock_came_by(asked, bo):
    with pytest.raises(ApprovalRefused, match="ran out"):
        approvals.approve(approval=asked, **who(bo, AT + 3 * DAY))


def test_the_clock_ends_what_nobody_decided_once(asked, ada):
    schedules.end_late_approvals(AT + 3 * DAY - datetime.timedelta(seconds=1))
    assert outcome(asked) == "waiting"

    for _ in range(2):
        schedules.end_late_approvals(AT + 3 * DAY)

    assert (outcome(asked), asked.decision_reason) == ("expired", "Nobody decided within three days.")
    assert entries()[1:] == [("approval.expired", "Follow-up of approvals", "")]
    assert letters()[1:] == [("approval_expired", ada.user.email)]


def test_what_ran_out_can_be_asked_for_anew(asked, ada):
    again = request_of(ada, at=AT + 4 * DAY)

    assert again != asked
    assert (outcome(asked), again.outcome) == ("withdrawn", "waiting")


# Doors: what only its requester can finish


def opened(membership, at, payload=None):
    company = membership.company
    return approvals.use(kind=find("customer_export"), target=company, payload=payload, **who(membership, at))


@pytest.fixture
def agreed(ada, bo, company):
    asked = request_of(ada, kind="customer_export", target=company, payload={})
    return approvals.approve(approval=asked, **who(bo, AT + HOUR))


def test_an_agreement_opens_its_door_once(agreed, ada):
    assert opened(ada, AT + 2 * HOUR) == agreed
    with pytest.raises(SecondPersonNeeded):
        opened(ada, AT + 2 * HOUR)
    assert [action for action, _, _ in entries()] == ["approval.asked", "approval.approved", "approval.used"]


def test_it_opens_for_a_day(agreed, ada):
    with pytest.raises(SecondPersonNeeded):
        opened(ada, AT + HOUR + DAY)
    assert opened(ada, AT + HOUR + DAY - datetime.timedelta(seconds=1)) == agreed


def test_it_opens_for_nobody_else_and_nothing_else(agreed, ada, bo):
    with pytest.raises(SecondPersonNeeded):
        opened(bo, AT + 2 * HOUR)
    with pytest.raises(SecondPersonNeeded):
        opened(ada, AT + 2 * HOUR, {"more": True})


def test_it_opens_for_nobody_who_lost_the_right(agreed, ada):
    Membership.objects.filter(pk=ada.pk).update(role="read_only", is_owner=False)

    with pytest.raises(ApprovalRefused, match="You may not do this any more"):
        opened(ada, AT + 2 * HOUR)


# Administrators


@pytest.fixture
def cy(company):
    return visitors.member(company, "employee", "Cy")


def promote(member, granter):
    given = {"granter": granter, "by": visitors.access(granter).actor, "at": AT}
    return members.change_role(membership=member, role="administrator", **given)


def promotion_of(member, granter):
    """What the refusal of the action says to ask for."""
    with pytest.raises(SecondPersonNeeded) as needed:
        promote(member, granter)
    return approvals.ask(**needed.value.asked, **who(granter))


def test_an_administrator_is_made_by_two(company, ada, bo, cy):
    switch_on(company, administrator={})
    asked = promotion_of(cy, ada)
    cy.refresh_from_db()
    assert cy.role == "employee"

    approvals.approve(approval=asked, **who(bo))

    cy.refresh_from_db()
    assert cy.role == "administrator"
    entry = SecurityEvent.objects.get(action="member.role_changed")
    assert (entry.actor_label, entry.on_behalf_of) == ("Bo", "Ada")


def test_without_the_rule_one_is_enough(ada, cy):
    assert promote(cy, ada).role == "administrator"


def test_other_roles_need_no_second_person(company, ada, cy):
    switch_on(company, administrator={})
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}

    assert members.change_role(membership=cy, role="read_only", **given).role == "read_only"


@pytest.fixture
def deputy(company):
    """An own role that decides about others."""
    return make.role(company, "team.view", "team.edit", name="Deputy")


def test_an_own_role_that_decides_about_others_is_given_by_two(company, ada, bo, cy, deputy):
    switch_on(company, administrator={})
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}
    with pytest.raises(SecondPersonNeeded) as needed:
        members.change_role(membership=cy, role=deputy, **given)
    approvals.approve(approval=approvals.ask(**needed.value.asked, **who(ada)), **who(bo))

    cy.refresh_from_db()
    assert cy.own_role == deputy


def test_what_was_agreed_to_is_the_role_as_it_was(company, ada, bo, cy, deputy):
    switch_on(company, administrator={})
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}
    with pytest.raises(SecondPersonNeeded) as needed:
        members.change_role(membership=cy, role=deputy, **given)
    asked = approvals.ask(**needed.value.asked, **who(ada))
    Role.objects.filter(pk=deputy.pk).update(permissions=[*deputy.permissions, "security.edit"])

    with pytest.raises(ApprovalOutdated, match="The role was changed or deleted"):
        approvals.approve(approval=asked, **who(bo))


def test_a_role_somebody_holds_does_not_come_to_decide_about_others(company, ada, bo):
    clerk = make.role(company, "team.view")
    make.member(clerk, company=company)
    switch_on(company, administrator={})

    with pytest.raises(RoleRefused, match="needs a second person"):
        roles.change(
            role=clerk,
            name="Clerk",
            description="",
            rights=Rights(frozenset({Permission.TEAM_VIEW, Permission.TEAM_EDIT})),
            granter=ada,
            by=visitors.access(ada).actor,
            at=AT,
        )


def test_a_deleted_role_leaves_nobody_one_that_decides_about_others(company, ada, bo, deputy):
    clerk = make.role(company, "team.view")
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}
    [invited] = invitations.invite_many(company=company, emails=["di@example.com"], role=clerk, **given)
    switch_on(company, administrator={})

    with pytest.raises(RoleRefused, match="Giving the role Deputy needs a second person"):
        roles.delete(role=clerk, heir=deputy, holders=[invited.pk], **given)
    invited.refresh_from_db()
    assert invited.own_role == clerk


def test_an_invitation_from_before_is_not_sent_again(company, ada, deputy):
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}
    [invited] = invitations.invite_many(company=company, emails=["di@example.com"], role=deputy, **given)
    make.member(company=company)
    switch_on(company, administrator={})

    with pytest.raises(InvitationRefused, match="Withdraw this one and invite anew"):
        invitations.resend(invitation=invited, **given)


@pytest.mark.parametrize("permissions", [None, DECIDES], ids=["employee", "a role that only agrees"])
def test_nobody_lets_in_alone_who_could_agree_to_what_they_ask(company, ada, bo, permissions):
    """Or one person would be two: with an account of their own that agrees."""
    switch_on(company, administrator={})
    role = make.role(company, *permissions, name="Second self") if permissions else "employee"
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}

    with pytest.raises(SecondPersonNeeded):
        invitations.invite_many(company=company, emails=["me-too@example.com"], role=role, **given)
    [plain] = invitations.invite_many(company=company, emails=["di@example.com"], role="account_manager", **given)
    assert plain.role == "account_manager"


def test_who_administers_is_let_in_again_by_two(company, ada, bo):
    eve = visitors.member(company, "administrator", "Eve")
    Membership.objects.filter(pk=eve.pk).update(suspended_at=AT)
    switch_on(company, administrator={})
    given = {"granter": ada, "by": visitors.access(ada).actor, "at": AT}
    with pytest.raises(SecondPersonNeeded) as needed:
        members.reactivate(membership=eve, **given)
    asked = approvals.ask(**needed.value.asked, **who(ada))

    approvals.approve(approval=asked, **who(bo))

    eve.refresh_from_db()
    assert (eve.suspended_at, eve.role) == (None, "administrator")


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [({"suspended_at": None}, "is not suspended"), ({"role": "employee"}, "has another role by now")],
)
def test_letting_in_again_is_judged_anew(company, ada, bo, meanwhile, why):
    eve = visitors.member(company, "administrator", "Eve")
    Membership.objects.filter(pk=eve.pk).update(suspended_at=AT)
    switch_on(company, administrator={})
    with pytest.raises(SecondPersonNeeded) as needed:
        members.reactivate(membership=eve, granter=ada, by=visitors.access(ada).actor, at=AT)
    asked = approvals.ask(**needed.value.asked, **who(ada))
    Membership.objects.filter(pk=eve.pk).update(**meanwhile)

    with pytest.raises(ApprovalOutdated, match=why):
        approvals.approve(approval=asked, **who(bo))


def test_who_decides_nothing_is_let_in_again_by_one(company, ada):
    clerk = visitors.member(company, "account_manager", "Cy", suspended_at=AT)
    switch_on(company, administrator={})

    back = members.reactivate(membership=clerk, granter=ada, by=visitors.access(ada).actor, at=AT)
    assert back.suspended_at is None


def test_who_may_less_than_an_administrator_does_not_agree_to_one(company, ada, bo, cy):
    switch_on(company, administrator={})
    judge = make.member(make.role(company, *DECIDES, "team.edit", "team.view"), company=company)

    with pytest.raises(ApprovalRefused, match="You may not do this yourself"):
        approvals.approve(approval=promotion_of(cy, ada), **who(judge))


def test_nobody_agrees_to_their_own_promotion(company, ada, bo):
    everything = make.role(company, *[permission.value for permission in find("administrator").gives.permissions])
    cy = make.member(everything, company=company)
    switch_on(company, administrator={})

    with pytest.raises(ApprovalRefused, match="Nobody agrees to their own rights"):
        approvals.approve(approval=promotion_of(cy, ada), **who(cy))


def test_a_member_with_another_role_by_now_is_not_promoted(company, ada, bo, cy):
    switch_on(company, administrator={})
    asked = promotion_of(cy, ada)
    Membership.objects.filter(pk=cy.pk).update(role="read_only")

    with pytest.raises(ApprovalOutdated, match="Cy has another role by now"):
        approvals.approve(approval=asked, **who(bo))
    cy.refresh_from_db()
    assert (cy.role, outcome(asked)) == ("read_only", "expired")


# The rules themselves


def test_rules_are_off_until_switched_on(company):
    assert company.approvals == {}
    assert not any(waits(company, find(code)) for code in ("write_off", "bank_details", "approval_rules"))


@pytest.mark.parametrize(
    ("amount", "waiting"),
    [("EUR 500.00", False), ("EUR 500.01", True), ("JPY 700", False), ("JPY 701", True), ("USD 0.01", True)],
)
def test_a_limit_is_for_each_currency_and_to_the_cent(amount, waiting):
    company = Company(approvals={"write_off": {"EUR": 500, "JPY": 700}})

    assert waits(company, find("write_off"), Amount.of(amount)) is waiting


@pytest.mark.parametrize(
    ("before", "after", "is_relaxed"),
    [
        ({}, {"write_off": {"EUR": 5}}, False),
        ({"write_off": {"EUR": 5}}, {"write_off": {}}, False),
        ({"write_off": {"EUR": 5}}, {"write_off": {"EUR": 4}, "api_key": {}}, False),
        ({"write_off": {"EUR": 5}}, {"write_off": {"EUR": 6}}, True),
        ({"write_off": {"EUR": 5}}, {"write_off": {"EUR": 4, "USD": 1}}, True),
        ({"write_off": {}, "api_key": {}}, {"write_off": {}}, True),
    ],
)
def test_what_relaxes_rules(before, after, is_relaxed):
    assert relaxes(before, after) is is_relaxed


def rules_of(company):
    return Company.objects.get(pk=company.pk).approvals


def test_stricter_rules_count_at_once_and_all_administrators_are_told(company, ada, bo):
    approval_rules.change(rules={"write_off": {"EUR": 500}}, **who(ada))

    assert rules_of(company) == {"write_off": {"EUR": 500}}
    [entry] = SecurityEvent.objects.all()
    assert (entry.action, entry.changes) == (
        "approval_rules.changed",
        {"Write off an invoice": ["Needs nobody else", "Waits above 500 EUR"]},
    )
    assert {recipient for _, recipient in letters()} == {ada.user.email, bo.user.email}


def test_saving_the_same_rules_writes_nothing(company, ada, bo):
    approval_rules.change(rules={}, **who(ada))

    assert not SecurityEvent.objects.exists()


def test_what_only_one_could_agree_to_cannot_be_made_to_wait(company, ada):
    with pytest.raises(ApprovalRefused, match="only Ada has it"):
        approval_rules.change(rules={"bank_details": {}}, **who(ada))
    assert rules_of(company) == {}


def test_two_who_write_off_are_not_enough_where_one_changes_rules(company, ada):
    visitors.member(company, "employee", "Cy")

    with pytest.raises(ApprovalRefused, match="Let less wait for a second person"):
        approval_rules.change(rules={"write_off": {}}, **who(ada))


def test_relaxing_waits_for_a_second_person(company, ada, bo):
    switch_on(company, write_off={"EUR": 500}, api_key={})

    asked = approval_rules.change(rules={"write_off": {"EUR": 900}, "api_key": {}}, **who(ada))

    assert rules_of(company) == {"write_off": {"EUR": 500}, "api_key": {}}
    assert asked.payload["changes"] == {"Write off an invoice": ["Waits above 500 EUR", "Waits above 900 EUR"]}
    with pytest.raises(ApprovalRefused):
        approvals.approve(approval=asked, **who(ada))
    approvals.approve(approval=asked, **who(bo))
    assert rules_of(company) == {"write_off": {"EUR": 900}, "api_key": {}}


def test_rules_that_were_changed_meanwhile_are_not_relaxed(company, ada, bo):
    switch_on(company, write_off={"EUR": 500})
    asked = approval_rules.change(rules={}, **who(ada))
    approval_rules.change(rules={"write_off": {"EUR": 100}}, **who(bo))

    with pytest.raises(ApprovalOutdated, match="changed since"):
        approvals.approve(approval=asked, **who(bo))
    assert rules_of(company) == {"write_off": {"EUR": 100}}


def test_an_operator_drops_rules_nobody_is_left_to_relax(company, ada):
    switch_on(company, write_off={"EUR": 500})

    approval_rules.drop_all(company=company, by=make.BY, at=AT)

    assert rules_of(company) == {}
    assert SecurityEvent.objects.get().actor_type == "operator"


def test_an_approval_does_nothing_without_its_entry(asked, bo, monkeypatch):
    monkeypatch.setattr("audit.log.record", books.fail)

    with pytest.raises(LookupError):
        approvals.approve(approval=asked, **who(bo))

    assert (bank_details(), outcome(asked)) == ("", "waiting")


def test_the_command_names_its_company_and_asks_first(company, ada):
    switch_on(company, api_key={})

    with pytest.raises(CommandError, match="There are 0 companies called Nobody"):
        call_command("drop_approval_rules", "Nobody", "--yes")
    with pytest.raises(CommandError, match="Add --yes"):
        call_command("drop_approval_rules", company.name)
    assert rules_of(company) == {"api_key": {}}
    call_command("drop_approval_rules", company.name, "--yes")
    assert rules_of(company) == {}


def test_nobody_asks_about_a_customer_they_do_not_see(company, ada, bo, acme):
    near = visitors.member(company, "employee", "Cy", restriction="owner")

    with pytest.raises(ApprovalRefused, match="You may not do this any more"):
        request_of(near, kind="write_off", target=books.issued(acme), payload={})


# Who counts as a second person, and how much one person asks for


@pytest.mark.parametrize(
    "lost",
    [
        {"revoked_at": AT},
        {"suspended_at": AT},
        {"role": "read_only"},
        {"restriction": "owner", "role": "employee"},
    ],
    ids=["revoked", "suspended", "demoted", "restricted"],
)
def test_what_somebody_agreed_to_who_could_not_today_opens_nothing(agreed, ada, bo, lost):
    Membership.objects.filter(pk=bo.pk).update(is_owner=False, **lost)

    with pytest.raises(SecondPersonNeeded):
        opened(ada, AT + 2 * HOUR)


def test_a_locked_account_is_nobody_who_could_agree(company, ada, bo, asked):
    User.objects.filter(pk=bo.user_id).update(locked_at=AT)

    with pytest.raises(ApprovalRefused, match="nobody else here may agree"):
        request_of(ada, payload=other_bank_details("IBAN XX"))
    with pytest.raises(ApprovalRefused, match="You may not do this any more"):
        approvals.approve(approval=asked, **who(bo))


def test_who_sees_some_customers_asks_for_nothing_that_concerns_all(company, bo):
    clerk = make.member(make.role(company, "settings.edit"), company=company, restriction="owner")

    with pytest.raises(ApprovalRefused, match="you see only some"):
        request_of(clerk)


def test_one_person_asks_twenty_times_an_hour(ada, bo):
    for number in range(20):
        request_of(ada, payload=other_bank_details(f"IBAN {number}"))

    with pytest.raises(ApprovalRefused, match="20 times within an hour"):
        request_of(ada, payload=other_bank_details("IBAN 20"))
    assert Letter.objects.filter(kind="approval_needed").count() == 20
    assert request_of(ada, payload=other_bank_details("IBAN 19")).outcome == "waiting"
    assert request_of(ada, payload=other_bank_details("IBAN 20"), at=AT + 2 * HOUR).outcome == "waiting"


def test_fifty_requests_of_one_person_wait_at_most(ada, bo, asked, company):
    others = [{"object_id": str(number), "object_type": "seller"} for number in range(49)]
    common = {"company": company, "kind": "bank_details", "requested_by": ada, "requested_at": AT}
    Approval.objects.bulk_create(Approval(**one, **common, expires_at=AT + DAY) for one in others)

    with pytest.raises(ApprovalRefused, match="50 of your requests wait already"):
        request_of(ada, kind="customer_export", target=company, payload={})
    assert request_of(ada) == asked


# Rules that two people can keep


def limited(company, most, name):
    """A member who may agree to write-offs up to this much, and to other rules."""
    held = (*DECIDES, "invoice.view", "invoice.write_off", "security.edit")
    role = make.role(company, *held, name=name, limits={"invoice.write_off": most})
    return make.member(role, company=company, user=make.user(name=name))


@pytest.mark.parametrize(
    ("most", "is_enough"),
    [({"EUR": 501}, True), ({"EUR": 500}, False), ({"USD": 900}, False)],
)
def test_a_limit_is_kept_by_two_who_may_give_up_more(company, ada, most, is_enough):
    limited(company, most, "Lim")
    changed = {"rules": {"write_off": {"EUR": 500}}, **who(ada)}

    if is_enough:
        assert approval_rules.change(**changed).approvals == {"write_off": {"EUR": 500}}
        return
    with pytest.raises(ApprovalRefused, match="to agree to it above 500 EUR, and only Ada has it"):
        approval_rules.change(**changed)
