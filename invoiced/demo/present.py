"""What lies on the desk today: drafts, a partial payment, credit to be used, a bad debt, a void - one of each kind."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Membership
from audit.actors import Actor
from billing.actions import drafts, invoices, notes, payments
from billing.drafts import AdjustmentEntry, Draft, LineEntry
from billing.models import Customer, Invoice, Item, Payment
from billing.money import Money
from portal.actions import links
from security.ids import uuid7


@dataclass(slots=True)
class Desk:
    customers: list[Customer]
    items: dict[str, Item]
    clerk: Actor
    membership: Membership
    today: datetime.date
    now: datetime.datetime

    def lay_out(self) -> Invoice:
        """Returns the invoice whose link the demo shows."""
        late, bad, wrong, partly, credited, shown, drafted = self.customers[:7]
        self._issued(late, days_ago=75, quantity="2")
        written_off = self._issued(bad, days_ago=140, quantity="1")
        giving_up: dict[str, Any] = {"membership": self.membership, "by": self.clerk, "at": self.now}
        invoices.write_off(invoice=written_off, reason="Insolvent, no quota expected", **giving_up)
        voided = self._issued(wrong, days_ago=6, quantity="1")
        invoices.void(invoice=voided, reason="Ordered twice by mistake", **giving_up)
        half_paid = self._issued(partly, days_ago=48, quantity="3")
        self._paid(partly, half_paid.total.minor // 2, half_paid)
        self._paid(credited, 25_000)
        notes.create(customer=late, text="Promised to pay by the end of the month.", by=self.clerk, at=self.now)
        invoice = self._issued(shown, days_ago=2, quantity="2")
        invoices.send(invoice=invoice, by=self.clerk, at=self.now)
        self._draft(drafted, days_ago=0, quantity="4")
        self._draft(shown, days_ago=0, quantity="1")
        return invoice

    def _issued(self, customer: Customer, *, days_ago: int, quantity: str) -> Invoice:
        draft = self._draft(customer, days_ago=days_ago, quantity=quantity)
        return invoices.issue(invoice=draft, by=self.clerk, at=self.now)

    def _draft(self, customer: Customer, *, days_ago: int, quantity: str) -> Invoice:
        """Two tax rates, a discount on a line and on the whole, and a charge."""
        return drafts.create(
            draft=Draft(
                customer=customer,
                currency="EUR",
                issue_date=self.today - datetime.timedelta(days=days_ago),
                payment_terms="2% 10 NET 30",
                purchase_order="PO-2217",
                message="Thank you for your order.",
                lines=[
                    self._line("CHAIR-01", quantity, discount_percent=Decimal(10)),
                    self._line("COFFEE-1", "6"),
                    self._line("SERVICE", "1.5"),
                ],
                adjustments=[
                    AdjustmentEntry(kind="discount", label="Loyalty", percent=Decimal(3)),
                    AdjustmentEntry(kind="charge", label="Delivery", amount=Money(950, "EUR")),
                ],
            ),
            by=self.clerk,
            at=self.now,
        )

    def _line(self, code: str, quantity: str, **fields: Any) -> LineEntry:
        item = self.items[code]
        return LineEntry(
            name=item.name,
            item=item,
            quantity=Decimal(quantity),
            unit=item.unit,
            unit_price=item.unit_price,
            tax_rates=tuple(item.tax_rates.all()),
            **fields,
        )

    def _paid(self, customer: Customer, minor: int, invoice: Invoice | None = None) -> None:
        amount = Money(minor, "EUR")
        payments.record(
            customer=customer,
            amount=amount,
            received_date=self.today,
            method=Payment.Method.WIRE,
            reference="Transfer received today",
            request_key=uuid7(),
            uses=[payments.Use(invoice.pk, amount)] if invoice else [],
            by=self.clerk,
            at=self.now,
        )


def link_to(invoice: Invoice, by: Actor, at: datetime.datetime) -> str:
    recipient = invoice.customer.contacts.order_by("name")[0].email
    return links.create(invoice=invoice, recipient=recipient, by=by, at=at)
