"""Tokens carried in links: 256 random bits for the reader, only their hash for us."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, safe to put in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored and looked up in place of the token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
