"""A fresh start for whoever lost every factor: who may ask, who decides, when it happens and what stops it."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import factor_resets, lost_factors, mailed_links, recovery_codes
from accounts.errors import AccountsError, FactorResetRefused, GrantRefused
from accounts.models import (
    Company,
    FactorReset,
    Letter,
    MailedLink,
    Membership,
    Passkey,
    RecoveryCode,
    Session,
    TotpDevice,
)
from accounts.permissions import Permission
from accounts.queries.factor_resets import due_resets
from accounts.roles import BUILT_IN
from accounts.scoping import in_company
from audit import log
from audit.models import SecurityEvent
from invoiced import schedules
from security.tokens import token_hash
from tests import make, visitors
from tests.accounts.signing_in import give_code, give_password, is_inside, sign_in
from tests.accounts.signing_in import text as words
from tests.queue import work
from tests.together import together

pytestmark = pytest.mark.django_db

LOST = "/sign-in/lost-factor/"
TEAM = "/settings/team/"
AT = datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)
WHY = {"by": make.BY, "at": AT}
DAY = timedelta(hours=24)
TOKEN = "a-token-that-a-letter-carries"


@pytest.fixture
def clock():
    with time_machine.travel(AT) as clock:
        yield clock


@pytest.fixture
def company(clock):
    made = make.company()
    with in_company(made):
        yield made


@pytest.fixture
def ada(company):
    """Ada, who lost her phone."""
    user = make.member("employee", user=make.user("ada@example.com"), company=company).user
    make.authenticator(user)
    recovery_codes.renew(user=user, at=AT)
    return user


@pytest.fixture
def bo(company):
    """Bo, who administers."""
    return make.member(user=make.user("bo@example.com", name="Bo Brook"), company=company)


@pytest.fixture
def reset(ada, bo, company):
    return FactorReset.objects.create(user=ada, company=company, asked_at=AT)


@pytest.fixture
def approved(reset, bo):
    factor_resets.approve(reset=reset, approver=bo.user, **WHY)
    reset.refresh_from_db()
    return reset


def page_of(act, reset):
    return f"/settings/team/factor-resets/{reset.pk}/{act}/"


def text(response):
    return " ".join(response.content.decode().split())


def actions():
    return list(SecurityEvent.objects.order_by("at", "id").values_list("action", flat=True))


def letters():
    return sorted((letter.kind, letter.recipient) for letter in Letter.objects.all())


def outcome(reset):
    reset.refresh_from_db()
    return reset.outcome


def has_factors(user):
    return any(kind.objects.filter(user=user).exists() for kind in (TotpDevice, Passkey, RecoveryCode))


def hold_the_link(reset):
    """The link of the letter, as if the letter had left."""
    MailedLink.objects.filter(subject_id=reset.pk).update(token_hash=token_hash(TOKEN))
    return f"/account/factor-reset/{TOKEN}/"


def test_whoever_typed_the_right_password_can_ask_the_administrators(browser, ada, bo, company):
    cy = make.member(user=make.user("cy@example.com", name="Cy Clay"), company=company)
    make.member("employee", company=company)
    give_password(browser)
    assert "Use a recovery code." in text(browser.get(LOST))

    browser.post(LOST)
    work()

    reset = FactorReset.objects.get()
    assert (reset.user, reset.company, reset.approved_at) == (ada, company, None)
    assert letters() == [
        ("factor_reset_asked", bo.user.email),
        ("factor_reset_asked", cy.user.email),
        ("factor_reset_wanted", "ada@example.com"),
    ]
    entry = SecurityEvent.objects.get(action="factor_reset.asked")
    assert (entry.actor_type, entry.object_label, entry.company_id) == ("visitor", "Ada Lovelace", company.pk)
    assert has_factors(ada)


def test_a_wrong_password_is_answered_the_same_and_leads_to_nothing(browser, other_browser, ada, bo):
    give_password(browser)
    give_password(other_browser, password="not the password of anybody")
    nobody = visitors.Browser()
    give_password(nobody, email="nobody@example.com")

    pages, queries = set(), set()
    for visitor in (browser, other_browser, nobody):
        with CaptureQueriesContext(connection) as asked:
            pages.add(words(visitor.post(LOST, REMOTE_ADDR="192.0.2.9")))
        queries.add(tuple(query["sql"].split()[0] for query in asked))

    assert [page for page in pages if "If your password was right, they are asked" in page] == [*pages]
    assert (len(pages), len(queries)) == (1, 1)
    work()
    assert FactorReset.objects.count() == 1


def test_who_has_not_begun_to_sign_in_is_told_to_begin(browser, ada, bo):
    assert "Start with your password" in text(browser.get(LOST))
    assert "Start with your password" in text(browser.post(LOST))
    work()
    assert not FactorReset.objects.exists()


def test_a_try_that_is_too_old_asks_nobody(browser, ada, bo, clock):
    give_password(browser)
    clock.shift(timedelta(minutes=10))

    assert "Start with your password" in text(browser.post(LOST))


def test_asking_again_asks_nobody_twice(ada, bo):
    for _ in range(3):
        lost_factors.ask(user=ada, **WHY)

    assert FactorReset.objects.count() == 1
    assert len(letters()) == 2
    assert actions() == ["factor_reset.asked"]


def test_asking_runs_out(browser, ada, bo):
    give_password(browser)
    for _ in range(5):
        assert browser.post(LOST).status_code == 200

    response = browser.post(LOST)

    assert response.status_code == 429
    assert "Too many tries. Wait 60 minutes" in text(response)


def test_the_password_must_still_be_right_when_asked(browser, ada, bo):
    give_password(browser)
    ada.set_password("another password altogether")
    ada.save()

    browser.post(LOST)
    work()

    assert not FactorReset.objects.exists()


def test_a_locked_account_asks_nobody(browser, ada, bo):
    give_password(browser)
    ada.locked_at = AT
    ada.save()

    browser.post(LOST)
    work()

    assert not FactorReset.objects.exists()


def test_an_only_administrator_is_told_of_the_command_and_the_log_says_that_nobody_was_there(browser, clock):
    user = make.member(user=make.user("ada@example.com")).user
    make.authenticator(user)
    give_password(browser)
    assert "manage.py reset_second_factor" in text(browser.get(LOST))

    assert "manage.py reset_second_factor" in text(browser.post(LOST))
    work()

    assert not FactorReset.objects.exists()
    entry = SecurityEvent.objects.get(action="factor_reset.asked")
    assert (entry.outcome, entry.reason) == ("refused", lost_factors.NOBODY_TO_ASK)


def test_somebody_in_two_companies_asks_the_first_that_has_an_administrator(ada, bo, company):
    alone = make.company("Solo")
    make.member(company=alone, user=ada)

    lost_factors.ask(user=ada, **WHY)

    assert FactorReset.objects.get().company == company


def test_an_administrator_agrees_and_all_concerned_are_told(reset, ada, bo, company):
    make.member(user=make.user("cy@example.com"), company=company)
    make.member(user=make.user("di@elsewhere.example"), company=(elsewhere := make.company("Elsewhere")))
    make.member("read_only", user=ada, company=elsewhere)
    desk = visitors.browser(bo)
    assert "Ada Lovelace lost the second factor" in text(desk.get(TEAM))
    assert "a thief who knows their password" in text(desk.get(page_of("approve", reset)))

    assert desk.post(page_of("approve", reset)).url == TEAM

    reset.refresh_from_db()
    assert reset.approved_by == bo.user
    assert reset.due_at - reset.approved_at == DAY
    assert letters() == [
        ("factor_reset_announced", "bo@example.com"),
        ("factor_reset_announced", "cy@example.com"),
        ("factor_reset_announced", "di@elsewhere.example"),
        ("factor_reset_approved", "ada@example.com"),
    ]
    assert MailedLink.objects.get().purpose == MailedLink.Purpose.CANCEL_FACTOR_RESET
    assert actions() == ["factor_reset.approved"]
    assert has_factors(ada)
    page = text(desk.get(TEAM))
    assert "Bo Brook agreed to a fresh start" in page
    assert ">Agree<" not in page


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_deciding_asks_for_a_fresh_proof(reset, bo, clock, act):
    desk = visitors.browser(bo)
    clock.shift(timedelta(minutes=5, seconds=1))

    assert "Confirm that it is you" in text(desk.post(page_of(act, reset)))

    reset.refresh_from_db()
    assert (reset.approved_at, reset.ended_at) == (None, None)


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_nobody_decides_about_their_own(ada, company, act):
    ada.memberships.update(role="administrator")
    make.member(company=company)
    reset = FactorReset.objects.create(user=ada, company=company, asked_at=AT)
    desk = visitors.browser(ada.memberships.get())
    assert "Another administrator decides about this." in text(desk.get(TEAM))

    desk.post(page_of(act, reset))

    reset.refresh_from_db()
    assert (reset.approved_at, reset.ended_at) == (None, None)
    assert "Nobody decides about their own second factor" in text(desk.get(TEAM))
    assert actions() == []


@pytest.mark.parametrize("act", ["approve", "refuse"])
@pytest.mark.parametrize("role", ["employee", "account_manager", "read_only"])
def test_only_administrators_decide(reset, company, act, role):
    desk = visitors.browser(make.member(role, company=company))

    assert desk.get(page_of(act, reset)).status_code == 403
    assert desk.post(page_of(act, reset)).status_code == 403


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_a_request_of_another_company_is_not_there(reset, act):
    desk = visitors.browser(make.member(company=make.company("Rival")))

    assert desk.get(page_of(act, reset)).status_code == 404
    assert desk.post(page_of(act, reset)).status_code == 404
    assert outcome(reset) == ""


def test_another_company_of_the_person_may_stop_it_but_not_agree(reset, ada):
    other = make.company("Other")
    make.member("employee", company=other, user=ada)
    desk = visitors.browser(make.member(company=other))
    assert "An administrator of another of their companies can agree." in text(desk.get(TEAM))

    assert desk.post(page_of("approve", reset)).status_code == 404
    assert desk.post(page_of("refuse", reset)).url == TEAM
    assert outcome(reset) == "refused"


def test_another_company_learns_neither_who_agreed_nor_of_which_company(reset, ada, bo):
    other = make.company("Other")
    make.member("employee", company=other, user=ada)
    di = make.member(company=other, user=make.user("di@elsewhere.example"))
    factor_resets.approve(reset=reset, approver=bo.user, **WHY)

    page = text(visitors.browser(di).get(TEAM))

    assert "An administrator of another of their companies agreed to a fresh start" in page
    assert not any(name in page for name in ("Bo Brook", "Harbour Works"))
    letter = Letter.objects.get(recipient="di@elsewhere.example")
    assert (letter.facts["approver"], letter.company) == ("an administrator of another of their companies", other)


def test_an_administrator_of_both_companies_is_told_as_one_of_that_which_was_asked(reset, ada, bo, company):
    other = make.company("Other")
    make.member("employee", company=other, user=ada)
    cy = make.user("cy@example.com")
    for one in (company, other):
        make.member(company=one, user=cy)
    factor_resets.approve(reset=reset, approver=bo.user, **WHY)

    letter = Letter.objects.get(recipient="cy@example.com")
    assert (letter.facts["approver"], letter.company) == ("Bo Brook", company)


@pytest.mark.parametrize("change", [{"revoked_at": AT}, {"role": "employee"}])
def test_who_does_not_administer_the_company_any_more_does_not_agree(reset, bo, change):
    Membership.objects.filter(pk=bo.pk).update(**change)

    with pytest.raises(FactorResetRefused, match="You do not administer"):
        factor_resets.approve(reset=reset, approver=bo.user, **WHY)

    reset.refresh_from_db()
    assert reset.approved_at is None


@pytest.mark.parametrize("change", [{"revoked_at": AT}, {"role": "employee"}])
def test_the_word_of_a_former_administrator_does_not_count(approved, ada, bo, change):
    Membership.objects.filter(pk=bo.pk).update(**change)

    schedules.follow_up_factor_resets(AT + DAY)

    assert outcome(approved) == "cancelled"
    assert has_factors(ada)


def test_the_word_of_an_administrator_whose_account_is_locked_does_not_count(approved, ada, bo):
    type(bo.user).objects.filter(pk=bo.user_id).update(locked_at=AT)

    schedules.follow_up_factor_resets(AT + DAY)

    assert outcome(approved) == "cancelled"
    assert has_factors(ada)


@pytest.mark.parametrize("closed", [{"locked_at": AT}, {"needs_fresh_start": True}])
def test_whose_account_is_locked_is_not_asked(ada, bo, closed):
    type(bo.user).objects.filter(pk=bo.user_id).update(**closed)

    lost_factors.ask(user=ada, **WHY)

    assert not FactorReset.objects.exists()
    assert SecurityEvent.objects.get().reason == lost_factors.NOBODY_TO_ASK


def test_an_administrator_refuses_also_after_another_agreed(approved, bo):
    assert "Stop the fresh start" in text(visitors.browser(bo).get(page_of("refuse", approved)))

    visitors.browser(bo).post(page_of("refuse", approved))

    assert outcome(approved) == "refused"
    assert ("factor_reset_refused", "ada@example.com") in letters()
    assert MailedLink.objects.get().used_at is not None
    assert due_resets(AT + 2 * DAY) == []


def test_who_decides_about_the_person_refuses_but_opens_no_closed_account(reset, ada, company):
    clerk = make.member(make.role(company, "team.view", "team.edit", *BUILT_IN["employee"]), company=company)
    type(ada).objects.filter(pk=ada.pk).update(needs_fresh_start=True)

    with pytest.raises(FactorResetRefused, match="only an administrator of the company that was asked opens it"):
        factor_resets.refuse(reset=reset, refuser=clerk, **WHY)

    ada.refresh_from_db()
    assert (outcome(reset), ada.needs_fresh_start) == ("", True)
    type(ada).objects.filter(pk=ada.pk).update(needs_fresh_start=False)
    factor_resets.refuse(reset=reset, refuser=clerk, **WHY)
    assert outcome(reset) == "refused"


@pytest.mark.parametrize(
    ("permissions", "fields", "reason"),
    [
        (["team.view", "team.edit"], {}, "may do more than you"),
        ([*Permission], {"restriction": "owner"}, "You see only some of the customers"),
    ],
)
def test_who_may_do_less_or_sees_only_some_customers_refuses_nothing(reset, company, permissions, fields, reason):
    clerk = make.member(make.role(company, *permissions), company=company, **fields)

    with pytest.raises(GrantRefused, match=reason):
        factor_resets.refuse(reset=reset, refuser=clerk, **WHY)

    assert outcome(reset) == ""


def test_another_company_stops_the_fresh_start_of_a_closed_account_but_does_not_open_it(approved, ada, bo):
    type(ada).objects.filter(pk=ada.pk).update(needs_fresh_start=True)
    make.member("employee", company=(other := make.company("Other")), user=ada)
    desk = visitors.browser(make.member(company=other))
    assert "The account stays closed" in text(desk.get(page_of("refuse", approved)))

    desk.post(page_of("refuse", approved))

    ada.refresh_from_db()
    assert (outcome(approved), ada.needs_fresh_start) == ("refused", True)
    assert FactorReset.objects.get(ended_at=None).approved_at is None
    assert ("factor_reset_needed", "bo@example.com") in letters()


def test_of_another_company_only_an_administrator_stops_it(approved, ada):
    other = make.company("Other")
    make.member("read_only", company=other, user=ada)
    clerk = make.member(make.role(other, *Permission), company=other)

    with pytest.raises(FactorResetRefused, match="Only an administrator of another of their companies"):
        factor_resets.refuse(reset=approved, refuser=clerk, **WHY)

    assert outcome(approved) == ""


def test_what_was_decided_is_not_decided_again(approved, bo):
    with pytest.raises(FactorResetRefused, match="decided or withdrawn"):
        factor_resets.approve(reset=approved, approver=bo.user, **WHY)
    factor_resets.refuse(reset=approved, refuser=bo, **WHY)
    with pytest.raises(FactorResetRefused, match="decided or withdrawn"):
        factor_resets.refuse(reset=approved, refuser=bo, **WHY)

    assert visitors.browser(bo).get(page_of("approve", approved)).status_code == 404


def test_nothing_happens_a_second_before_the_day_is_over(approved, ada):
    schedules.follow_up_factor_resets(AT + DAY - timedelta(seconds=1))
    with pytest.raises(FactorResetRefused):
        factor_resets.carry_out(reset=approved, by=make.BY, at=AT + DAY - timedelta(seconds=1))

    assert has_factors(ada)
    assert outcome(approved) == ""


def test_when_the_day_is_over_the_password_alone_signs_in(browser, approved, ada, clock):
    ada.passkeys = Passkey.objects.create(user=ada, name="Lost", credential_id=b"1", public_key=b"2", aaguid="")
    session = visitors.sign_in(visitors.Browser(), ada.memberships.get())
    clock.shift(DAY)

    assert schedules.run_due(timezone.now()) > 0

    assert not has_factors(ada)
    assert outcome(approved) == "done"
    assert not Session.objects.filter(pk=session.pk).exists()
    assert ("factor_reset_done", "ada@example.com") in letters()
    entry = SecurityEvent.objects.get(action="factor_reset.done")
    assert (entry.actor_type, entry.actor_label) == ("automation", "Follow-up of lost factors")
    give_password(browser)
    assert is_inside(browser)


def test_after_a_fresh_start_the_policy_asks_for_a_factor_at_once(browser, approved, ada, clock):
    Company.objects.update(second_factor="required", policy_since=AT - timedelta(days=90))
    ada.memberships.update(created_at=AT - timedelta(days=90))
    clock.shift(DAY)
    schedules.follow_up_factor_resets(timezone.now())

    give_password(browser)

    assert browser.get("/").url.startswith("/settings/security/set-up/")


def test_the_link_in_the_letter_stops_it(browser, approved, ada):
    link = hold_the_link(approved)
    assert "Keep your second factor?" in text(browser.get(link))
    assert outcome(approved) == ""

    assert "Your second factor stays" in text(browser.post(link))

    assert outcome(approved) == "cancelled"
    assert actions()[-1] == "factor_reset.cancelled"
    assert browser.get(link).status_code == 404
    schedules.follow_up_factor_resets(AT + 2 * DAY)
    assert has_factors(ada)


def test_the_link_works_until_the_worker_has_come_and_does_nothing_afterwards(browser, approved, ada, clock):
    link = hold_the_link(approved)
    clock.shift(DAY + timedelta(minutes=1))
    assert browser.get(link).status_code == 200

    schedules.follow_up_factor_resets(timezone.now())

    assert browser.get(link).status_code == browser.post(link).status_code == 404
    assert outcome(approved) == "done"


def test_a_link_pressed_while_it_is_being_carried_out_says_that_it_is_over(browser, approved):
    link = hold_the_link(approved)
    FactorReset.objects.update(ended_at=AT, outcome="done")

    assert browser.post(link).status_code == 404
    assert outcome(approved) == "done"


def test_signing_in_with_a_factor_stops_it(browser, approved, ada, clock):
    clock.shift(timedelta(hours=23))

    sign_in(browser, make.code(ada.totp_devices.get()))

    assert is_inside(browser)
    assert outcome(approved) == "cancelled"
    assert "factor_reset.cancelled" in actions()
    assert MailedLink.objects.get(subject_id=approved.pk).used_at is not None


def test_a_password_without_the_factor_stops_nothing(browser, approved):
    give_password(browser)
    give_code(browser, "000000")

    assert outcome(approved) == ""


def test_who_left_the_company_that_agreed_does_not_start_afresh(approved, ada):
    ada.memberships.update(revoked_at=AT)

    schedules.follow_up_factor_resets(AT + DAY)

    assert outcome(approved) == "cancelled"
    assert has_factors(ada)


def test_a_locked_account_does_not_start_afresh(approved, ada):
    ada.locked_at = AT
    ada.save()

    schedules.follow_up_factor_resets(AT + DAY)

    assert outcome(approved) == "cancelled"
    assert has_factors(ada)


def test_what_nobody_decided_about_lapses_after_a_week(reset, ada):
    week = timedelta(days=7)
    schedules.follow_up_factor_resets(AT + week - timedelta(seconds=1))
    assert outcome(reset) == ""

    schedules.follow_up_factor_resets(AT + week)

    assert outcome(reset) == "cancelled"
    assert actions() == ["factor_reset.cancelled"]
    assert has_factors(ada)


def test_one_that_fails_does_not_hold_up_the_others(approved, ada, bo, company, monkeypatch, caplog):
    other = make.member("employee", company=company).user
    make.authenticator(other)
    FactorReset.objects.create(
        user=other, company=company, asked_at=AT, approved_by=bo.user, approved_at=AT, due_at=AT + DAY
    )
    carry_out = factor_resets.carry_out

    def failing(*, reset, **options):
        assert reset.user != ada, "broken"
        carry_out(reset=reset, **options)

    monkeypatch.setattr(factor_resets, "carry_out", failing)
    schedules.follow_up_factor_resets(AT + DAY)

    assert (has_factors(ada), has_factors(other)) == (True, False)
    assert "could not be followed up" in caplog.text


def test_the_command_starts_afresh_at_once_and_says_so_by_letter(ada, reset):
    out = StringIO()

    call_command("reset_second_factor", "ADA@example.com", "--yes", stdout=out)

    assert not has_factors(ada)
    assert outcome(reset) == "done"
    assert letters() == [("factor_reset_done", "ada@example.com")]
    assert "Ada Lovelace starts afresh" in out.getvalue()
    entry = SecurityEvent.objects.get(action="factor_reset.done")
    assert (entry.actor_type, entry.actor_label) == ("operator", "reset_second_factor")


@pytest.mark.parametrize(
    ("email", "typed", "sentence"),
    [
        ("nobody@example.com", "yes", "Nobody signs in with nobody@example.com"),
        ("ada@example.com", "y", "Nothing was changed"),
        ("ada@example.com", None, "There is nobody to ask whether this is meant"),
    ],
)
def test_the_command_asks_first(ada, monkeypatch, email, typed, sentence):
    monkeypatch.setattr("sys.stdin.isatty", lambda: typed is not None)
    monkeypatch.setattr("builtins.input", lambda question: typed)

    with pytest.raises(CommandError, match=sentence):
        call_command("reset_second_factor", email, stdout=StringIO())

    assert has_factors(ada)


CHANGES = {
    "ask": lambda at: lost_factors.ask(user=at["other"], **WHY),
    "approve": lambda at: factor_resets.approve(reset=at["reset"], approver=at["bo"].user, **WHY),
    "refuse": lambda at: factor_resets.refuse(reset=at["reset"], refuser=at["bo"], **WHY),
    "sign in": lambda at: factor_resets.end_by_signing_in(user=at["reset"].user, **WHY),
    "now": lambda at: factor_resets.carry_out_now(user=at["reset"].user, **WHY),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_changes_without_its_entry(reset, bo, company, monkeypatch, change):
    other = make.member("employee", company=company).user
    before = list(FactorReset.objects.values()), Letter.objects.count(), has_factors(reset.user)
    monkeypatch.setattr(log, "record", lambda *args, **details: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        change({"reset": reset, "bo": bo, "other": other})

    assert (list(FactorReset.objects.values()), Letter.objects.count(), has_factors(reset.user)) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_who_agree_at_once_one_does(reset, bo, company):
    def agree():
        mine = FactorReset.objects.select_related("user", "company").get(pk=reset.pk)
        factor_resets.approve(reset=mine, approver=bo.user, **WHY)

    outcomes = together(company, [agree] * 4)

    assert sorted(type(one).__name__ for one in outcomes) == ["FactorResetRefused"] * 3 + ["NoneType"]
    assert actions() == ["factor_reset.approved"]
    assert MailedLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stop", ["link", "sign in", "refuse"])
def test_stopping_it_at_the_very_moment_it_is_due_leaves_one_outcome(approved, ada, bo, company, stop):
    hold_the_link(approved)
    due = AT + DAY

    def carry_out():
        factor_resets.carry_out(reset=due_resets(due)[0], by=make.BY, at=due)

    def stopping():
        if stop == "link":
            link = mailed_links.live(TOKEN, MailedLink.Purpose.CANCEL_FACTOR_RESET, due)
            factor_resets.cancel(link=link, by=make.BY, at=due)
        elif stop == "sign in":
            factor_resets.end_by_signing_in(user=ada, by=make.BY, at=due)
        else:
            factor_resets.refuse(reset=approved, refuser=bo, by=make.BY, at=due)

    outcomes = together(company, [carry_out, stopping, carry_out])

    assert all(one is None or isinstance(one, (AccountsError, IndexError)) for one in outcomes)
    decided = [action for action in actions() if action != "factor_reset.approved"]
    assert len([action for action in decided if action.startswith("factor_reset.")]) == 1
    assert has_factors(ada) == (outcome(approved) != "done")
    assert ("factor_reset.done" in decided) == (outcome(approved) == "done")
