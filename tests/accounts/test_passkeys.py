"""The ceremonies: what a passkey proves, and everything else that may be sent in its place."""

import json
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import signing
from django_otp_webauthn.models import WebAuthnAttestation, WebAuthnUserHandle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from accounts import passkeys
from accounts.errors import PasskeyRefused
from accounts.models import Passkey
from tests import make
from tests.authenticators import PRESENT, VERIFIED, Device

pytestmark = pytest.mark.django_db

PURPOSE = passkeys.SIGN_IN
AT = make.AT


@pytest.fixture
def ada():
    return make.user(name="Ada")


@pytest.fixture
def device(ada):
    return make.passkey(ada)


def refused(purpose, state, answer, user=None):
    with pytest.raises(PasskeyRefused) as refusal:
        passkeys.verify_assertion(purpose, state, answer, user)
    return str(refusal.value)


# Making one


def test_what_is_asked_of_a_new_passkey(ada):
    options = json.loads(passkeys.creation_options(ada).options)

    assert options["rp"] == {"name": "Invoiced", "id": "testserver"}
    assert options["user"] == {"id": options["user"]["id"], "name": ada.email, "displayName": "Ada"}
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert (options["attestation"], options["excludeCredentials"]) == ("none", [])


def test_a_device_that_holds_one_already_is_excluded(ada, device):
    options = json.loads(passkeys.creation_options(ada).options)
    assert [one["id"] for one in options["excludeCredentials"]] == [bytes_to_base64url(device.id)]


def test_showing_the_page_writes_nothing(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        passkeys.creation_options(ada)
    with django_assert_num_queries(0):
        passkeys.request_options(PURPOSE)
    assert not WebAuthnUserHandle.objects.exists()


def test_a_new_passkey_is_handed_back_unsaved_and_without_attestation(ada):
    offer, device = passkeys.creation_options(ada), Device()

    passkey = passkeys.verify_creation(ada, offer.state, device.make(offer.options))

    assert (passkey.pk, passkey.user, bytes(passkey.credential_id)) == (None, ada, device.id)
    assert not Passkey.objects.exists()
    assert not WebAuthnAttestation.objects.exists()


LIES_WHEN_MAKING = {
    "without user verification": {"flags": PRESENT},
    "without anybody there": {"flags": VERIFIED},
    "for another site": {"rp_id": "elsewhere.example"},
    "at another origin": {"origin": "https://elsewhere.example"},
    "at our name without https": {"origin": "http://testserver"},
    "in a frame of another site": {"crossOrigin": True},
    "for another challenge": {"challenge": "AAAA"},
    "with the words of signing in": {"type": "webauthn.get"},
    "with an algorithm nobody asked for": {"algorithm": -65535},
    "with a certificate of its maker": {"fmt": "packed", "statement": {"alg": -7, "sig": b"", "x5c": [b"x"]}},
    "with a statement of a kind we do not read": {"fmt": "tpm"},
    "not kept on the device": {"discoverable": False},
}


@pytest.mark.parametrize("lie", LIES_WHEN_MAKING.values(), ids=LIES_WHEN_MAKING)
def test_a_passkey_that_was_made_otherwise_is_refused(ada, lie):
    offer = passkeys.creation_options(ada)
    answer = Device().make(offer.options, **lie)
    with pytest.raises(PasskeyRefused):
        passkeys.verify_creation(ada, offer.state, answer)


@pytest.mark.parametrize(
    "statement", [{"fmt": "packed", "statement": {"alg": -7, "sig": b"", "x5c": [b"x"]}}, {"fmt": "tpm"}]
)
def test_no_statement_of_a_maker_is_looked_into(ada, monkeypatch, statement):
    monkeypatch.setattr(passkeys, "verify_registration_response", lambda **_: pytest.fail("it was looked into"))
    offer = passkeys.creation_options(ada)
    with pytest.raises(PasskeyRefused):
        passkeys.verify_creation(ada, offer.state, Device().make(offer.options, **statement))


@pytest.mark.parametrize("fmt", ["none", "packed"])
def test_a_device_that_vouches_for_itself_unasked_is_as_good(ada, fmt):
    offer = passkeys.creation_options(ada)
    assert passkeys.verify_creation(ada, offer.state, Device().make(offer.options, fmt=fmt)).user == ada


def test_a_passkey_that_is_in_use_is_not_added_again_for_anybody(ada, device):
    bo = make.user(name="Bo")
    offer = passkeys.creation_options(bo)
    with pytest.raises(PasskeyRefused, match="in use already"):
        passkeys.verify_creation(bo, offer.state, device.make(offer.options))


def test_an_offer_to_add_counts_for_one_person(ada):
    offer = passkeys.creation_options(ada)
    answer = Device().make(offer.options)
    with pytest.raises(PasskeyRefused, match="open too long"):
        passkeys.verify_creation(make.user(name="Bo"), offer.state, answer)


def test_an_offer_to_add_counts_once(ada):
    offer = passkeys.creation_options(ada)
    passkeys.verify_creation(ada, offer.state, Device().make(offer.options))
    with pytest.raises(PasskeyRefused, match="sent twice"):
        passkeys.verify_creation(ada, offer.state, Device().make(offer.options))


# Using one


def test_no_names_are_given_away(ada, device):
    options = json.loads(passkeys.request_options(PURPOSE).options)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")


def test_a_passkey_names_its_person(ada, device):
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        offer = passkeys.request_options(PURPOSE)
        passkey = passkeys.verify_assertion(PURPOSE, offer.state, device.use(offer.options))

    passkey.refresh_from_db()
    assert (passkey.user, passkey.last_used_at) == (ada, AT + timedelta(minutes=1))


LIES_WHEN_USING = {
    "without user verification": {"flags": PRESENT},
    "without anybody there": {"flags": VERIFIED},
    "for another site": {"rp_id": "elsewhere.example"},
    "at another origin": {"origin": "https://elsewhere.example"},
    "at our name without https": {"origin": "http://testserver"},
    "at our name and another port": {"origin": "https://testserver:444"},
    "in a frame of another site": {"crossOrigin": True},
    "for another challenge": {"challenge": "AAAA"},
    "with the words of making one": {"type": "webauthn.create"},
    "without naming its person": {"handle": b""},
    "naming another person": {"handle": bytes(16)},
    "signed with another key": {"key": ec.generate_private_key(ec.SECP256R1())},
}


@pytest.mark.parametrize("lie", LIES_WHEN_USING.values(), ids=LIES_WHEN_USING)
def test_a_passkey_that_was_used_otherwise_is_refused(device, lie):
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, device.use(offer.options, **lie)) == passkeys.REFUSAL


