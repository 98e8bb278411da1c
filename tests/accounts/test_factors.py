"""Authenticator apps: setting up, renaming, removing, and that nobody adds one to a person who has a factor."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.urls import reverse

from accounts.actions import factors, recovery_codes
from accounts.errors import FactorGone, NameTaken, TooManyFactors
from accounts.models import Company, Letter, Passkey, RecoveryCode, Session, TotpDevice
from accounts.models.session import Proof
from accounts.queries.factors import factors_of, has_second_factor, kinds_of
from audit import log
from audit.models import SecurityEvent
from invoiced import schedules
from tests import make, visitors

pytestmark = pytest.mark.django_db

OVERVIEW = "/settings/security/"
START = "/settings/security/authenticator/"
CONFIRM = "/settings/security/authenticator/confirm/"
QR = "/settings/security/authenticator/code.svg"
NEW_CODES = "/settings/security/recovery-codes/"
AT = datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)
WHY = {"by": make.BY, "at": AT}
ASKED_AGAIN = "Confirm that it is you"


@pytest.fixture
def clock():
    with time_machine.travel(AT) as clock:
        yield clock


@pytest.fixture
def membership(clock):
    return make.member(user=make.user("ada@example.com"))


@pytest.fixture
def ada(membership):
    return membership.user


@pytest.fixture
def desk(membership):
    """Ada's browser, in which she signed in just now with all she has."""
    return visitors.browser(membership)


@pytest.fixture
def device(ada):
    return make.authenticator(ada)


def start(browser, name="Phone"):
    assert browser.post(START, {"name": name}).url == CONFIRM
    return TotpDevice.objects.get(confirmed=False)


def confirm(browser, device):
    return browser.post(CONFIRM, {"code": make.code(device)})


def page_of(act, device):
    return reverse(f"accounts:security_authenticator_{act}", args=[device.pk])


def text(response):
    return response.content.decode()


def is_inside(browser):
    return browser.get(OVERVIEW).status_code == 200


def actions():
    return list(SecurityEvent.objects.order_by("at", "id").values_list("action", flat=True))


def letters():
    return [(letter.kind, letter.facts.get("factor")) for letter in Letter.objects.order_by("queued_at", "id")]


def test_the_first_app_brings_recovery_codes_once_and_ends_the_other_sessions(membership, ada, desk):
    elsewhere = visitors.browser(membership)
    device = start(desk)
    key = desk.session.session_key
    page = text(desk.get(CONFIRM))
    assert f'src="{QR}"' in page
    assert " ".join(device.seed[at : at + 4] for at in range(0, 32, 4)) in page

    response = confirm(desk, device)

    codes = response.context["codes"]
    assert [app.name for app in factors_of(ada)] == ["Phone"]
    assert len(codes) == RecoveryCode.objects.filter(user=ada).count() == 10
    assert all(code in text(response) for code in codes)
    assert not any(code in text(desk.get(OVERVIEW)) for code in codes)
    assert (is_inside(desk), is_inside(elsewhere)) == (True, False)
    assert desk.session.session_key != key
    assert Proof.APP in Session.objects.get(user=ada).proofs
    assert actions() == ["factor.started", "sessions.others_ended", "factor.enrolled"]
    assert letters() == [("factor_added", "the authenticator app “Phone”")]


def test_a_second_app_brings_no_new_codes_and_ends_no_session(membership, ada, device):
    recovery_codes.renew(user=ada, at=AT)
    desk, elsewhere = visitors.browser(membership), visitors.browser(membership)

    assert confirm(desk, start(desk, "Tablet")).url == OVERVIEW

    assert [app.name for app in factors_of(ada)] == ["Authenticator app", "Tablet"]
    assert RecoveryCode.objects.count() == 10
    assert is_inside(elsewhere)


def test_the_code_of_the_set_up_is_used_up_with_it(desk, ada, clock):
    device = start(desk)
    confirm(desk, device)
    code = make.code(device)
    clock.shift(timedelta(minutes=6))
    device.last_step = -1

    with time_machine.travel(AT, tick=False):
        assert not TotpDevice.objects.get().verify_token(code)
    assert TotpDevice.objects.get().verify_token(make.code(device))


