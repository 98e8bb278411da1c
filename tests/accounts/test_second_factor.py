"""The second step of signing in: a code, a recovery code or a passkey, judged together with the password."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import URLPattern, get_resolver

from accounts.actions import recovery_codes, sign_ins
from accounts.forms.codes import RECOVERY_CODE_LENGTH, SHAPES
from accounts.models import Letter, Passkey, RecoveryCode, Session, TotpDevice
from accounts.models.session import Proof
from audit.models import SecurityEvent
from tests import make
from tests.accounts.signing_in import (
    CODE,
    OWN_ACCOUNT,
    SIGN_IN,
    actions,
    give_code,
    give_password,
    is_inside,
    refusal,
    sign_in,
    text,
    use_passkey,
)

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def codes(device):
    return recovery_codes.renew(user=device.user, at=make.AT)


def test_the_password_alone_opens_nothing(browser, device):
    give_password(browser)

    for address in own_addresses():
        assert browser.get(address).url.startswith(SIGN_IN), address
        assert browser.post(address).url.startswith(SIGN_IN), address
    assert browser.get(CODE).status_code == 200
    assert actions() == ["user.password_accepted"]


def own_addresses():
    """Every private address of accounts and audit that takes no argument."""
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
    assert "pending_sign_in" not in browser.session
    assert {*Session.objects.get().proofs} == {Proof.PASSWORD, Proof.APP}
    assert actions() == ["user.password_accepted", "user.signed_in", "device.added"]
    entry = SecurityEvent.objects.get(action="user.signed_in")
    assert str(entry) == "Ada Lovelace signed in with a password and an authenticator code"


def test_the_way_on_is_kept_through_both_steps(browser, device):
    first = browser.post(f"{SIGN_IN}?next=/settings/team/", {"email": "ada@example.com", "password": make.PASSWORD})

    assert browser.post(first.url, {"code": make.code(device)}).url == "/settings/team/"


def test_a_wrong_password_with_the_right_code_is_refused_like_a_right_one_with_a_wrong_code(browser, device):
    answers = [
        sign_in(browser, make.code(device), password="wrong"),
        sign_in(browser, "000000"),
        sign_in(browser, "000000", password="wrong"),
    ]

    assert {(answer.status_code, refusal(answer)) for answer in answers} == {(200, sign_ins.REFUSAL)}
    assert not is_inside(browser)
    assert actions() == [
        *("user.sign_in_failed", "user.sign_in_failed"),
        *("user.password_accepted", "factor.failed"),
        *("user.sign_in_failed", "user.sign_in_failed"),
    ]


def test_a_wrong_password_uses_up_no_code(browser, device, codes):
    code = make.code(device)
    sign_in(browser, code, password="wrong")
    sign_in(browser, codes[0], password="wrong")

    assert sign_in(browser, code).status_code == 302
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_after_a_refusal_one_starts_again_with_the_address_filled_in(browser, device):
    response = sign_in(browser, "000000")

    assert 'value="ada@example.com"' in response.content.decode()
    assert 'action="/sign-in/?next=%2F"' in response.content.decode()
    assert give_code(browser, make.code(device)).url.startswith(SIGN_IN)


def test_each_try_takes_one_answer(browser, other_browser, device):
    give_password(browser)
    other_browser.cookies["__Host-session"] = browser.cookies["__Host-session"].value
    give_code(browser, "000000")

    response = give_code(other_browser, make.code(device))

    assert response.url.startswith(SIGN_IN)
    assert not is_inside(other_browser)


def test_a_try_lasts_ten_minutes(browser, device, clock):
    give_password(browser)
    clock.shift(timedelta(minutes=9, seconds=50))
    assert browser.get(CODE).status_code == 200

    clock.shift(timedelta(seconds=15))
    assert browser.get(CODE).url.startswith(SIGN_IN)
    response = browser.post(CODE, {"code": make.code(device)}, follow=True)
    assert "Start again with your address and password" in text(response)
    assert not is_inside(browser)


def test_a_second_step_without_a_first_leads_to_the_first(browser, device):
    assert browser.get(CODE).url == "/sign-in/?next=%2F"
    late = give_code(browser, make.code(device)).url
    assert late == "/sign-in/?next=%2F&ended=try"
    assert "A try to sign in lasts ten minutes and takes one answer." in browser.get(late).content.decode()


def test_a_password_changed_meanwhile_ends_the_try(browser, device):
    give_password(browser)
    device.user.set_password("another seven quiet lanterns")
    device.user.save()

    assert refusal(give_code(browser, make.code(device))) == sign_ins.REFUSAL


@pytest.mark.parametrize("end", [{"is_active": False}, {"locked_at": make.AT}])
def test_an_account_closed_meanwhile_ends_the_try(browser, device, end):
    give_password(browser)
    type(device.user).objects.filter(pk=device.user.pk).update(**end)

    assert refusal(give_code(browser, make.code(device))) == sign_ins.REFUSAL


@pytest.mark.parametrize("form", ["{0}{1}", " {0} {1} ", "{0}-{1}", "{0}\u2013{1}", "{0}\xa0{1}"])
def test_a_code_may_be_typed_in_parts(browser, device, form):
    code = make.code(device)

    assert sign_in(browser, form.format(code[:3], code[3:])).status_code == 302


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(browser, device, steps):
    assert sign_in(browser, make.code(device, steps=steps)).status_code == 302


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_a_minute_away_is_refused(browser, device, steps):
    assert refusal(sign_in(browser, make.code(device, steps=steps))) == sign_ins.REFUSAL


NO_CODES = [
    "12345",
    "1234567",
    "abcdef",
    "12ab56",
    "١٢٣٤٥٦",
    "１２３４５６",
    "²³⁴⁵⁶⁷",
    "-1234",
    "x" * 41,
    "9" * 100_000,
]


@pytest.mark.parametrize("typed", NO_CODES)
@pytest.mark.parametrize("password", [make.PASSWORD, "wrong"])
def test_what_cannot_be_a_code_is_said_at_once_and_costs_no_try(browser, device, typed, password):
    response = sign_in(browser, typed, password=password)

    assert (response.status_code, [*response.context["form"].errors.items()]) == (200, [("code", [SHAPES])])
    assert browser.get(CODE).status_code == 200


@pytest.mark.parametrize("typed", ["", " ", "- -", "\x00"])
def test_nothing_typed_is_said_at_once(browser, device, typed):
    response = sign_in(browser, typed)

    assert (response.status_code, [*response.context["form"].errors]) == (200, ["code"])
    assert not is_inside(browser)


def test_a_code_is_accepted_once_and_an_older_one_never(browser, other_browser, device, clock):
    code = make.code(device)
    assert sign_in(browser, code).status_code == 302

    assert refusal(sign_in(other_browser, code))
    clock.shift(timedelta(seconds=30))
    assert refusal(sign_in(other_browser, make.code(device, steps=-1)))
    newer = make.code(device, steps=1)
    assert sign_in(other_browser, newer).status_code == 302
    other_browser.cookies.pop("__Host-session")
    assert refusal(sign_in(other_browser, make.code(device)))


def test_any_of_several_apps_will_do_and_each_code_counts_once(browser, other_browser, device):
    second = make.authenticator(device.user)
    for app in (second, device):
        assert sign_in(browser, make.code(app)).status_code == 302
        browser.cookies.pop("__Host-session")

    assert refusal(sign_in(other_browser, make.code(second)))


def test_wrong_codes_do_not_make_the_person_wait(browser, other_browser, device):
    for _ in range(5):
        sign_in(other_browser, "000000")

    assert sign_in(browser, make.code(device)).status_code == 302


def test_an_app_that_is_not_confirmed_counts_for_nothing(browser, ada):
    TotpDevice.objects.create(user=ada, name="Half", confirmed=False)

    assert give_password(browser).url == "/"


def test_a_persons_code_does_not_sign_in_another(browser, device):
    other = make.authenticator(make.user("bo@example.com"))

    assert refusal(sign_in(browser, make.code(other)))


def test_a_recovery_code_signs_in_once_and_the_person_is_told(browser, other_browser, codes):
    response = sign_in(browser, codes[0])

    assert response.url == "/"
    assert "You used a recovery code. Codes left: 9" in text(browser.get(OWN_ACCOUNT))
    assert "You used a recovery code." not in text(browser.get(OWN_ACCOUNT))
    assert {*Session.objects.get().proofs} == {Proof.PASSWORD, Proof.RECOVERY}
    letter = Letter.objects.get()
    assert (letter.kind, letter.recipient, letter.facts) == (
        "recovery_code_used",
        "ada@example.com",
        {"codes_left": "9", "ip": "192.0.2.1"},
    )
    assert actions() == ["user.password_accepted", "recovery_code.used", "user.signed_in", "device.added"]
    entry = SecurityEvent.objects.get(action="user.signed_in")
    assert str(entry) == "Ada Lovelace signed in with a password and a recovery code"

    assert refusal(sign_in(other_browser, codes[0]))
    assert Letter.objects.count() == 1


def test_a_recovery_code_may_be_typed_sloppily(browser, codes):
    assert sign_in(browser, codes[0].lower().replace("-", " ").replace("o", "0")).status_code == 302


def test_every_recovery_code_has_the_shape_the_form_asks_for(codes):
    assert {len(code.replace("-", "")) for code in codes} == {RECOVERY_CODE_LENGTH}


def test_a_recovery_code_is_its_owners(browser, device):
    theirs = recovery_codes.renew(user=make.user("bo@example.com"), at=make.AT)

    assert refusal(sign_in(browser, theirs[0]))


def test_a_passkey_signs_in_without_a_password(browser, ada):
    passkey = make.passkey(ada)

    response = use_passkey(browser, passkey, f"{SIGN_IN}?next={OWN_ACCOUNT}")

    assert response.url == OWN_ACCOUNT
    assert is_inside(browser)
    assert {*Session.objects.get().proofs} == {Proof.PASSKEY}
    assert actions() == ["user.signed_in", "device.added"]
    assert str(SecurityEvent.objects.get(action="user.signed_in")) == "Ada Lovelace signed in with a passkey"


def test_a_passkey_alone_is_a_second_factor_too(browser, ada):
    passkey = make.passkey(ada)
    assert give_password(browser).url.startswith(CODE)

    assert use_passkey(browser, passkey, CODE).url == "/"

    assert {*Session.objects.get().proofs} == {Proof.PASSWORD, Proof.PASSKEY}
    assert str(SecurityEvent.objects.get(action="user.signed_in")) == (
        "Ada Lovelace signed in with a password and a passkey"
    )


@pytest.mark.parametrize("lie", [{"flags": 1}, {"rp_id": "evil.example"}, {"origin": "https://evil.example"}])
def test_a_passkey_that_does_not_prove_it_signs_nobody_in(browser, ada, lie):
    passkey = make.passkey(ada)

    response = use_passkey(browser, passkey, **lie)

    assert (response.status_code, bool(refusal(response))) == (200, True)
    assert not is_inside(browser)
    assert actions() == ["passkey.refused"]


@pytest.mark.parametrize(
    ("answer", "state"), [("{}", ""), ("[]", "x"), ("x" * 100_000, "x:y:z"), ("\x00", "\x00"), ('{"id": 1}', "é")]
)
def test_an_answer_made_by_hand_is_refused_with_a_sentence(browser, ada, answer, state):
    response = browser.post(SIGN_IN, {"passkey": answer, "passkey_state": state})

    assert (response.status_code, bool(refusal(response))) == (200, True)
    give_password(browser, password="wrong")
    response = browser.post(CODE, {"passkey": answer, "passkey_state": state})
    assert (response.status_code, refusal(response)) == (200, sign_ins.REFUSAL)


def test_refused_passkeys_do_not_fill_the_log(browser, ada):
    for _ in range(15):
        browser.post(SIGN_IN, {"passkey": "{}", "passkey_state": "x"})

    assert actions() == ["passkey.refused"] * 10


def test_another_persons_passkey_is_no_second_step(browser, device):
    bo = make.user("bo@example.com")
    theirs = make.passkey(bo)
    give_password(browser)

    assert refusal(use_passkey(browser, theirs, CODE)) == sign_ins.REFUSAL
    assert Passkey.objects.get().last_used_at is None


def test_a_wrong_password_is_not_mended_by_a_passkey(browser, ada):
    passkey = make.passkey(ada)
    give_password(browser, password="wrong")

    assert refusal(use_passkey(browser, passkey, CODE)) == sign_ins.REFUSAL


@pytest.mark.parametrize("end", [{"is_active": False}, {"locked_at": make.AT}])
def test_a_passkey_of_a_closed_account_opens_nothing(browser, ada, end):
    passkey = make.passkey(ada)
    type(ada).objects.filter(pk=ada.pk).update(**end)

    assert refusal(use_passkey(browser, passkey))


def test_the_second_page_leads_to_those_who_lost_something(browser, device):
    give_password(browser)
    page = browser.get(CODE).content.decode()

    assert all(f'href="{address}"' in page for address in ("/sign-in/lost-factor/", "/sign-in/forgot/"))
    assert 'href="/sign-in/?next=/"' in page