def test_a_passkey_nobody_knows_is_refused_in_the_same_words(ada):
    stranger = Device(handle=ada.pk.bytes)
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, stranger.use(offer.options)) == passkeys.REFUSAL


def test_a_passkey_of_somebody_else_is_refused_where_one_person_is_meant(ada, device):
    bo = make.user(name="Bo")
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, device.use(offer.options), user=bo) == passkeys.REFUSAL


@pytest.mark.parametrize("change", [{"is_active": False}, {"locked_at": AT}], ids=["inactive", "locked"])
def test_whoever_may_not_come_in_may_not_by_passkey(ada, device, change):
    type(ada).objects.update(**change)
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, device.use(offer.options)) == passkeys.REFUSAL


def test_a_passkey_that_is_not_confirmed_counts_for_nothing(device):
    Passkey.objects.update(confirmed=False)
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, device.use(offer.options)) == passkeys.REFUSAL


@pytest.mark.parametrize(("before", "now"), [(7, 7), (7, 6), (7, 0)])
def test_a_count_that_does_not_grow_tells_of_a_copy(device, before, now):
    Passkey.objects.update(sign_count=before)
    device.count = now
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, device.use(offer.options)) == passkeys.REFUSAL
    assert Passkey.objects.get().sign_count == before


def test_a_count_that_grows_is_kept(device):
    device.count = 8
    offer = passkeys.request_options(PURPOSE)
    passkeys.verify_assertion(PURPOSE, offer.state, device.use(offer.options))
    assert Passkey.objects.get().sign_count == 8


# The state


def test_an_answer_counts_once(device):
    offer = passkeys.request_options(PURPOSE)
    answer = device.use(offer.options)
    passkeys.verify_assertion(PURPOSE, offer.state, answer)
    assert refused(PURPOSE, offer.state, answer) == passkeys.OUT_OF_DATE


def test_a_refused_answer_uses_the_state_up(device):
    offer = passkeys.request_options(PURPOSE)
    refused(PURPOSE, offer.state, "{}")
    assert refused(PURPOSE, offer.state, device.use(offer.options)) == passkeys.OUT_OF_DATE


def test_a_state_lasts_five_minutes(device):
    with time_machine.travel(AT, tick=False) as clock:
        early, late = passkeys.request_options(PURPOSE), passkeys.request_options(PURPOSE)
        clock.shift(timedelta(minutes=5))
        assert passkeys.verify_assertion(PURPOSE, early.state, device.use(early.options))
        clock.shift(timedelta(seconds=1))
        assert refused(PURPOSE, late.state, device.use(late.options)) == passkeys.OUT_OF_DATE


def test_a_state_counts_for_its_purpose(device):
    offer = passkeys.request_options("step up")
    assert refused(PURPOSE, offer.state, device.use(offer.options)) == passkeys.OUT_OF_DATE


