import datetime
from uuid import uuid4

import pytest

from audit.models import BillingEvent
from billing.actions import invoices, payments
from billing.actions.payments import Use
from billing.errors import (
    AllocationAlreadyReleased,
    AllocationExceedsBalance,
    AllocationExceedsPayment,
    InvoiceNotPayable,
    PaymentNotReversible,
    PaymentRefused,
)
from billing.models import Invoice, LedgerEntry, Payment
from billing.money import Money
from tests import books

WHO = {"by": books.BY, "at": books.AT}


def euros(text):
    return Money.parse(text, "EUR")


def balance(customer):
    kept = customer.balances.get()
    return kept.receivable, kept.credit


def owed(invoice):
    return Invoice.objects.get(pk=invoice.pk).balance


def test_a_payment_settles_what_it_is_used_on(acme):
    invoice = books.issued(acme)

    payment = books.paid(invoice)

    stored = Invoice.objects.get(pk=invoice.pk)
    assert (stored.balance, stored.amount_paid, stored.settled_at) == (euros("0"), euros("100"), books.AT)
    assert (payment.number, payment.unapplied) == ("PAY-000001", euros("0"))
    assert balance(acme) == (euros("0"), euros("0"))
    entry = BillingEvent.objects.get(action="payment.recorded")
    assert (entry.actor_label, entry.object_label) == ("tests", "PAY-000001")
    assert entry.data["allocations"] == [{"invoice": "INV-000001", "amount": "EUR 100.00"}]


def test_one_payment_over_several_invoices_leaves_the_rest_as_credit(acme):
    first, second = books.issued(acme), books.issued(acme)

    payment = books.payment(acme, "170", [Use(first.pk, euros("100")), Use(second.pk, euros("30"))])

    assert (owed(first), owed(second), payment.unapplied) == (euros("0"), euros("70"), euros("40"))
    assert balance(acme) == (euros("70"), euros("40"))


def test_the_same_form_sent_twice_is_one_payment(acme):
    invoice, key = books.issued(acme), uuid4()
    once = books.payment(acme, "60", [Use(invoice.pk, euros("60"))], request_key=key)
    twice = books.payment(acme, "60", [Use(invoice.pk, euros("60"))], request_key=key)

    assert once == twice
    assert (Payment.objects.count(), owed(invoice)) == (1, euros("40"))


def test_credit_is_used_later_and_released_again(acme):
    payment, invoice = books.payment(acme, "80"), books.issued(acme)

    allocation = payments.allocate(payment=payment, invoice=invoice, amount=euros("80"), **WHO)
    assert (owed(invoice), balance(acme)) == (euros("20"), (euros("20"), euros("0")))

    payments.release(allocation=allocation, **WHO)
    assert (owed(invoice), balance(acme)) == (euros("100"), (euros("100"), euros("80")))
    with pytest.raises(AllocationAlreadyReleased):
        payments.release(allocation=allocation, **WHO)
    actions = list(BillingEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["payment.allocated", "payment.released"]


def test_a_reversed_payment_is_owed_again(acme):
    first, second = books.issued(acme), books.issued(acme)
    payment = books.payment(acme, "150", [Use(first.pk, euros("100")), Use(second.pk, euros("20"))])

    payments.reverse(payment=payment, reason="Cheque bounced", **WHO)

    payment.refresh_from_db()
    assert (owed(first), owed(second), payment.unapplied) == (euros("100"), euros("100"), euros("0"))
    assert balance(acme) == (euros("200"), euros("0"))
    assert BillingEvent.objects.get(action="payment.reversed").reason == "Cheque bounced"
    with pytest.raises(PaymentNotReversible):
        payments.reverse(payment=payment, reason="again", **WHO)
    with pytest.raises(PaymentRefused, match="reversed"):
        payments.allocate(payment=payment, invoice=first, amount=euros("1"), **WHO)


def test_refusals_say_what_is_wrong_and_change_nothing(acme, borealis):
    invoice, theirs = books.issued(acme), books.issued(borealis)
    dollars = books.issued(acme, currency="USD")
    void = invoices.void(invoice=books.issued(acme), reason="x", **WHO)
    written_off = invoices.write_off(invoice=books.issued(acme), reason="x", **WHO)
    draft = books.draft(acme)
    part = euros("10")
    before = LedgerEntry.objects.count()

    for error, sentence, amount, uses in [
        (AllocationExceedsBalance, "left to pay", "200", [Use(invoice.pk, euros("100.01"))]),
        (AllocationExceedsPayment, "more than the payment", "50", [Use(invoice.pk, euros("60"))]),
        (PaymentRefused, "not an invoice of Acme", "50", [Use(theirs.pk, part)]),
        (PaymentRefused, "is in USD and cannot be paid in EUR", "50", [Use(dollars.pk, part)]),
        (PaymentRefused, "only once", "50", [Use(invoice.pk, part), Use(invoice.pk, part)]),
        (PaymentRefused, "more than zero", "50", [Use(invoice.pk, euros("0"))]),
        (PaymentRefused, "more than zero", "0", []),
        (InvoiceNotPayable, "void", "50", [Use(void.pk, part)]),
        (InvoiceNotPayable, "Undo the write-off", "50", [Use(written_off.pk, part)]),
        (InvoiceNotPayable, "draft", "50", [Use(draft.pk, part)]),
    ]:
        with pytest.raises(error, match=sentence):
            books.payment(acme, amount, uses)
    with pytest.raises(PaymentRefused, match="in the future"):
        books.payment(acme, "5", received_date=books.TODAY + datetime.timedelta(days=1))

    assert (Payment.objects.count(), LedgerEntry.objects.count()) == (0, before)
    assert books.payment(acme, "5").number == "PAY-000001"


def test_no_more_is_allocated_than_is_there(acme):
    payment, invoice = books.payment(acme, "30"), books.issued(acme)

    with pytest.raises(AllocationExceedsPayment, match="Only"):
        payments.allocate(payment=payment, invoice=invoice, amount=euros("31"), **WHO)


def test_the_company_calendar_decides_what_today_is(acme):
    """At 23:30 UTC it is tomorrow already in Auckland."""
    acme.company.time_zone = "Pacific/Auckland"
    acme.company.save(update_fields=["time_zone"])
    late = datetime.datetime(2026, 3, 16, 23, 30, tzinfo=datetime.UTC)

    payment = books.payment(acme, "5", received_date=datetime.date(2026, 3, 17), at=late)

    assert payment.received_date == datetime.date(2026, 3, 17)
