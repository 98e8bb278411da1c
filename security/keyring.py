"""The keys that protect stored secrets: numbered, the first one writes, all of them read."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
LARGEST_KEY_ID = 0xFFFF
HOW_TO_WRITE_KEYS = "Write each key as id:base64 of 32 random bytes, the one to write with first, separated by commas."


class UnknownKeyError(Exception):
    """A stored secret names a key that is not in the keyring."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys by id. `primary` protects what is written from now on."""

    primary: int
    keys: dict[int, bytes]

    def derive(self, key_id: int, purpose: str) -> bytes:
        """A 256-bit key for one purpose, so that no two purposes share a key."""
        if key_id not in self.keys:
            raise UnknownKeyError(f"Encryption key {key_id} is not in ENCRYPTION_KEYS.")
        return _derive(self.keys[key_id], purpose)


def current() -> Keyring:
    """The keyring of this installation."""
    return parse(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=8)
def parse(text: str) -> Keyring:
    """Read `id:base64key` entries separated by commas; the first is the primary."""
    entries = [_entry(part.strip()) for part in text.split(",")]
    keys = dict(entries)
    if len(keys) != len(entries):
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS names one id twice. {HOW_TO_WRITE_KEYS}")
    return Keyring(primary=entries[0][0], keys=keys)


def fingerprint(value: str, purpose: str) -> str:
    """A keyed hash of a secret: comparable by us, useless to whoever reads the database."""
    keyring = current()
    return _fingerprint(keyring, keyring.primary, value, purpose)


def fingerprints(value: str, purpose: str) -> list[str]:
    """The fingerprint of a secret under every key, to find it whichever key was in use."""
    keyring = current()
    return [_fingerprint(keyring, key_id, value, purpose) for key_id in keyring.keys]


def _entry(text: str) -> tuple[int, bytes]:
    number, _, encoded = text.partition(":")
    try:
        key_id, key = int(number), base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS has an entry that cannot be read. {HOW_TO_WRITE_KEYS}") from None
    if not 1 <= key_id <= LARGEST_KEY_ID:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS ids go from 1 to {LARGEST_KEY_ID}. {HOW_TO_WRITE_KEYS}")
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"Key {key_id} in ENCRYPTION_KEYS has {len(key)} bytes. {HOW_TO_WRITE_KEYS}")
    return key_id, key


def _fingerprint(keyring: Keyring, key_id: int, value: str, purpose: str) -> str:
    key = keyring.derive(key_id, f"fingerprint:{purpose}")
    return f"{key_id}:{hmac.new(key, value.encode(), hashlib.sha256).hexdigest()}"


@lru_cache(maxsize=256)
def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"invoiced:{purpose}".encode()).derive(master)
