"""The link "this was not me": whoever is in the account is out, nobody gets in, and the owner gets it back."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.actions import email_changes, factor_resets, locking, mailed_links, notices, recovery_codes, tries
from accounts.errors import TooManyTries
from accounts.models import (
    Company,
    EmailChange,
    FactorReset,
    KnownDevice,
    MailedLink,
    Membership,
    RecoveryCode,
    Session,
    User,
)
from accounts.queries.factors import kinds_of, recovery_codes_left
from audit.actors import Actor
from audit.models import SecurityEvent
from invoiced import schedules
from tests import make, visitors
from tests.accounts.letter_box import delivered, path, text
from tests.accounts.signing_in import give_code, give_password, is_inside, use_passkey
from tests.accounts.signing_in import text as words
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
NEW_PASSWORD = "nine patient herons by the weir"
BY = Actor.operator("tests")
Purpose = MailedLink.Purpose


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def membership(company):
    return visitors.member(company, name="Ada")


@pytest.fixture
def user(membership):
    return membership.user


@pytest.fixture
def page(user):
    """The page of a "this was not me" link, as it was mailed."""
    return told(user)


def told(user, kind="password_changed", at=AT, **options):
    notices.tell(kind, user=user, by=BY, at=at, **options)
    return path(delivered()[-1])


def choose_password(user):
    """What whoever reads the mailbox can do, the person or a thief."""
    browser = Browser()
    browser.post(reverse("accounts:forgot_password"), {"email": user.email})
    [letter] = [one for one in delivered() if "/sign-in/reset/" in text(one)]
    return browser.post(path(letter), {"new": NEW_PASSWORD})


def gets_in(user):
    """Whether the new password alone signs in."""
    browser = Browser()
    give_password(browser, user.email, NEW_PASSWORD)
    return is_inside(browser)


def enters_with(device):
    """Whether a passkey signs in."""
    browser = Browser()
    use_passkey(browser, device)
    return is_inside(browser)


def needs_fresh_start(user):
    return User.objects.get(pk=user.pk).needs_fresh_start


def change_email(user, to, at):
    """Both addresses agree to a change."""
    user.refresh_from_db()
    email_changes.start(user=user, new_email=to, by=BY, at=at)
    delivered()
    for purpose in (Purpose.OLD_EMAIL, Purpose.NEW_EMAIL):
        link = MailedLink.objects.get(purpose=purpose, used_at__isnull=True, user=user)
        email_changes.agree(link=link, by=BY, at=at)
    user.refresh_from_db()


def test_the_page_says_what_will_happen(page):
    shown = Browser().get(page).content.decode()
    assert "All sessions end, on every device, yours too." in shown
    assert "ada@ledger.example" not in shown


def test_pressing_ends_every_session_and_locks(page, user, membership):
    browsers = [visitors.browser(membership) for _ in range(2)]
    assert [one.get(reverse("accounts:security")).status_code for one in browsers] == [200, 200]
    answer = Browser().post(page)
    assert answer.status_code == 200
    assert reverse("accounts:forgot_password") in answer.content.decode()
    assert not Session.objects.filter(user=user).exists()
    assert [one.get(reverse("accounts:security")).status_code for one in browsers] == [302, 302]
    user.refresh_from_db()
    assert (user.locked_at, user.session_epoch) == (AT, 1)


def test_pressed_in_a_browser_where_the_person_is_signed_in_it_signs_them_out_too(page, membership):
    browser = visitors.browser(membership)
    assert browser.post(page).status_code == 200
    assert browser.get(reverse("accounts:security")).status_code == 302


def test_it_stops_what_is_under_way_and_forgets_the_browsers(page, user, company):
    email_changes.start(user=user, new_email="thief@evil.example", by=BY, at=AT)
    FactorReset.objects.create(user=user, company=company, asked_at=AT)
    KnownDevice.objects.create(user=user, token_hash="x", first_seen_at=AT, last_seen_at=AT)
    mailed_links.create(Purpose.RESET_PASSWORD, user=user, at=AT - DAY, lasts=2 * DAY)
    Browser().post(page)
    assert EmailChange.objects.get().ended_at == AT
    assert (FactorReset.objects.get().ended_at, FactorReset.objects.get().outcome) == (AT, "cancelled")
    assert not KnownDevice.objects.exists()
    assert not MailedLink.objects.filter(user=user, used_at__isnull=True).exists()


def test_it_leaves_one_entry_and_a_letter(page, user):
    Browser().post(page)
    entry = SecurityEvent.objects.get(action="account.locked")
    assert (entry.object_label, entry.actor_label, entry.company_id) == (
        "Ada",
        "Somebody not signed in",
        user.memberships.get().company_id,
    )
    [letter] = delivered()
    assert (letter["Subject"], letter["To"]) == ("Your account is locked", "ada@ledger.example")
    assert f"https://testserver{reverse('accounts:forgot_password')}" in text(letter)


def test_no_change_without_its_entry(page, user, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no log")

    monkeypatch.setattr(locking.log, "record", broken)
    with pytest.raises(RuntimeError, match="no log"):
        Browser().post(page)
    user.refresh_from_db()
    assert (user.locked_at, MailedLink.objects.get().used_at) == (None, None)


def test_it_works_for_seven_days_and_once(page, clock):
    clock.move_to(AT + 7 * DAY - datetime.timedelta(seconds=1))
    assert [Browser().post(page).status_code for _ in range(2)] == [200, 404]


def test_after_seven_days_it_does_nothing(page, user, clock):
    clock.move_to(AT + 7 * DAY)
    assert Browser().post(page).status_code == 404
    user.refresh_from_db()
    assert user.locked_at is None


def test_the_account_gets_back_the_address_it_had(user):
    change_email(user, "thief@evil.example", AT + DAY / 24)
    [page] = [path(letter) for letter in delivered() if letter["To"] == "ada@ledger.example"]
    assert "Its address is ada@ledger.example again, unless" in Browser().get(page).content.decode()
    Browser().post(page)
    user.refresh_from_db()
    assert user.email == "ada@ledger.example"
    assert delivered()[-1]["To"] == "ada@ledger.example"
    entry = SecurityEvent.objects.get(action="user.email_restored")
    assert entry.changes == {"email": ["thief@evil.example", "ada@ledger.example"]}


def test_changing_the_address_twice_does_not_keep_it_from_its_owner(user):
    change_email(user, "thief@evil.example", AT)
    [mine] = [letter for letter in delivered() if letter["To"] == "ada@ledger.example"]
    change_email(user, "second@evil.example", AT + DAY / 24)
    Browser().post(path(mine))
    user.refresh_from_db()
    assert user.email == "ada@ledger.example"


def test_a_thief_who_presses_first_cannot_take_the_owners_link_away(user):
    """The letter about the second change goes to the thief. Its link counts for less than the owner's earlier one."""
    change_email(user, "thief@evil.example", AT)
    [owners] = [letter for letter in delivered() if letter["To"] == "ada@ledger.example"]
    change_email(user, "second@evil.example", AT + DAY / 24)
    [thiefs] = [letter for letter in delivered() if letter["Subject"] == "Your address was changed"]
    assert Browser().post(path(thiefs)).status_code == 200
    assert Browser().post(path(owners)).status_code == 200
    user.refresh_from_db()
    assert user.email == "ada@ledger.example"


