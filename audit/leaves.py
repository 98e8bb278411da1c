"""The bytes of an entry as they are hashed: its `entry.json`, canonical JSON of format "invoiced-entry/1".

Read by SQL, as text, straight from the columns: the same few lines seal an entry, prove it and check it, and hundreds
of thousands can be checked in a moment. docs/log-format.md describes the format.
"""

import json.encoder
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from audit.merkle import leaf_hash

TABLES = {"billing": "audit_billingevent", "security": "audit_securityevent"}
FORMAT = "invoiced-entry/1"
_quoted = json.encoder.encode_basestring
_TEXTS = """
    action actor_id actor_label actor_type outcome reason request_id session user_agent object_id object_label
    object_type on_behalf_of changes data
""".split()


def columns(alias: str) -> str:
    """What `entry_bytes` takes, as a SQL select list on any database we run on.

    Begins with the ids of the entry, its company and its customer, as text that UUID() reads, and the time.
    """
    texts = ", ".join(f"{alias}.{name}" for name in _TEXTS)
    if connection.vendor == "postgresql":
        at = f"to_char({alias}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        ids = ", ".join(f"{alias}.{name}::text" for name in ("id", "company_id", "customer_id"))
        return f"{ids}, {at}, host({alias}.ip), {alias}.salt, {texts}"
    at = f"replace({alias}.at, ' ', 'T') || CASE length({alias}.at) WHEN 19 THEN '.000000Z' ELSE 'Z' END"
    ids = f"{alias}.id, {alias}.company_id, {alias}.customer_id"
    return f"{ids}, {at}, {alias}.ip, {alias}.salt, {texts}"


def entry_bytes(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    """The canonical JSON of an entry, with its running number in its company's log and its salt."""
    (id, company, customer, at, ip, salt, action, actor_id, actor_label, actor_type, outcome, reason, request_id) = row[
        :13
    ]
    session, user_agent, object_id, object_label, object_type, on_behalf_of, changes, data = row[13:]
    return (
        f'{{"action":{_quoted(action)},"actor":{{"id":{_quoted(actor_id)},"label":{_quoted(actor_label)},'
        f'"type":{_quoted(actor_type)}}},"at":"{at}","changes":{changes or "null"},"company":{_uuid_or_null(company)},'
        f'"customer":{_uuid_or_null(customer)},"data":{data},"format":"{FORMAT}","id":"{_dashed(id)}","ip":{_or_null(ip)},'
        f'"log":"{log}","number":{number},"object":{{"id":{_quoted(object_id)},"label":{_quoted(object_label)},'
        f'"type":{_quoted(object_type)}}},"on_behalf_of":{_quoted(on_behalf_of)},"outcome":{_quoted(outcome)},'
        f'"reason":{_quoted(reason)},"request_id":{_quoted(request_id)},"salt":"{bytes(salt).hex()}",'
        f'"session":{_quoted(session)},"user_agent":{_quoted(user_agent)}}}'
    ).encode()


def entry_hash(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    return leaf_hash(entry_bytes(log, number, row))


def digest_of(entries: Iterable[tuple[str, int, tuple[Any, ...]]]) -> str:
    """What binds several entries, each with its log and number: SHA-256 over their leaf hashes, in this order."""
    return sha256(b"".join(entry_hash(log, number, row) for log, number, row in entries)).hexdigest()


def rows_of(log: str, ids: Iterable[UUID]) -> Iterator[tuple[Any, ...]]:
    """The rows of these entries, in no order; what is not there is left out."""
    values = [id.hex if connection.vendor == "sqlite" else id for id in ids]
    with connection.cursor() as cursor:
        for start in range(0, len(values), 500):
            part = values[start : start + 500]
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(f"SELECT {columns('e')} FROM {TABLES[log]} e WHERE e.id IN ({marks})", part)  # noqa: S608
            yield from cursor.fetchall()


@lru_cache(maxsize=10_000)
def _uuid_or_null(stored: str | None) -> str:
    """Few companies and customers have many entries, so what was worked out is kept for the next one."""
    return "null" if stored is None else f'"{_dashed(stored)}"'


def _dashed(stored: str) -> str:
    """A UUID as PostgreSQL writes it; SQLite keeps the 32 digits alone."""
    if len(stored) != 32:
        return stored
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def _or_null(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
