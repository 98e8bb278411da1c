"""AES-256-GCM for secrets the web process must read, each bound to the row that holds it.

A record is `0x01 | key id (2 bytes) | nonce (12) | ciphertext and tag`. The header, table, column
and row id are authenticated, so a record copied to another row or column does not open.
"""

import os
import struct
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from security import keyring

VERSION = 1
HEADER = struct.Struct(">BH")
NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionError(Exception):
    """The record was changed, moved from another place, or written with another key."""


def encrypt(plaintext: bytes, *, table: str, column: str, row: UUID) -> bytes:
    """Seal a secret for exactly this column of this row."""
    keys = keyring.current()
    header = HEADER.pack(VERSION, keys.primary)
    nonce = os.urandom(NONCE_BYTES)
    cipher = AESGCM(keys.derive(keys.primary, _purpose(table, column)))
    return header + nonce + cipher.encrypt(nonce, plaintext, _context(header, table, column, row))


def decrypt(record: bytes, *, table: str, column: str, row: UUID) -> bytes:
    """Open a record, which must be whole and in its own place."""
    if len(record) < HEADER.size + NONCE_BYTES + TAG_BYTES:
        raise DecryptionError("The stored secret is too short to be one.")
    header, rest = record[: HEADER.size], record[HEADER.size :]
    version, key_id = HEADER.unpack(header)
    if version != VERSION:
        raise DecryptionError(f"The stored secret has the unknown format {version}.")
    cipher = AESGCM(keyring.current().derive(key_id, _purpose(table, column)))
    try:
        return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _context(header, table, column, row))
    except InvalidTag:
        raise DecryptionError("The stored secret was changed or belongs to another record.") from None


def key_id(record: bytes) -> int:
    """Which key wrote this record."""
    return HEADER.unpack(record[: HEADER.size])[1]


def _purpose(table: str, column: str) -> str:
    return f"encryption:{table}.{column}"


def _context(header: bytes, table: str, column: str, row: UUID) -> bytes:
    return header + f"{table}\x00{column}\x00{row.hex}".encode()