def test_after_the_owner_has_pressed_the_thiefs_link_does_nothing(user):
    change_email(user, "thief@evil.example", AT)
    [owners] = [letter for letter in delivered() if letter["To"] == "ada@ledger.example"]
    change_email(user, "second@evil.example", AT + DAY / 24)
    [thiefs] = [letter for letter in delivered() if letter["Subject"] == "Your address was changed"]
    Browser().post(path(owners))
    assert Browser().post(path(thiefs)).status_code == 404


def test_an_older_letter_restores_no_address_and_does_nothing_after_a_change(user):
    page = told(user)
    change_email(user, "safe@ledger.example", AT + DAY)
    delivered()
    assert Browser().post(page).status_code == 404
    user.refresh_from_db()
    assert (user.email, user.locked_at) == ("safe@ledger.example", None)


def test_another_letter_than_that_of_the_change_leaves_the_address_as_it_is(user):
    change_email(user, "safe@ledger.example", AT)
    delivered()
    page = told(user)
    assert "Its address" not in Browser().get(page).content.decode()
    Browser().post(page)
    user.refresh_from_db()
    assert (user.email, user.locked_at) == ("safe@ledger.example", AT)


def test_a_reset_by_mail_ends_the_links_of_before_but_that_of_a_change_of_address(user):
    change_email(user, "thief@evil.example", AT)
    [owners] = [path(letter) for letter in delivered() if letter["To"] == "ada@ledger.example"]
    page = told(user)
    choose_password(user)
    assert Browser().post(page).status_code == 404
    assert Browser().post(owners).status_code == 200
    user.refresh_from_db()
    assert user.email == "ada@ledger.example"


