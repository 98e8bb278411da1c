"""The ceremonies of passkeys: what a browser is asked for, and what its answer must hold.

A page carries an offer; the answer comes back in a hidden field of an ordinary form. Why it is so
stands in docs/adr/0011.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_otp_webauthn.helpers import WebAuthnHelper
from webauthn import base64url_to_bytes, verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.errors import PasskeyRefused
from accounts.models import Passkey, User
from security import ratelimit
from security.ratelimit import Limit

logger = logging.getLogger(__name__)

SIGN_IN = "sign in"
ADD = "add"
STATE_LASTS = timedelta(minutes=5)
ONCE = Limit("passkey_challenge", tries=1, period=STATE_LASTS)
LONGEST_ANSWER = 32_000
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
OUT_OF_DATE = "This page was open too long, or was sent twice. Use your passkey once more."
REFUSAL = "This passkey was not accepted. Try again, or use another way to show that it is you."
NOT_ADDED = "This passkey could not be added. Try again, or choose another device or password manager."
ALREADY_ADDED = "This passkey is in use already. Choose another device or password manager."


class Offer(NamedTuple):
    """What a page carries: options for the browser, as JSON, and the state its answer is judged by."""

    options: str
    state: str


class Ceremony(WebAuthnHelper):
    """The package's ceremonies, with what we demand of every passkey.

    It verifies its person by PIN, finger or face each time, can be found without a name typed
    first, and says nothing about its maker.
    """

    def get_supported_key_algorithms(self) -> list[COSEAlgorithmIdentifier]:
        return ALGORITHMS

    def get_discoverable_credentials_preference(self) -> ResidentKeyRequirement:
        return ResidentKeyRequirement.REQUIRED

    def get_user_entity(self, user: User) -> PublicKeyCredentialUserEntity:
        """The handle is the account's own id: it names nobody, and showing a page writes no row."""
        return PublicKeyCredentialUserEntity(id=user.pk.bytes, name=user.email, display_name=str(user))

    def get_generate_registration_options_kwargs(self, *, user: User) -> dict[str, Any]:
        options = super().get_generate_registration_options_kwargs(user=user)
        options["authenticator_selection"].user_verification = UserVerificationRequirement.REQUIRED
        return options

    def register_complete(self, user: User, state: dict[str, str], data: dict[str, Any]) -> Passkey:
        """The passkey that was made, not saved yet, and without a statement about its maker."""
        credential = parse_registration_credential_json(data)
        _refuse_frames(credential.response.client_data_json)
        _refuse_certificates(credential.response.attestation_object)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(state["challenge"]),
            expected_rp_id=self.get_relying_party_domain(),
            expected_origin=self.get_allowed_origins(),
            supported_pub_key_algs=self.get_supported_key_algorithms(),
            require_user_verification=True,
        )
        return self.create_credential(user, made, credential, data)

    def authenticate_complete(self, user: User | None, state: dict[str, str], data: dict[str, Any]) -> Passkey:
        """The passkey that was used. Its row is held, so that of two answers at once one meets the other's count."""
        credential = parse_authentication_credential_json(data)
        _refuse_frames(credential.response.client_data_json)
        passkey = _held(credential.raw_id)
        _refuse_others(passkey, credential.response.user_handle, user)
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(state["challenge"]),
            expected_rp_id=self.get_relying_party_domain(),
            expected_origin=self.get_allowed_origins(),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        passkey.sign_count, passkey.backup_state = used.new_sign_count, used.credential_backed_up
        passkey.last_used_at = timezone.now()
        passkey.save(update_fields=["sign_count", "backup_state", "last_used_at"])
        return passkey


def creation_options(user: User) -> Offer:
    """Ask a browser to make a passkey for a person, on a device that holds none of theirs yet."""
    options, _ = Ceremony(request=None).register_begin(user)
    return _offer(options, ADD, user)


def request_options(purpose: str, user: User | None = None) -> Offer:
    """Ask a browser for any passkey it has here: no names are given away.

    With a user, who then is signed in already, the answer counts for them alone.
    """
    options, _ = Ceremony(request=None).authenticate_begin(require_user_verification=True)
    return _offer(options, purpose, user)


