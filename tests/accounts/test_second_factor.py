from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import URLPattern, get_resolver

from accounts.actions import recovery_codes
from accounts.models import RecoveryCode, TotpDevice
from audit.models import SecurityEvent
from tests import make

pytestmark = pytest.mark.django_db

CODE = "/sign-in/code/"
OWN_ACCOUNT = "/settings/security/"
START = "/settings/security/authenticator/"
CONFIRM = "/settings/security/authenticator/confirm/"
QR = "/settings/security/authenticator/code.svg"
REMOVE = "/settings/security/authenticator/remove/"
NEW_CODES = "/settings/security/recovery-codes/"


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)) as clock:
        yield clock


@pytest.fixture
def ada(clock):
    return make.member(user=make.user("ada@example.com")).user


@pytest.fixture
def device(ada):
    return make.authenticator(ada)


def give_password(browser):
    return browser.post("/sign-in/", {"email": "ada@example.com", "password": make.PASSWORD})


def give_code(browser, code):
    return browser.post(CODE, {"code": code})


def is_inside(browser):
    return browser.get(OWN_ACCOUNT).status_code == 200


def actions():
    return list(SecurityEvent.objects.order_by("at", "id").values_list("action", flat=True))


def test_the_password_alone_opens_nothing_but_the_code_page(browser, device):
    give_password(browser)

    for address in own_addresses():
        if address not in (CODE, "/sign-out/", "/sign-in/"):
            assert browser.get(address).url.startswith(CODE), address
            assert browser.post(address).url.startswith(CODE), address
    assert browser.get(CODE).status_code == 200
    assert actions() == ["user.password_accepted"]


def own_addresses():
    """Every address of accounts and audit that takes no argument."""
    found = []
    for resolver in get_resolver().url_patterns:
        for entry in getattr(resolver, "url_patterns", []):
            if isinstance(entry, URLPattern) and not entry.pattern.converters:
                found.append(f"/{resolver.pattern}{entry.pattern}")
    assert OWN_ACCOUNT in found
    return [
        address for address in found if address.startswith(("/settings/se", "/settings/team", "/company", "/audit"))
    ]


def test_the_code_finishes_signing_in(browser, device):
    give_password(browser)
    key = browser.session.session_key

    response = browser.post(f"{CODE}?next={OWN_ACCOUNT}", {"code": make.code(device)})

    assert response.url == OWN_ACCOUNT
    assert is_inside(browser)
    assert browser.session.session_key != key
    assert actions() == ["user.password_accepted", "user.signed_in"]
    entry = SecurityEvent.objects.get(action="user.signed_in")
    assert str(entry) == "Ada Lovelace signed in with a password and an authenticator code"


def test_a_code_with_a_space_is_the_same_code(browser, device):
    give_password(browser)
    code = make.code(device)

    assert give_code(browser, f" {code[:3]} {code[3:]} ").status_code == 302


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(browser, device, steps):
    give_password(browser)

    assert give_code(browser, make.code(device, steps=steps)).status_code == 302


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00", "x" * 41, "-12345"])
def test_any_other_code_does_not(browser, device, typed):
    give_password(browser)

    response = give_code(browser, typed)

    assert response.status_code == 200
    assert [*response.context["form"].errors] == ["code"]
    assert not is_inside(browser)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_a_minute_away_does_not(browser, device, steps):
    give_password(browser)

    assert give_code(browser, make.code(device, steps=steps)).status_code == 200
    assert actions() == ["user.password_accepted", "factor.failed"]


def test_a_code_is_accepted_once(browser, other_browser, device, clock):
    code = make.code(device)
    give_password(browser)
    assert give_code(browser, code).status_code == 302

    give_password(other_browser)
    assert give_code(other_browser, code).status_code == 200
    clock.shift(timedelta(seconds=30))
    assert give_code(other_browser, make.code(device, steps=-1)).status_code == 200
    clock.shift(timedelta(seconds=30))
    assert give_code(other_browser, make.code(device)).status_code == 302


def test_after_a_wrong_code_the_app_waits_longer_each_time(browser, device, clock):
    give_password(browser)
    give_code(browser, "000000")
    assert give_code(browser, make.code(device)).status_code == 200

    clock.shift(timedelta(seconds=2))
    assert give_code(browser, make.code(device)).status_code == 302


def tried(browser, code, times, source="192.0.2.1"):
    return [browser.post(CODE, {"code": code}, REMOTE_ADDR=source).status_code for _ in range(times)]