def test_an_app_that_is_not_confirmed_counts_for_nothing(desk, ada):
    start(desk)

    assert not has_second_factor(ada)
    assert is_inside(desk)


def test_each_set_up_has_a_new_seed_and_a_wrong_code_confirms_nothing(desk):
    first = start(desk).seed
    second = start(desk)

    assert second.seed != first
    assert desk.post(CONFIRM, {"code": "000000"}).status_code == 200
    assert not TotpDevice.objects.filter(confirmed=True).exists()
    assert not RecoveryCode.objects.exists()
    assert actions()[-1] == "factor.failed"


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} "])
def test_a_code_may_be_typed_with_spaces(desk, typed):
    code = make.code(start(desk))

    response = desk.post(CONFIRM, {"code": typed.format(code[:3], code[3:])})

    assert len(response.context["codes"]) == 10


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "1" * 5000, "\x00"])
def test_what_is_no_code_confirms_nothing_and_breaks_nothing(desk, typed):
    start(desk)

    assert desk.post(CONFIRM, {"code": typed}).status_code == 200
    assert not TotpDevice.objects.filter(confirmed=True).exists()


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_a_step_off(desk, steps, is_right):
    device = start(desk)

    desk.post(CONFIRM, {"code": make.code(device, steps=steps)})

    assert TotpDevice.objects.filter(confirmed=True).exists() == is_right


def test_guesses_at_the_code_of_a_set_up_run_out(desk):
    device = start(desk)
    for _ in range(10):
        assert "This code is wrong" in text(desk.post(CONFIRM, {"code": "000000"}))

    assert "Too many tries" in text(confirm(desk, device))
    assert not TotpDevice.objects.filter(confirmed=True).exists()


def test_nobody_posts_a_set_up_while_a_factor_exists_without_showing_it(membership, ada, desk, clock):
    """The stock wizard checks this on GET alone, so a session from before the first factor enrols a second one."""
    pending = start(desk)
    Session.objects.filter(user=ada).update(proofs={Proof.PASSWORD: AT.isoformat(), Proof.APP: "2026-03-12T11:00Z"})
    mine = make.authenticator(ada)

    for response in (desk.post(START, {"name": "Evil"}), confirm(desk, pending)):
        assert ASKED_AGAIN in text(response)
    assert factors_of(ada) == [mine]
    assert TotpDevice.objects.get(confirmed=False) == pending


def test_a_session_that_never_showed_the_factor_is_no_session(desk, device):
    assert desk.post(START, {"name": "Evil"}).url.startswith("/sign-in/")
    assert desk.get(CONFIRM).url.startswith("/sign-in/")


@pytest.mark.parametrize("act", ["rename", "remove"])
def test_an_app_is_changed_only_with_a_fresh_factor(membership, device, clock, act):
    desk = visitors.browser(membership)
    clock.shift(timedelta(minutes=5, seconds=1))

    response = desk.post(page_of(act, device), {"name": "Evil"})

    assert ASKED_AGAIN in text(response)
    assert TotpDevice.objects.get().name == "Authenticator app"


def test_starting_without_any_factor_asks_for_the_password_again(desk, clock):
    clock.shift(timedelta(minutes=5, seconds=1))
    assert ASKED_AGAIN in text(desk.post(START, {"name": "Phone"}))
    assert not TotpDevice.objects.exists()

    desk.post(START, {"name": "Phone", "confirm-password": make.PASSWORD, "confirm-interrupted": "POST"})

    assert TotpDevice.objects.get().name == "Phone"


def test_the_seed_is_nowhere_in_the_session(desk):
    device = start(desk)
    desk.get(CONFIRM)

    assert device.seed not in str(desk.session.items())
    assert device.seed not in str(list(Session.objects.values()))