def test_an_address_that_another_account_has_by_now_is_not_taken_from_it(user):
    change_email(user, "new@ledger.example", AT)
    [page] = [path(letter) for letter in delivered() if letter["To"] == "ada@ledger.example"]
    User.objects.create_user("ada@ledger.example", name="Another Ada", at=AT)
    assert Browser().post(page).status_code == 200
    user.refresh_from_db()
    assert (user.email, user.locked_at) == ("new@ledger.example", AT)
    assert user.needs_fresh_start


def test_an_earlier_change_of_the_owner_is_not_undone(user):
    change_email(user, "new@ledger.example", AT - DAY)
    delivered()
    page = told(user)
    Browser().post(page)
    user.refresh_from_db()
    assert user.email == "new@ledger.example"


def test_a_factor_added_since_the_letter_is_removed_if_an_earlier_one_remains(user, clock):
    make.authenticator(user)
    clock.move_to(AT + DAY)
    page = told(user, "new_device", at=AT + DAY)
    clock.move_to(AT + DAY + MINUTE)
    make.passkey(user, "Thief")
    recovery_codes.renew(user=user, at=AT + DAY + MINUTE)
    Browser().post(page)
    assert kinds_of(user) == (True, False)
    assert not RecoveryCode.objects.filter(user=user).exists()
    assert not needs_fresh_start(user)
    entry = SecurityEvent.objects.get(action="factor.removed")
    assert entry.data["factor"] == "the passkey “Thief”"


def test_an_app_whose_set_up_the_letter_tells_of_counts_as_added_since(user, clock):
    """An app is made when its set-up begins, the letter when it ends."""
    make.passkey(user)
    clock.move_to(AT + DAY)
    make.authenticator(user)
    clock.move_to(AT + DAY + 10 * MINUTE)
    page = told(user, "factor_added", at=timezone.now(), facts={"factor": "the authenticator app"})
    Browser().post(page)
    assert kinds_of(user) == (False, True)


def test_whoever_reads_the_mailbox_does_not_get_round_the_only_factor(user, company, clock):
    Company.objects.update(second_factor="required", policy_since=AT - DAY, grace_days=0)
    visitors.member(company, name="Bo")
    page = told(user, "new_device")
    device = make.passkey(user)
    clock.shift(DAY)
    thief = Browser()
    assert thief.post(page).status_code == 200
    assert "The account stays closed" in words(choose_password(user))
    assert not gets_in(user)
    browser = Browser()
    browser.post(reverse("accounts:lost_factor"))
    assert kinds_of(user) == (False, True)
    assert needs_fresh_start(user)
    assert not enters_with(device)


def test_an_intruders_passkey_opens_nothing_before_the_fresh_start_and_nothing_after_it(user, company, clock):
    bo = visitors.member(company, name="Bo")
    page = told(user, "new_device")
    clock.shift(MINUTE)
    device = make.passkey(user, "Thief")
    Browser().post(page)
    [asked] = [letter for letter in delivered() if letter["To"] == bo.user.email]
    assert asked["Subject"] == "The account of a colleague is closed"
    choose_password(user)
    assert not enters_with(device)
    assert "The account of Ada is closed" in words(visitors.browser(bo).get(reverse("accounts:team")))

    reset = FactorReset.objects.get()
    factor_resets.approve(reset=reset, approver=bo.user, by=BY, at=timezone.now())
    assert not enters_with(device)
    assert not gets_in(user)
    clock.shift(DAY)
    schedules.follow_up_factor_resets(timezone.now())

    assert not needs_fresh_start(user)
    assert not enters_with(device)
    assert gets_in(user)


def test_both_factors_open_nothing_before_the_fresh_start(user):
    app = make.authenticator(user)
    Browser().post(told(user))
    delivered()
    choose_password(user)
    browser = Browser()
    give_password(browser, user.email, NEW_PASSWORD)
    give_code(browser, make.code(app))
    assert not is_inside(browser)


def test_a_fresh_start_before_the_new_password_leaves_the_account_locked_until_then(user, company, clock):
    bo = visitors.member(company, name="Bo")
    make.passkey(user, "Thief")
    Browser().post(told(user))
    reset = FactorReset.objects.get()
    factor_resets.approve(reset=reset, approver=bo.user, by=BY, at=timezone.now())
    clock.shift(DAY)
    schedules.follow_up_factor_resets(timezone.now())
    user.refresh_from_db()
    assert (kinds_of(user), user.needs_fresh_start, user.locked_at) == ((False, False), False, AT)
    delivered()
    choose_password(user)
    assert gets_in(user)


