"""The bytes of an entry as they are hashed: its `entry.json`, canonical JSON of format "invoiced-entry/1".

Read by SQL, as text, straight from the columns: the same few lines seal an entry, prove it and check it, and hundreds
of thousands can be checked in a moment. docs/log-format.md describes the format.
"""

import json
import json.encoder
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from audit.canonical import dumps
from audit.merkle import leaf_hash

TABLES = {"billing": "audit_billingevent", "security": "audit_securityevent"}
FORMAT = "invoiced-entry/1"
_quoted = json.encoder.encode_basestring
_TEXTS = """
    action actor_id actor_label actor_type outcome reason request_id session user_agent object_id object_label
    object_type on_behalf_of changes data
""".split()
_ID = re.compile("[0-9a-f]{32}")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_IP = re.compile("[0-9a-f.:]+")


class Unreadable(ValueError):
    """Something in the row of an entry is not as we write it, so it has no bytes of our format."""


def columns(alias: str) -> str:
    """What `entry_bytes` takes, as a SQL select list on any database we run on.

    Begins with what `envelope` gives. An address with a mask keeps it, which ours never have.
    """
    ip = f"abbrev({alias}.ip)" if connection.vendor == "postgresql" else f"{alias}.ip"
    return ", ".join([envelope(alias), ip, f"{alias}.salt", *(f"{alias}.{name}" for name in _TEXTS)])


def envelope(alias: str) -> str:
    """The ids of the entry, its company and its customer, each as 32 hexadecimal digits, and the time, as SQL.

    SQLite keeps any text, and PostgreSQL years before Christ and infinity: a time that we never write gives no time.
    """
    names = ("id", "company_id", "customer_id")
    if connection.vendor == "postgresql":
        written = f"to_char({alias}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        ours = f"{alias}.at >= '0001-01-01 00:00:00+00' AND {alias}.at < 'infinity'"
        at = f"CASE WHEN {ours} THEN {written} ELSE '' END"
        return ", ".join([*(f"replace({alias}.{name}::text, '-', '')" for name in names), at])
    seconds, digits, ours = "____-__-__ __:__:__", f"replace({alias}.at, ' ', 'T')", f"typeof({alias}.at) = 'text'"
    at = (
        f"CASE WHEN {ours} AND {alias}.at LIKE '{seconds}' THEN {digits} || '.000000Z' "
        f"WHEN {ours} AND {alias}.at LIKE '{seconds}.______' AND substr({alias}.at, 20) <> '.000000' "
        f"THEN {digits} || 'Z' "
        "ELSE '' END"
    )
    return ", ".join([*(f"{alias}.{name}" for name in names), at])


def entry_bytes(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    """The canonical JSON of an entry, with its running number among its company's and its salt. Raises Unreadable."""
    try:
        if problem := _unlike_ours(row):
            raise Unreadable(f"{problem} is not as we write it")
        return _bytes(log, number, row)
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"The {log} entry {row[0]} cannot be read: {error}.") from None


def _unlike_ours(row: tuple[Any, ...]) -> str:
    """Which part of a row has another form than ours; what is no text at all fails on its own."""
    ids, at, ip, changes, data = row[:3], row[3], row[4], row[19], row[20]
    if not all(id is None or _ID.fullmatch(id) for id in ids):
        return "an id"
    if not _AT.fullmatch(at):
        return "the time"
    if not (ip is None or _IP.fullmatch(ip)):
        return "the address"
    if not ((changes is None or _is_canonical(changes)) and _is_canonical(data)):
        return "the data"
    return ""


def _is_canonical(text: str) -> bool:
    return text.startswith("{") and dumps(json.loads(text)) == text


def _bytes(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    (id, company, customer, at, ip, salt, action, actor_id, actor_label, actor_type, outcome, reason, request_id) = row[
        :13
    ]
    session, user_agent, object_id, object_label, object_type, on_behalf_of, changes, data = row[13:]
    kept = "null" if changes is None else changes
    return (
        f'{{"action":{_quoted(action)},"actor":{{"id":{_quoted(actor_id)},"label":{_quoted(actor_label)},'
        f'"type":{_quoted(actor_type)}}},"at":"{at}","changes":{kept},"company":{_uuid_or_null(company)},'
        f'"customer":{_uuid_or_null(customer)},"data":{data},"format":"{FORMAT}","id":"{_dashed(id)}","ip":{_or_null(ip)},'
        f'"log":"{log}","number":{number},"object":{{"id":{_quoted(object_id)},"label":{_quoted(object_label)},'
        f'"type":{_quoted(object_type)}}},"on_behalf_of":{_quoted(on_behalf_of)},"outcome":{_quoted(outcome)},'
        f'"reason":{_quoted(reason)},"request_id":{_quoted(request_id)},"salt":"{bytes(salt).hex()}",'
        f'"session":{_quoted(session)},"user_agent":{_quoted(user_agent)}}}'
    ).encode()


def entry_hash(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    return leaf_hash(entry_bytes(log, number, row))


def sealed_hash(log: str, number: int, row: tuple[Any, ...]) -> bytes:
    """The same for comparing with what was sealed, much faster: that the hash fits says that all is as we write it.

    Raises TypeError or ValueError where a part has no bytes at all.
    """
    return leaf_hash(_bytes(log, number, row))


def digest_of(entries: Iterable[tuple[str, int, tuple[Any, ...]]]) -> str:
    """What binds several entries, each with its log and number: SHA-256 over their leaf hashes, in this order."""
    return sha256(b"".join(entry_hash(log, number, row) for log, number, row in entries)).hexdigest()


def rows_of(log: str, ids: Iterable[UUID]) -> Iterator[tuple[Any, ...]]:
    """The rows of these entries, in no order; what is not there is left out."""
    wanted = list(ids)
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), 500):
            condition, given = among("e.id", wanted[start : start + 500])
            cursor.execute(f"SELECT {columns('e')} FROM {TABLES[log]} e WHERE {condition}", given)  # noqa: S608
            yield from cursor.fetchall()


def among(column: str, ids: Sequence[UUID]) -> tuple[str, list[str]]:
    """That a column holds one of these ids, as SQL with its parameters: a single one where the database has arrays."""
    values = [id.hex for id in ids]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::uuid[])", [f"{{{','.join(values)}}}"]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", values


@lru_cache(maxsize=10_000)
def _uuid_or_null(stored: str | None) -> str:
    """Few companies and customers have many entries, so what was worked out is kept for the next one."""
    return "null" if stored is None else f'"{_dashed(stored)}"'


def _dashed(stored: str) -> str:
    """A UUID as people write it, from its 32 digits alone: in SQLite it could be kept in other spellings."""
    if len(stored) != 32:
        raise Unreadable(f"{stored} is no id of 32 digits")
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def _or_null(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