def test_a_set_up_is_for_the_session_that_began_it_and_for_a_quarter_of_an_hour(membership, desk, clock):
    elsewhere = visitors.browser(membership)
    device = start(desk)
    assert elsewhere.get(CONFIRM).url == confirm(elsewhere, device).url == START
    assert elsewhere.get(QR).status_code == 404
    assert not TotpDevice.objects.get().confirmed

    for minutes in (7, 8):
        assert desk.get(QR).status_code == 200
        clock.shift(timedelta(minutes=minutes))
    clock.shift(timedelta(seconds=1))
    assert desk.get(QR).status_code == 404


def test_the_qr_code_is_an_inert_picture(desk):
    assert desk.get(QR).status_code == 404
    start(desk)

    response = desk.get(QR)

    assert (response["Content-Type"], response["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert text(response).startswith("<svg")
    assert not any(word in text(response) for word in ("<script", "style=", "href"))


def test_a_set_up_that_nobody_finished_leaves_nothing(desk, device, clock):
    make.authenticator(make.user())
    visitors.sign_in(desk, device.user.memberships.get())
    start(desk, "Tablet")

    schedules.clear_out(AT + timedelta(minutes=59))
    assert TotpDevice.objects.filter(confirmed=False).exists()
    schedules.clear_out(AT + timedelta(minutes=61))

    assert TotpDevice.objects.filter(confirmed=False).count() == 0
    assert TotpDevice.objects.filter(confirmed=True).count() == 2


def test_a_set_up_begun_elsewhere_replaces_the_first(membership, desk):
    first = start(desk)
    start(visitors.browser(membership))

    assert confirm(desk, first).url == START
    assert not TotpDevice.objects.filter(confirmed=True).exists()


def test_there_are_at_most_ten_apps_and_each_has_its_own_name(ada):
    for number in range(10):
        TotpDevice.objects.create(user=ada, name=f"App {number}", confirmed=True)
    with pytest.raises(NameTaken, match="You already have an app called “app 3”"):
        factors.start(user=ada, name="app 3", **WHY)
    with pytest.raises(TooManyFactors, match="You have 10 authenticator apps"):
        factors.start(user=ada, name="One more", **WHY)


def test_an_app_is_renamed(membership, device):
    desk = visitors.browser(membership)

    assert desk.post(page_of("rename", device), {"name": "Old phone"}).url == OVERVIEW

    assert TotpDevice.objects.get().name == "Old phone"
    entry = SecurityEvent.objects.get()
    assert str(entry) == "Ada Lovelace renamed the authenticator app “Authenticator app” of Ada Lovelace to “Old phone”"


@pytest.mark.parametrize("act", ["rename", "remove"])
def test_another_persons_app_is_not_there(desk, act):
    theirs = make.authenticator(make.user("bo@example.com"))
    unfinished = start(desk)

    for device in (theirs, unfinished):
        assert desk.get(page_of(act, device)).status_code == 404
        assert desk.post(page_of(act, device), {"name": "Mine"}).status_code == 404
    assert TotpDevice.objects.filter(name="Authenticator app").exists()


def test_removing_the_last_factor_takes_the_recovery_codes_and_the_other_sessions(membership, ada, device):
    recovery_codes.renew(user=ada, at=AT)
    desk, elsewhere = visitors.browser(membership), visitors.browser(membership)
    assert "your password alone will sign you in" in text(desk.get(page_of("remove", device)))

    assert desk.post(page_of("remove", device)).url == OVERVIEW

    assert not factors_of(ada)
    assert not RecoveryCode.objects.exists()
    assert (is_inside(desk), is_inside(elsewhere)) == (True, False)
    assert list(Session.objects.get(user=ada).proofs) == [Proof.PASSWORD]
    assert actions() == ["sessions.others_ended", "factor.removed"]
    assert letters() == [("factor_removed", "the authenticator app “Authenticator app”")]


def test_an_app_removed_twice_is_noted_once(membership, ada, device):
    make.passkey(ada)
    session = visitors.sign_in(visitors.Browser(), membership)
    factors.remove(user=ada, device=device, keep=session, **WHY)
    with pytest.raises(FactorGone, match="removed already"):
        factors.remove(user=ada, device=device, keep=session, **WHY)
    assert actions() == ["factor.removed"]


def test_removing_one_of_two_keeps_the_codes(membership, ada, device):
    recovery_codes.renew(user=ada, at=AT)
    other = TotpDevice.objects.create(user=ada, name="Tablet", confirmed=True)
    desk = visitors.browser(membership)

    desk.post(page_of("remove", device))

    assert factors_of(ada) == [other]
    assert RecoveryCode.objects.count() == 10
    assert is_inside(desk)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"second_factor": "required"}, "Harbour Works demands a second factor. Set up another one before you remove"),
        ({"passkey_for_administrators": True}, "Harbour Works demands a passkey of administrators."),
    ],
)
def test_the_last_factor_a_company_demands_stays(membership, ada, device, rules, sentence):
    Company.objects.update(**rules)
    desk = visitors.browser(membership)

    assert sentence in text(desk.post(page_of("remove", device)))

    assert factors_of(ada) == [device]
    assert actions() == []
    assert letters() == []


