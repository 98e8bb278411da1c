import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

from security import encryption, keyring
from security.encryption import DecryptionError
from security.ids import uuid7
from security.keyring import UnknownKeyError

FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
ROW = uuid7()


def seal(text: bytes = b"seed", *, table="accounts_totpdevice", column="seed", row=ROW) -> bytes:
    return encryption.encrypt(text, table=table, column=column, row=row)


def open_(record: bytes, *, table="accounts_totpdevice", column="seed", row=ROW) -> bytes:
    return encryption.decrypt(record, table=table, column=column, row=row)


@pytest.mark.parametrize("text", [b"", b"x", b"seed" * 1000, "née 王".encode()])
def test_what_was_sealed_opens_in_its_place(text):
    record = seal(text)

    assert open_(record) == text
    assert len(record) == len(text) + 31
    # A text of a letter or two may stand in any record by chance.
    assert len(text) < 4 or text not in record


def test_a_record_has_the_documented_format(settings):
    settings.ENCRYPTION_KEYS = f"258:{FIRST}"
    record = seal(b"seed")

    header, nonce, sealed = record[:3], record[3:15], record[15:]
    key = keyring.current().derive(258, "encryption:accounts_totpdevice.seed")
    context = header + b"accounts_totpdevice\x00seed\x00" + ROW.hex.encode()
    assert header == b"\x01\x01\x02"
    assert len(key) == 32
    assert AESGCM(key).decrypt(nonce, sealed, context) == b"seed"


def test_the_same_text_is_sealed_differently_each_time():
    assert len({seal() for _ in range(20)}) == 20


@pytest.mark.parametrize("place", [{"row": uuid7()}, {"table": "billing_gateway"}, {"column": "other"}])
def test_a_record_copied_elsewhere_does_not_open(place):
    with pytest.raises(DecryptionError):
        open_(seal(), **place)


def test_a_single_flipped_bit_is_noticed_wherever_it_is():
    record = seal()

    for position in range(len(record) * 8):
        changed = bytearray(record)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises((DecryptionError, UnknownKeyError)):
            open_(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 3, 15, 30])
def test_a_record_cut_short_does_not_open(length):
    with pytest.raises(DecryptionError):
        open_(seal()[:length])


def test_old_records_stay_readable_while_new_ones_use_the_first_key(settings):
    settings.ENCRYPTION_KEYS = f"1:{FIRST}"
    old = seal()

    settings.ENCRYPTION_KEYS = f"2:{SECOND},1:{FIRST}"
    new = seal()

    assert (encryption.key_id(old), encryption.key_id(new)) == (1, 2)
    assert (open_(old), open_(new)) == (b"seed", b"seed")


def test_a_key_that_was_taken_away_is_named(settings):
    settings.ENCRYPTION_KEYS = f"1:{FIRST}"
    record = seal()
    settings.ENCRYPTION_KEYS = f"2:{SECOND}"

    with pytest.raises(UnknownKeyError, match="key 1 is not in ENCRYPTION_KEYS"):
        open_(record)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("", "cannot be read"),
        ("1", "has 0 bytes"),
        ("1:not base64!", "cannot be read"),
        (f"one:{FIRST}", "cannot be read"),
        (f"0:{FIRST}", "ids go from 1 to 65535"),
        (f"65536:{FIRST}", "ids go from 1 to 65535"),
        ("1:" + base64.b64encode(b"short").decode(), "Key 1 in ENCRYPTION_KEYS has 5 bytes"),
        (f"1:{FIRST},1:{SECOND}", "one id twice"),
        (f"1:{FIRST},", "cannot be read"),
    ],
)
def test_unusable_keys_are_refused_with_what_to_write(keys, complaint):
    with pytest.raises(ImproperlyConfigured, match=complaint) as refusal:
        keyring.parse(keys)

    assert "id:base64" in str(refusal.value)
    assert FIRST not in str(refusal.value)


def test_fingerprints_differ_by_purpose_and_are_found_under_any_key(settings):
    settings.ENCRYPTION_KEYS = f"1:{FIRST}"
    old = keyring.fingerprint("secret", "a")
    settings.ENCRYPTION_KEYS = f"2:{SECOND},1:{FIRST}"

    assert keyring.fingerprint("secret", "a") != keyring.fingerprint("secret", "b")
    assert old in keyring.fingerprints("secret", "a")
    assert old not in keyring.fingerprints("secreT", "a")
