"""That one process seals at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

ADVISORY_LOCK = 0x5EA1_1065
"""The PostgreSQL lock of whoever seals, arbitrary and fixed."""


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether we are the one who seals now: one process on this machine, one session at the database."""
    settings.LOG_DIR.mkdir(parents=True, exist_ok=True)
    with open(settings.LOG_DIR / ".lock", "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if connection.vendor != "postgresql":
            yield True
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            [is_ours] = cursor.fetchone()
        try:
            yield is_ours
        finally:
            if is_ours:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
