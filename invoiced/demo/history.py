"""The past of the demo company, day by day: issued, sent, viewed, disputed, settled - as the receivables say."""

import datetime
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Company
from audit.actors import Actor
from billing.actions import drafts, invoices, payments
from billing.drafts import Draft, LineEntry
from billing.models import Contact, Customer, Invoice, Item, Payment
from billing.money import Money
from invoiced.demo.receivables import Receivable
from security.ids import uuid7

MAILED_DAYS = 3
VIEWED_DAYS = 60
UNTIL_DISPUTE = datetime.timedelta(days=9)


@dataclass(slots=True)
class History:
    """Replays receivables up to today; what lies after today has not happened yet."""

    company: Company
    customers: dict[str, tuple[Customer, Contact]]
    items: list[Item]
    clerk: Actor
    today: datetime.date
    now: datetime.datetime

    def replay(self, receivables: list[Receivable]) -> None:
        made: dict[Receivable, Invoice] = {}
        for day, happening in sorted(self._by_day(receivables).items()):
            issued = happening["issued"]
            made.update(zip(issued, self._issue(issued, day), strict=True))
            for receivable in happening["disputed"]:
                reason = "Says that part of the delivery was missing."
                invoices.dispute(invoice=made[receivable], reason=reason, by=self.clerk, at=self._at(day, 14))
            for receivable in happening["settled"]:
                self._settle(receivable, made[receivable], day)

    def _by_day(self, receivables: list[Receivable]) -> dict[datetime.date, dict[str, list[Receivable]]]:
        days: dict[datetime.date, dict[str, list[Receivable]]] = defaultdict(lambda: defaultdict(list))
        for receivable in receivables:
            days[receivable.issued]["issued"].append(receivable)
            days[receivable.settled]["settled"].append(receivable)
            if receivable.disputed:
                days[self._disputed_on(receivable)]["disputed"].append(receivable)
        return {day: happening for day, happening in days.items() if day <= self.today}

    def _disputed_on(self, receivable: Receivable) -> datetime.date:
        return min(receivable.issued + UNTIL_DISPUTE, receivable.settled)

    def _issue(self, receivables: list[Receivable], day: datetime.date) -> list[Invoice]:
        if not receivables:
            return []
        at = self._at(day, 9)
        drafted = drafts.create_many(
            drafts_entered=[self._draft(receivable) for receivable in receivables], by=self.clerk, at=at
        )
        issued = invoices.issue_many(invoice_ids=[draft.pk for draft in drafted], by=self.clerk, at=at)
        by_id = {invoice.pk: invoice for invoice in issued}
        in_order = [by_id[draft.pk] for draft in drafted]
        self._send(list(zip(receivables, in_order, strict=True)), day)
        return in_order

    def _send(self, issued: list[tuple[Receivable, Invoice]], day: datetime.date) -> None:
        at, age = self._at(day, 10), (self.today - day).days
        mailed = [invoice for receivable, invoice in issued if receivable.paperless]
        posted = [invoice for receivable, invoice in issued if not receivable.paperless]
        invoices.mark_sent_many(invoice_ids=[invoice.pk for invoice in posted], way="post", by=self.clerk, at=at)
        if age <= MAILED_DAYS:
            for invoice in mailed:
                invoices.send(invoice=invoice, by=self.clerk, at=at)
            return
        invoices.mark_sent_many(invoice_ids=[invoice.pk for invoice in mailed], way="e-mail", by=self.clerk, at=at)
        for invoice in mailed if age <= VIEWED_DAYS else []:
            contact = Actor.contact(invoice.customer.contacts.all()[0])
            invoices.record_view(invoice=invoice, by=contact, at=self._at(day, 16))

    def _draft(self, receivable: Receivable) -> Draft:
        customer, contact = self.customers[receivable.customer]
        item = self.items[receivable.issued.toordinal() % len(self.items)]
        return Draft(
            customer=customer,
            contact=contact,
            currency="EUR",
            issue_date=receivable.issued,
            due_date=receivable.due,
            payment_terms="NET 30",
            lines=[LineEntry(name=item.name, item=item, quantity=Decimal(1), unit_price=receivable.amount)],
        )

    def _settle(self, receivable: Receivable, invoice: Invoice, day: datetime.date) -> None:
        at = self._at(day, 11)
        if receivable.disputed:
            invoices.settle_dispute(invoice=invoice, by=self.clerk, at=at)
        amount = Money.parse(str(receivable.amount), "EUR")
        payments.record(
            customer=self.customers[receivable.customer][0],
            amount=amount,
            received_date=day,
            method=Payment.Method.WIRE if receivable.paperless else Payment.Method.CHEQUE,
            request_key=uuid7(),
            uses=[payments.Use(invoice.pk, amount)],
            by=self.clerk,
            at=at,
        )

    def _at(self, day: datetime.date, hour: int) -> datetime.datetime:
        """An hour of that day where the company is, but never later than now."""
        zone = zoneinfo.ZoneInfo(self.company.time_zone)
        moment = datetime.datetime.combine(day, datetime.time(hour), tzinfo=zone).astimezone(datetime.UTC)
        return min(moment, self.now)