@pytest.mark.parametrize("code", ["000000", "AAAA-AAAA"])
def test_codes_run_out_of_tries(browser, device, clock, code):
    give_password(browser)
    assert tried(browser, code, 12) == [200] * 10 + [429, 429]
    assert actions().count("tries.refused") == 1
    entry = SecurityEvent.objects.get(action="tries.refused")
    assert (str(entry), entry.outcome) == (
        "Ada Lovelace had to wait 30 minutes after too many tries as Ada Lovelace",
        "refused",
    )

    clock.shift(timedelta(minutes=30))
    assert give_code(browser, make.code(device)).status_code == 302


def test_codes_tried_elsewhere_do_not_lock_the_person_out_until_there_are_very_many(browser, device, clock):
    give_password(browser)
    tried(browser, "000000", 11, "192.0.2.1")
    clock.shift(timedelta(minutes=20))
    assert tried(browser, make.code(device), 1, "192.0.2.2") == [302]


def test_codes_run_out_of_tries_wherever_they_come_from(browser, device, clock):
    give_password(browser)
    answers = [tried(browser, "000000", 1, f"192.0.2.{source}")[0] for source in range(31)]
    assert answers == [200] * 30 + [429]

    assert tried(browser, recovery_codes.renew(user=device.user, at=make.AT)[0], 1) == [302]


def test_a_persons_code_does_not_open_anothers_session(browser, device):
    other = make.authenticator(make.user("bo@example.com"))
    give_password(browser)

    assert give_code(browser, make.code(other)).status_code == 200


def test_a_session_from_before_the_set_up_is_asked_for_the_code(browser, ada):
    give_password(browser)
    assert is_inside(browser)

    make.authenticator(ada)

    assert browser.get(OWN_ACCOUNT).url.startswith(CODE)
    assert browser.post(START, {"current": make.PASSWORD}).url == CODE
    assert browser.post(CONFIRM, {"code": "123456"}).url == CODE
    assert TotpDevice.objects.count() == 1


def test_who_is_verified_or_has_no_app_is_not_asked(browser, ada):
    give_password(browser)

    assert browser.get(CODE).url == "/"


def start(browser):
    browser.post(START, {"current": make.PASSWORD})
    return TotpDevice.objects.get(confirmed=False)


def codes_on(response):
    return response.context["codes"]


def test_setting_up_needs_the_password_then_a_code_and_shows_recovery_codes_once(browser, ada, clock):
    give_password(browser)
    assert browser.post(START, {"current": "not my password"}).status_code == 200
    assert not TotpDevice.objects.exists()

    device = start(browser)
    key = browser.session.session_key
    page = browser.get(CONFIRM).content.decode()
    assert f'src="{QR}"' in page
    assert " ".join(device.seed[at : at + 4] for at in range(0, 32, 4)) in page

    response = browser.post(CONFIRM, {"code": make.code(device)})

    device.refresh_from_db()
    assert device.confirmed
    assert len(codes_on(response)) == 10
    assert all(code in response.content.decode() for code in codes_on(response))
    assert browser.session.session_key != key
    assert is_inside(browser)
    assert actions() == ["user.signed_in", "password.refused", "factor.started", "factor.enrolled"]
    assert not any(code in browser.get(OWN_ACCOUNT).content.decode() for code in codes_on(response))


def test_the_code_of_the_set_up_does_not_sign_in_again(browser, other_browser, ada, clock):
    give_password(browser)
    code = make.code(start(browser))
    browser.post(CONFIRM, {"code": code})

    give_password(other_browser)
    assert give_code(other_browser, code).status_code == 200
    clock.shift(timedelta(seconds=60))
    assert give_code(other_browser, make.code(TotpDevice.objects.get())).status_code == 302


def test_an_app_that_is_not_confirmed_counts_for_nothing(browser, other_browser, ada):
    give_password(browser)
    start(browser)

    give_password(other_browser)

    assert is_inside(other_browser)


def test_each_set_up_has_a_new_seed_and_a_wrong_code_confirms_nothing(browser, ada):
    give_password(browser)
    first = start(browser).seed
    second = start(browser)

    assert second.seed != first
    assert browser.post(CONFIRM, {"code": "000000"}).status_code == 200
    assert not TotpDevice.objects.filter(confirmed=True).exists()
    assert not RecoveryCode.objects.exists()