def verify_creation(user: User, state: str, answer: str) -> Passkey:
    """The passkey a browser made for this person, not saved yet; `PasskeyRefused` for whatever else was sent.

    Call it outside a transaction: that the state was used must stay known whatever comes of it.
    """
    challenge = _redeem(ADD, state, user)
    with _refusing(NOT_ADDED):
        passkey = Ceremony(request=None).register_complete(user, {"challenge": challenge}, _read(answer))
    if passkey.discoverable is False:
        raise PasskeyRefused("This device keeps no passkeys of its own. Choose another device or a password manager.")
    if Passkey.objects.filter(credential_id_sha256=Passkey.get_credential_id_sha256(passkey.credential_id)).exists():
        raise PasskeyRefused(ALREADY_ADDED)
    return passkey


def verify_assertion(purpose: str, state: str, answer: str, user: User | None = None) -> Passkey:
    """The passkey that was used, of `user` if one is given; `PasskeyRefused` for whatever else was sent.

    Its person was verified by the device, so it stands for both factors. Call it outside a
    transaction: that the state was used must stay known whatever comes of it.
    """
    challenge = _redeem(purpose, state, user)
    with _refusing(REFUSAL), transaction.atomic():
        return Ceremony(request=None).authenticate_complete(user, {"challenge": challenge}, _read(answer))


def _offer(options: dict[str, Any], purpose: str, user: User | None) -> Offer:
    state = {"challenge": options["challenge"], "user": user and str(user.pk)}
    return Offer(json.dumps(options), signing.dumps(state, salt=_salt(purpose)))


def _redeem(purpose: str, state: str, user: User | None) -> str:
    """The challenge of a state that we signed for this purpose and person; it is used up by asking."""
    try:
        kept = signing.loads(state, salt=_salt(purpose), max_age=STATE_LASTS)
    except signing.BadSignature:
        raise PasskeyRefused(OUT_OF_DATE) from None
    if kept["user"] not in (None, user and str(user.pk)):
        raise PasskeyRefused(OUT_OF_DATE)
    if not ratelimit.take(ONCE, kept["challenge"], at=timezone.now()):
        raise PasskeyRefused(OUT_OF_DATE)
    return str(kept["challenge"])


def _salt(purpose: str) -> str:
    return f"accounts.passkeys.{purpose}"


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("the answer is too long")
    data = json.loads(answer)
    if not isinstance(data, dict):
        raise TypeError("the answer is not an object")
    return data


@contextmanager
def _refusing(sentence: str) -> Iterator[None]:
    """Whatever hostile bytes make the parsers stumble over is a refusal. Trouble with our own rows is not."""
    try:
        yield
    except (DatabaseError, PasskeyRefused):
        raise
    except Exception as failure:
        logger.info("A passkey was refused: %s", failure)
        raise PasskeyRefused(sentence) from failure


def _held(credential_id: bytes) -> Passkey:
    return (
        Passkey.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(credential_id_sha256=Passkey.get_credential_id_sha256(credential_id), confirmed=True)
    )


def _refuse_others(passkey: Passkey, handle: bytes | None, user: User | None) -> None:
    """The device names its person by their id; it is the passkey's person, the one meant here, and may come in."""
    owner = passkey.user
    if handle != owner.pk.bytes or (user is not None and user.pk != owner.pk):
        raise ValueError("the passkey is somebody else's")
    if not owner.is_active or owner.is_locked:
        raise ValueError("the account is locked or no longer active")


def _refuse_frames(client_data: bytes) -> None:
    if parse_client_data_json(client_data).cross_origin:
        raise ValueError("the ceremony was held in a frame of another site")


def _refuse_certificates(attestation: bytes) -> None:
    """We ask for no statement about the maker, so none with certificates is read."""
    parsed = parse_attestation_object(attestation)
    if parsed.fmt not in (AttestationFormat.NONE, AttestationFormat.PACKED) or parsed.att_stmt.x5c:
        raise ValueError("the answer holds a statement nobody asked for")
