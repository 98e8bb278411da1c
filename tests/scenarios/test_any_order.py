"""Whatever is done to invoices and payments, in whatever order: the books stay true and no amount is lost."""

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions import invoices, payments
from billing.actions.payments import Use
from billing.errors import BillingError
from billing.models import Allocation, Invoice, LedgerEntry, Payment
from billing.money import Money
from billing.queries.books.checks import CHECKS
from tests import books

WHO = {"by": books.BY, "at": books.AT}
ACTS = ["issue", "issue", "pay", "pay", "overpay", "allocate", "release", "reverse", "void", "write_off", "reinstate"]
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(1, 20_000)), min_size=3, max_size=14)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_books_stay_true(company, acme, steps):
    with transaction.atomic():
        for act, which, minor in steps:
            perform(acme, act, which, Money(minor, "EUR"))
        assert [sentence for check in CHECKS for sentence in check(company.pk).wrong] == []
        assert_nothing_is_lost(acme)
        transaction.set_rollback(True)


def perform(acme, act, which, amount):
    """One step; what the rules refuse leaves no trace, which the check afterwards would find."""
    try:
        with transaction.atomic():
            STEPS[act](acme, which, amount)
    except BillingError:
        pass


def pick(records, which):
    found = list(records.order_by("pk"))
    if not found:
        raise BillingError("nothing there")
    return found[which % len(found)]


def issue(acme, which, amount):
    books.issued(acme, lines=[books.line(str(amount.amount))])


def pay(acme, which, amount):
    books.paid(pick(Invoice.objects.open(), which))


def overpay(acme, which, amount):
    invoice = pick(Invoice.objects.open(), which)
    books.payment(acme, str((invoice.balance + amount).amount), [Use(invoice.pk, invoice.balance)])


def allocate(acme, which, amount):
    payment, invoice = pick(Payment.objects.all(), which), pick(Invoice.objects.all(), which)
    payments.allocate(payment=payment, invoice=invoice, amount=amount, **WHO)


def release(acme, which, amount):
    payments.release(allocation=pick(Allocation.objects.select_related("payment", "invoice"), which), **WHO)


def reverse(acme, which, amount):
    payments.reverse(payment=pick(Payment.objects.all(), which), reason="bounced", **WHO)


def void(acme, which, amount):
    invoices.void(invoice=pick(Invoice.objects.all(), which), reason="wrong", **WHO)


def write_off(acme, which, amount):
    invoices.write_off(invoice=pick(Invoice.objects.all(), which), reason="insolvent", **WHO)


def reinstate(acme, which, amount):
    invoices.reinstate(invoice=pick(Invoice.objects.all(), which), **WHO)


STEPS = {
    "issue": issue,
    "pay": pay,
    "overpay": overpay,
    "allocate": allocate,
    "release": release,
    "reverse": reverse,
    "void": void,
    "write_off": write_off,
    "reinstate": reinstate,
}


def assert_nothing_is_lost(acme):
    """What is open plus what was written off equals what was asked for minus what stayed paid."""
    asked = sum(invoice.total.minor for invoice in Invoice.objects.filter(status__in=["issued", "written_off"]))
    received = sum(payment.amount.minor for payment in Payment.objects.filter(reversed_at=None))
    written_off = sum(invoice.amount_written_off.minor for invoice in Invoice.objects.all())
    assert sum(entry.amount.minor for entry in LedgerEntry.objects.all()) == asked - received - written_off
