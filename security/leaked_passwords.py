"""Passwords known from break-ins and from being everybody's: a list shipped with the product, asked without a network.

The list holds no passwords, only the first five bytes of the SHA-256 of each. What it is made from
stands beside it, in data/README.md. In the file, a byte for each value of the first two bytes says
how many fingerprints begin so; then come the other three bytes of each, in that order.
"""

import hashlib
import string
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "leaked_passwords.bin"
HEADS = 1 << 16
TAIL = 3
ADDED_SIGNS = string.digits + string.punctuation + " "


def is_leaked(password: str) -> bool:
    """Whether a password is on the list, in any capitals, as it is or with digits and signs put before or behind."""
    text = folded(password)
    return any(_is_listed(_fingerprint(one)) for one in {text, text.strip(ADDED_SIGNS)})


def folded(text: str) -> str:
    """One spelling for all capitals and widths of the same letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def pack(passwords: Iterable[str]) -> bytes:
    """The contents of the file for these passwords."""
    fingerprints = sorted({_fingerprint(folded(password)) for password in passwords})
    counts = bytearray(HEADS)
    for head, _ in fingerprints:
        counts[head] += 1
    return bytes(counts) + b"".join(tail for _, tail in fingerprints)


def _is_listed(fingerprint: tuple[int, bytes]) -> bool:
    head, tail = fingerprint
    listed = _list()
    first = HEADS + TAIL * sum(listed[:head])
    here = listed[first : first + TAIL * listed[head]]
    return any(here[start : start + TAIL] == tail for start in range(0, len(here), TAIL))


def _fingerprint(text: str) -> tuple[int, bytes]:
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:2]), digest[2 : 2 + TAIL]


@cache
def _list() -> bytes:
    return LIST.read_bytes()