def test_a_state_made_for_one_person_counts_for_nobody_else(ada, device):
    offer, bo = passkeys.request_options("step up", ada), make.user(name="Bo")
    answer = device.use(offer.options)
    assert refused("step up", offer.state, answer, user=bo) == passkeys.OUT_OF_DATE
    assert refused("step up", offer.state, answer, user=None) == passkeys.OUT_OF_DATE
    assert passkeys.verify_assertion("step up", offer.state, answer, user=ada)


@pytest.mark.parametrize(
    "state",
    ["", "x", "a:b:c", "\x00", "é:1:é", signing.dumps({"challenge": "AAAA", "user": None})],
    ids=["empty", "short", "three parts", "null", "no ASCII", "signed for something else"],
)
def test_a_state_we_did_not_sign_is_refused(device, state):
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, state, device.use(offer.options)) == passkeys.OUT_OF_DATE


# Anything at all

STRANGE = [
    "",
    "null",
    "[]",
    '"text"',
    "{",
    "{}",
    "NaN",
    "[" * 30_000,
    '{"id":' * 5_000,
    "x" * 1_000_000,
    '{"id": "\\ud800", "rawId": "\\ud800", "type": "public-key", "response": {}}',
    "9" * 10_000,
]


@pytest.mark.parametrize("answer", STRANGE, ids=[answer[:20] or "nothing" for answer in STRANGE])
def test_whatever_is_no_answer_is_refused(ada, device, answer):
    offer = passkeys.request_options(PURPOSE)
    assert refused(PURPOSE, offer.state, answer) == passkeys.REFUSAL
    offer = passkeys.creation_options(ada)
    with pytest.raises(PasskeyRefused, match="could not be added"):
        passkeys.verify_creation(ada, offer.state, answer)


def test_an_answer_longer_than_any_is_not_read(device):
    offer = passkeys.request_options(PURPOSE)
    answer = device.use(offer.options)
    assert refused(PURPOSE, offer.state, answer + " " * passkeys.LONGEST_ANSWER) == passkeys.REFUSAL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(lambda raw: raw.hex()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SEVERAL = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(answer, path=()):
    """Every place in an answer, from the outside in."""
    yield path
    if isinstance(answer, dict):
        for name, inner in answer.items():
            yield from places(inner, (*path, name))


def replaced(answer, path, value):
    if not path:
        return value
    return answer | {path[0]: replaced(answer[path[0]], path[1:], value)}


def is_told_as_it_was(path):
    """What nobody signs and we do not judge by: how the passkey is reached."""
    return path and (path[0] == "clientExtensionResults" or path[-1] == "transports")


@SEVERAL
@given(data=st.data())
def test_an_answer_with_anything_in_any_place_is_refused(device, data):
    offer = passkeys.request_options(PURPOSE)
    honest = json.loads(device.use(offer.options))
    path = data.draw(st.sampled_from([path for path in places(honest) if not is_told_as_it_was(path)]))
    answer = json.dumps(replaced(honest, path, data.draw(JSON)))
    assert refused(PURPOSE, offer.state, answer) == passkeys.REFUSAL


@SEVERAL
@given(data=st.data())
def test_a_creation_with_anything_in_any_place_is_refused(ada, data):
    offer = passkeys.creation_options(ada)
    honest = json.loads(Device().make(offer.options))
    path = data.draw(st.sampled_from([path for path in places(honest) if not is_told_as_it_was(path)]))
    answer = json.dumps(replaced(honest, path, data.draw(JSON)))
    with pytest.raises(PasskeyRefused):
        passkeys.verify_creation(ada, offer.state, answer)


@SEVERAL
@given(data=st.data())
def test_a_signed_answer_with_any_bit_turned_is_refused(device, data):
    offer = passkeys.request_options(PURPOSE)
    honest = json.loads(device.use(offer.options))
    name = data.draw(st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "userHandle"]))
    raw = bytearray(base64url_to_bytes(honest["response"][name]))
    place = data.draw(st.integers(0, 9_999)) % (len(raw) * 8)
    raw[place // 8] ^= 1 << place % 8
    honest["response"][name] = bytes_to_base64url(bytes(raw))
    assert refused(PURPOSE, offer.state, json.dumps(honest)) == passkeys.REFUSAL


@SEVERAL
@given(purpose=st.sampled_from([PURPOSE, "step up", "add"]), state=st.text(max_size=200), answer=st.text(max_size=200))
def test_any_text_is_refused(device, purpose, state, answer):
    assert refused(purpose, state, answer) == passkeys.OUT_OF_DATE
    assert refused(PURPOSE, passkeys.request_options(PURPOSE).state, answer) == passkeys.REFUSAL
