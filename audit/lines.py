"""An entry as it leaves us: one line of JSON, the same in an export and in a stream (docs/log-exports.md)."""

import json
from datetime import UTC, datetime
from typing import Any

from audit.models import Envelope, Leaf

FORMAT = "invoiced-log-line/1"


def said(entry: Envelope) -> dict[str, Any]:
    """What `entry.json` says but its salt, with the sentence people read; `entry.place` must have been looked for.

    The salt stays here: with it, an erased entry could be guessed from its hash.
    """
    return {
        "format": FORMAT,
        "log": entry.log,
        **_place(entry.place),
        "id": str(entry.pk),
        "at": instant(entry.at),
        "company": str(entry.company_id) if entry.company_id else None,
        "customer": str(entry.customer_id) if entry.customer_id else None,
        "actor": {"type": entry.actor_type, "id": entry.actor_id, "label": entry.actor_label},
        "on_behalf_of": entry.on_behalf_of,
        "action": entry.action,
        "sentence": str(entry),
        "object": {"type": entry.object_type, "id": entry.object_id, "label": entry.object_label},
        "changes": entry.changes,
        "data": entry.data,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "ip": entry.ip,
        "user_agent": entry.user_agent,
        "session": entry.session,
        "request_id": entry.request_id,
        "erased_at": instant(entry.erased_at) if entry.erased_at else None,
    }


def missing(leaf: Leaf) -> dict[str, Any]:
    """What is known of an entry that was sealed and is gone."""
    return {"format": FORMAT, "log": leaf.log, **_place(leaf), "id": str(leaf.entry_id), "missing": True}


def line(told: dict[str, Any]) -> str:
    """It is ASCII, so that no program takes a character of it for the end of the line."""
    return json.dumps(told) + "\n"


def instant(at: datetime) -> str:
    """An instant as `entry.json` has it: UTC, to the microsecond (RFC 3339)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _place(leaf: Leaf | None) -> dict[str, Any]:
    if leaf is None:
        return {"number": None, "index": None, "leaf_hash": None}
    return {"number": leaf.number, "index": leaf.index, "leaf_hash": bytes(leaf.hash).hex()}