def test_the_qr_code_is_an_inert_picture_for_its_person_only(browser, other_browser, ada):
    assert browser.get(QR).url.startswith("/sign-in/")
    give_password(browser)
    assert browser.get(QR).status_code == 404
    start(browser)
    other_browser.force_login(make.user("bo@example.com"))

    response = browser.get(QR)
    picture = response.content.decode()

    assert (response["Content-Type"], response["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert picture.startswith("<svg")
    assert not any(word in picture for word in ("<script", "style=", "href"))
    assert other_browser.get(QR).status_code == 404


def test_the_seed_is_nowhere_in_the_session(browser, ada):
    give_password(browser)
    device = start(browser)
    browser.get(CONFIRM)

    assert device.seed not in str(browser.session.items())


def test_an_unfinished_set_up_is_for_the_session_that_gave_the_password_and_for_a_quarter_of_an_hour(
    browser, other_browser, ada, clock
):
    give_password(other_browser)
    give_password(browser)
    device = start(browser)
    assert (
        other_browser.get(CONFIRM).status_code == other_browser.post(CONFIRM, {"code": make.code(device)}).status_code
    )
    assert device.seed[:4] not in other_browser.get(CONFIRM).content.decode()
    assert other_browser.get(QR).status_code == 404
    assert not TotpDevice.objects.get().confirmed

    assert browser.get(QR).status_code == 200
    clock.shift(15 * 60 + 1)
    assert browser.get(QR).status_code == 404
    assert browser.get(CONFIRM).status_code == 302


def with_codes(ada):
    make.authenticator(ada)
    return recovery_codes.renew(user=ada, at=make.AT)


def test_recovery_codes_are_80_bits_and_kept_only_as_keyed_hashes(ada):
    codes = with_codes(ada)

    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 == 80 for code in codes)
    stored = str(list(RecoveryCode.objects.values()))
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_a_recovery_code_signs_in_once(browser, other_browser, ada):
    code = with_codes(ada)[0]
    give_password(browser)
    assert give_code(browser, code).status_code == 302
    assert is_inside(browser)

    give_password(other_browser)
    assert give_code(other_browser, code).status_code == 200
    assert not is_inside(other_browser)
    entry = SecurityEvent.objects.get(action="user.signed_in")
    assert str(entry) == "Ada Lovelace signed in with a password and a recovery code"


def test_a_recovery_code_may_be_typed_sloppily(browser, ada):
    code = with_codes(ada)[0]
    give_password(browser)

    assert give_code(browser, code.lower().replace("-", " ").replace("o", "0")).status_code == 302


def test_a_recovery_code_is_its_owners(browser, ada):
    make.authenticator(ada)
    theirs = with_codes(make.user("bo@example.com"))
    give_password(browser)

    assert give_code(browser, theirs[0]).status_code == 200


def inside(browser, device, clock):
    """Signed in with both factors, and the app shows its next code."""
    give_password(browser)
    give_code(browser, make.code(device))
    clock.shift(timedelta(seconds=60))
    return make.code(device)


def test_removing_needs_a_code_and_ends_other_sessions(browser, other_browser, ada, device, clock):
    code = inside(browser, device, clock)
    give_password(other_browser)
    assert browser.post(REMOVE, {"code": "000000"}).status_code == 200
    clock.shift(timedelta(seconds=60))
    assert TotpDevice.objects.exists()

    assert browser.post(REMOVE, {"code": make.code(device)}).status_code == 302

    assert not TotpDevice.objects.exists()
    assert is_inside(browser)
    assert not is_inside(other_browser)
    assert code != make.code(device)
    assert actions()[-2:] == ["factor.failed", "factor.removed"]


def test_removing_takes_the_recovery_codes_along(browser, ada, clock):
    codes = with_codes(ada)
    give_password(browser)
    give_code(browser, codes[0])

    browser.post(REMOVE, {"code": codes[1]})

    assert not RecoveryCode.objects.exists()
    assert is_inside(browser)


def test_new_recovery_codes_end_the_old_ones(browser, ada, clock):
    old = with_codes(ada)
    give_password(browser)
    give_code(browser, old[0])

    new = codes_on(browser.post(NEW_CODES, {"code": old[1]}))

    assert len(new) == RecoveryCode.objects.count() == 10
    assert browser.post(NEW_CODES, {"code": old[2]}).status_code == 200
    assert actions()[-2:] == ["recovery_codes.replaced", "factor.failed"]


def test_a_device_deleted_by_an_operator_leaves_no_verified_session(browser, ada, device, clock):
    inside(browser, device, clock)
    TotpDevice.objects.all().delete()
    make.authenticator(ada)

    assert browser.get(OWN_ACCOUNT).url.startswith(CODE)


def test_the_overview_says_what_is_on(browser, ada, device, clock):
    recovery_codes.renew(user=ada, at=make.AT)
    inside(browser, device, clock)

    page = browser.get(OWN_ACCOUNT).content.decode()

    assert "10 unused codes left" in page
    assert "last used" in page