def test_codes_are_replaced_and_the_old_ones_stop(membership, ada, device):
    old = recovery_codes.renew(user=ada, at=AT)
    desk = visitors.browser(membership)

    new = desk.post(NEW_CODES).context["codes"]

    assert len(new) == RecoveryCode.objects.count() == 10
    assert not recovery_codes.spend(user=ada, code=old[0], at=AT)
    assert recovery_codes.spend(user=ada, code=new[0], at=AT)
    assert actions() == ["recovery_codes.replaced"]
    assert letters() == [("recovery_codes_replaced", None)]


def test_codes_are_replaced_only_with_a_fresh_factor_and_for_somebody_who_has_one(membership, ada, desk, clock):
    assert desk.post(NEW_CODES).url == OVERVIEW
    make.authenticator(ada)
    desk = visitors.browser(membership)
    clock.shift(timedelta(minutes=5, seconds=1))

    assert ASKED_AGAIN in text(desk.post(NEW_CODES))
    assert not RecoveryCode.objects.exists()


def test_the_kinds_of_factor_are_one_query(ada, django_assert_num_queries):
    for has_app, has_passkey in [(False, False), (True, False), (True, True)]:
        if has_passkey:
            Passkey.objects.create(
                user=ada, name="Laptop", credential_id=b"1", public_key=b"2", aaguid="", sign_count=0
            )
        elif has_app:
            make.authenticator(ada)
        with django_assert_num_queries(1):
            assert kinds_of(ada) == (has_app, has_passkey)
        assert has_second_factor(ada) == has_app


CHANGES = {
    "start": lambda at: factors.start(user=at.user, name="Phone", **WHY),
    "enrol": lambda at: factors.enrol(user=at.user, device=at.pending, code=at.code, keep=at.session, **WHY),
    "rename": lambda at: factors.rename(user=at.user, device=at.app, name="Phone", **WHY),
    "remove": lambda at: factors.remove(user=at.user, device=at.app, keep=at.session, **WHY),
    "replace": lambda at: recovery_codes.replace(user=at.user, **WHY),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_changes_without_its_entry(membership, ada, monkeypatch, change):
    session = visitors.sign_in(visitors.Browser(), membership)
    app, pending = make.authenticator(ada), TotpDevice.objects.create(user=ada, name="Tablet", confirmed=False)
    scene = SimpleNamespace(user=ada, session=session, app=app, pending=pending, code=make.code(pending))
    before = state(ada)
    monkeypatch.setattr(log, "record", fails)

    with pytest.raises(RecordingFailed):
        change(scene)

    assert state(ada) == before


class RecordingFailed(Exception):
    pass


def fails(*args, **details):
    raise RecordingFailed


def state(ada):
    ada.refresh_from_db()
    return (
        ada.session_epoch,
        list(TotpDevice.objects.order_by("id").values_list("name", "confirmed")),
        RecoveryCode.objects.count(),
        Letter.objects.count(),
    )
