"""Writing the logs. One entry a change, in the transaction of the change."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction

from audit.actors import Actor
from audit.models import LOGS, Envelope, Outcome
from audit.registry import EventType, is_declared
from audit.values import long_text, plain_mapping, plain_pairs, text

OUTCOMES = frozenset(Outcome.values)
ROWS_AN_INSERT = 1_000


def record(event_type: EventType, *, target: models.Model, by: Actor, at: datetime, **details: Any) -> Envelope:
    """Write one entry in the caller's transaction, so it stands or falls with the change. Takes what `entry` takes."""
    _require_transaction()
    new = entry(event_type, target=target, by=by, at=at, **details)
    new.save(force_insert=True)
    return new


def record_many(entries: Iterable[Envelope]) -> None:
    """Write entries made by `entry`, for an action that changes many records at once."""
    _require_transaction()
    by_log: dict[type[Envelope], list[Envelope]] = {}
    for new in entries:
        by_log.setdefault(type(new), []).append(new)
    for log, rows in by_log.items():
        log._base_manager.bulk_create(rows, batch_size=ROWS_AN_INSERT)


def entry(
    event_type: EventType,
    *,
    target: models.Model,
    by: Actor,
    at: datetime,
    outcome: str = "success",
    reason: str = "",
    changes: dict[str, list[Any]] | None = None,
    company_id: UUID | None = None,
    **data: Any,
) -> Envelope:
    """An entry not yet written. `changes` is {"field": [before, after]}; `data` is what the event declares, no more.

    Raises ValueError for anything else, so that the change does not happen either.
    """
    _require_declared(event_type, outcome)
    _require_schema(event_type, data, changes)
    kind = target._meta.model_name or ""
    return LOGS[event_type.log](
        at=at,
        company_id=company_id or (target.pk if kind == "company" else getattr(target, "company_id", None)),
        customer_id=target.pk if kind == "customer" else getattr(target, "customer_id", None),
        actor_type=by.type,
        actor_id=text(by.id, 100),
        actor_label=text(by.label, 200),
        on_behalf_of=text(by.on_behalf_of, 200),
        session=text(by.session, 64),
        ip=_address(by.ip),
        user_agent=text(by.user_agent, 400),
        action=event_type.code,
        object_type=kind,
        object_id=str(target.pk),
        object_label=text(target, 200),
        changes=_pairs(changes),
        data=plain_mapping(data),
        outcome=outcome,
        reason=long_text(reason),
        request_id=text(by.request_id, 100),
    )


def _address(ip: str | None) -> str | None:
    """An address in the one spelling both databases give back: without its zone, and as IPv4 where it carries one."""
    try:
        address = ipaddress.ip_address((ip or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Entries are recorded inside transaction.atomic, together with the change they describe.")


def _require_declared(event_type: EventType, outcome: str) -> None:
    if not is_declared(event_type):
        raise ValueError(f'"{event_type.code}" is not a declared event.')
    if outcome not in OUTCOMES:
        raise ValueError(f'"{outcome}" is not an outcome; known: {", ".join(sorted(OUTCOMES))}.')


def _require_schema(event_type: EventType, data: dict[str, Any], changes: dict[str, list[Any]] | None) -> None:
    declared = event_type.fields
    if unknown := data.keys() - declared.keys():
        raise ValueError(f'"{event_type.code}" does not keep: {", ".join(sorted(unknown))}. Declare it in events.py.')
    if missing := declared.keys() - data.keys():
        raise ValueError(f'"{event_type.code}" also needs: {", ".join(sorted(missing))}.')
    for name, value in data.items():
        if not declared[name].holds(value):
            raise ValueError(
                f'"{event_type.code}" keeps {name} as {declared[name].name}, and {type(value).__name__} is not one.'
            )
    if changes is not None and not event_type.has_changes:
        raise ValueError(f'"{event_type.code}" tells of no changed fields. Declare it with changes=True.')


def _pairs(changes: dict[str, list[Any]] | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in changes.values()):
        raise ValueError('Changes are given as {"field": [before, after]}.')
    return plain_pairs(changes)
