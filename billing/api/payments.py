"""Payments as programs read them."""

from collections.abc import Iterable, Sequence
from typing import Any

from billing.api import shapes
from billing.api.shapes import Shape
from billing.models import Allocation, Payment

PAYER = Shape("Payer", "Whose money it is.", {"id": shapes.identity("pk"), "name": shapes.text("name")})
INVOICE_NUMBERED = Shape(
    "InvoiceNumber", "An invoice by its number.", {"id": shapes.identity("pk"), "number": shapes.text("number")}
)
ALLOCATION = Shape(
    "Allocation",
    "The part of a payment that was used on one invoice, until it is released.",
    {
        "id": shapes.identity("pk"),
        "invoice": shapes.part(INVOICE_NUMBERED, "invoice"),
        "amount": shapes.money("amount"),
        "allocated_at": shapes.instant("allocated_at"),
        "released_at": shapes.maybe(shapes.instant("released_at")),
    },
)
PAYMENT = Shape(
    "Payment",
    "Money that arrived.",
    {
        "id": shapes.identity("pk"),
        "number": shapes.text("number"),
        "customer": shapes.part(PAYER, "customer"),
        "received_date": shapes.day("received_date"),
        "method": shapes.choice("method", Payment.Method.values),
        "source": shapes.choice("source", Payment.Source.values),
        "reference": shapes.text("reference"),
        "amount": shapes.money("amount"),
        "unapplied": shapes.money("unapplied", "What no invoice has used yet."),
        "recorded_at": shapes.instant("recorded_at"),
        "reversed_at": shapes.maybe(shapes.instant("reversed_at")),
        "reversal_reason": shapes.text("reversal_reason"),
    },
)
PAYMENT_WITH_ALLOCATIONS = PAYMENT.extended(
    "PaymentWithAllocations", "A payment and what it was used on.", allocations=shapes.several(ALLOCATION)
)


def written(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    return [PAYMENT.write(payment) for payment in payments]


def written_with_allocations(payment: Payment, allocations: Iterable[Allocation]) -> dict[str, Any]:
    return PAYMENT_WITH_ALLOCATIONS.write(payment, allocations=[ALLOCATION.write(one) for one in allocations])