def test_a_refusal_declares_the_factors_right(user, company):
    bo = visitors.member(company, name="Bo")
    device = make.passkey(user)
    Browser().post(told(user))
    delivered()
    choose_password(user)
    desk, reset = visitors.browser(bo), FactorReset.objects.get()
    refusal = reverse("accounts:factor_reset_refuse", args=[reset.pk])
    assert "The account opens with them" in words(desk.get(refusal))
    desk.post(refusal)
    assert not needs_fresh_start(user)
    assert enters_with(device)
    assert not gets_in(user)


def test_the_link_that_keeps_the_factors_declares_them_right_too(user, company):
    bo = visitors.member(company, name="Bo")
    make.passkey(user)
    Browser().post(told(user))
    delivered()
    factor_resets.approve(reset=FactorReset.objects.get(), approver=bo.user, by=BY, at=AT)
    [letter] = [one for one in delivered() if one["To"] == user.email]
    Browser().post(path(letter))
    assert not needs_fresh_start(user)


def test_a_request_that_lapses_opens_nothing_and_a_new_password_asks_again(user, company, clock):
    visitors.member(company, name="Bo")
    make.passkey(user)
    Browser().post(told(user))
    delivered()
    clock.shift(7 * DAY)
    schedules.follow_up_factor_resets(timezone.now())
    assert needs_fresh_start(user)
    choose_password(user)
    assert FactorReset.objects.filter(ended_at__isnull=True).count() == 1
    assert "The account of a colleague is closed" in [letter["Subject"] for letter in delivered()]
    assert not gets_in(user)


def test_when_the_one_who_agreed_has_left_another_is_asked(user, company, clock):
    bo, cy = visitors.member(company, name="Bo"), visitors.member(company, name="Cy")
    make.passkey(user)
    Browser().post(told(user))
    factor_resets.approve(reset=FactorReset.objects.get(), approver=bo.user, by=BY, at=AT)
    Membership.objects.filter(pk=bo.pk).update(revoked_at=AT)
    delivered()
    clock.shift(DAY)
    schedules.follow_up_factor_resets(timezone.now())
    assert (kinds_of(user), needs_fresh_start(user)) == ((False, True), True)
    assert FactorReset.objects.get(ended_at__isnull=True).approved_at is None
    assert [letter["To"] for letter in delivered()] == [cy.user.email]


def test_an_only_administrator_is_told_of_the_command_and_helped_by_it(user):
    device = make.passkey(user, "Thief")
    answer = Browser().post(told(user))
    assert "manage.py reset_second_factor" in words(answer)
    [letter] = delivered()
    assert "manage.py reset_second_factor" in text(letter)
    assert not FactorReset.objects.exists()
    assert "manage.py reset_second_factor" in words(choose_password(user))
    call_command("reset_second_factor", user.email, "--yes")
    assert not enters_with(device)
    assert gets_in(user)


def test_the_factors_that_remain_are_listed_with_their_day(user, clock):
    make.passkey(user, "Laptop")
    clock.move_to(AT + DAY)
    page = told(user, at=AT + DAY)
    make.passkey(user, "Thief")
    answer = words(Browser().post(page))
    [letter] = delivered()
    for shown in (answer, text(letter)):
        assert "the passkey “Laptop”, added on 16 Mar 2026" in shown.replace("The", "the")
        assert "Thief" not in shown
        assert "If one is not yours, do not choose a new password yet" in shown


def test_recovery_codes_made_before_the_letter_stay(user, clock):
    make.authenticator(user)
    recovery_codes.renew(user=user, at=AT)
    clock.move_to(AT + DAY)
    page = told(user, "new_device", at=AT + DAY)
    Browser().post(page)
    assert (kinds_of(user), recovery_codes_left(user)) == ((True, False), 10)


def test_unlocking_gives_all_tries_back_and_says_so_in_the_log(user):
    source = [tries.ACCOUNT_AND_SOURCE.of(user.email, "203.0.113.7", account=user.email)]
    for _ in range(10):
        tries.take(source, user=user, by=BY, at=AT)
    with pytest.raises(TooManyTries):
        tries.take(source, user=user, by=BY, at=AT)
    [letter] = delivered()
    assert letter["Subject"] == "Too many tries to sign in to your account"
    assert Browser().get(path(letter)).status_code == 200
    with pytest.raises(TooManyTries):
        tries.take(source, user=user, by=BY, at=AT)
    assert [Browser().post(path(letter)).status_code for _ in range(2)] == [200, 404]
    tries.take(source, user=user, by=BY, at=AT)
    assert SecurityEvent.objects.filter(action="wait.lifted", object_label="Ada").count() == 1
