"""Entries of the billing log as programs read them."""

from collections.abc import Sequence
from typing import Any

from audit.models import ActorType, BillingEvent, Outcome
from billing.api import shapes
from billing.api.parameters import as_instant
from billing.api.shapes import Shape
from billing.queries.keyset import Order

OLDEST_FIRST = Order("at", False, as_instant)
ACTOR = Shape(
    "Actor",
    "Who did it.",
    {
        "type": shapes.choice("actor_type", ActorType.values),
        "id": shapes.text("actor_id"),
        "name": shapes.text("actor_name"),
        "on_behalf_of": shapes.text("on_behalf_of", "Who made the key, where a program did it; else empty."),
    },
)
OBJECT = Shape(
    "Object",
    "What it was done to.",
    {"type": shapes.text("object_type"), "id": shapes.text("object_id"), "name": shapes.text("object_name")},
)
EVENT = Shape(
    "Event",
    "One entry of the billing log. Entries are never changed or removed; what an old one says may have been erased.",
    {
        "id": shapes.identity("pk"),
        "at": shapes.instant("at"),
        "action": shapes.text("action", "A code such as invoice.issued; docs/events.md lists them."),
        "sentence": shapes.text("sentence", "What happened, as people read it after the name of the actor."),
        "actor": shapes.part(ACTOR),
        "object": shapes.part(OBJECT),
        "customer_id": shapes.maybe(shapes.identity("customer_id")),
        "outcome": shapes.choice("outcome", Outcome.values),
        "reason": shapes.text("reason"),
        "changes": shapes.maybe(shapes.free("changes", "Each changed field with its value before and after.")),
        "data": shapes.free("data", "What else was recorded."),
        "erased_at": shapes.maybe(shapes.instant("erased_at", "When what it said was erased: then texts are empty.")),
    },
)


def written(entries: Sequence[BillingEvent]) -> list[dict[str, Any]]:
    return [EVENT.write(entry) for entry in entries]
