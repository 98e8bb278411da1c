"""Record ids: time-ordered, so indexes stay compact, and random, so nobody can guess a neighbour."""

import hashlib
import secrets
import time
from uuid import UUID

VERSION_7 = 0x7
VARIANT_RFC_9562 = 0b10


def uuid7() -> UUID:
    """A UUID version 7: 48 bits of milliseconds, 12 bits of the fraction, 62 random bits."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= VERSION_7 << 76
    value |= fraction << 64
    value |= VARIANT_RFC_9562 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)


def id_of_a_form(form: UUID, *maker: object) -> UUID:
    """The id of what this maker's form makes: the same whenever it is sent again, and never one that a client chose."""
    said = "\0".join(map(str, (*maker, form)))
    rest = int.from_bytes(hashlib.sha256(said.encode()).digest()[:10])
    value = (form.int >> 80) << 80 | rest
    value = value & ~(0xF << 76) | VERSION_7 << 76
    value = value & ~(0b11 << 62) | VARIANT_RFC_9562 << 62
    return UUID(int=value)
