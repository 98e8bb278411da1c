"""Money and numbers hold when people press at the same instant. Real transactions, on both databases."""

from uuid import uuid4

import pytest

from accounts.scoping import in_company
from billing.actions import drafts, invoices, payments
from billing.actions.payments import Use
from billing.errors import BillingError
from billing.models import EmailMessage, Invoice, LedgerEntry, Payment
from billing.money import Money
from billing.queries.books.checks import CHECKS
from security.ids import uuid7
from tests import books, visitors
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
WHO = {"by": books.BY, "at": books.AT}


@pytest.fixture
def company():
    made = visitors.company()
    with in_company(made):
        yield made


def euros(text):
    return Money.parse(text, "EUR")


def refused(results):
    assert all(isinstance(result, BillingError) for result in results if isinstance(result, Exception)), results
    return [result for result in results if isinstance(result, BillingError)]


def assert_books_true(company):
    assert [sentence for check in CHECKS for sentence in check(company.pk).wrong] == []


def test_drafts_issued_at_once_get_numbers_without_gaps(company):
    acme = books.customer(company)
    drafted = [books.draft(acme) for _ in range(8)]

    results = together(company, [lambda draft=draft: invoices.issue(invoice=draft, **WHO) for draft in drafted])

    assert refused(results) == []
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-{number:06d}" for number in range(1, 9)]
    assert_books_true(company)


def test_a_draft_issued_and_discarded_at_once_is_one_of_both(company):
    drafted = [books.draft(books.customer(company)) for _ in range(3)]
    seen = [Invoice.objects.get(pk=draft.pk) for draft in drafted]

    for draft, other in zip(drafted, seen, strict=True):
        results = together(
            company,
            [
                lambda draft=draft: invoices.issue(invoice=draft, **WHO),
                lambda other=other: drafts.discard(invoice=other, **WHO),
            ],
        )
        assert len(refused(results)) == 1

    assert not Invoice.objects.drafts().exists()
    assert_books_true(company)


def test_an_invoice_sent_by_many_at_once_is_written_once(company):
    invoice = books.issued(books.customer(company))

    results = together(company, [lambda: invoices.send(invoice=invoice, **WHO)] * 4)

    assert len(refused(results)) == 3
    assert EmailMessage.objects.count() == 1


def test_one_draft_issued_by_many_is_issued_once(company):
    draft = books.draft(books.customer(company))

    results = together(company, [lambda: invoices.issue(invoice=draft, **WHO)] * 6)

    assert len(refused(results)) == 5
    assert LedgerEntry.objects.count() == 1
    assert_books_true(company)


def test_one_form_of_a_new_invoice_pressed_many_times_is_one_draft(company):
    acme, form = books.customer(company), uuid7()

    results = together(
        company, [lambda: drafts.create(draft=books.draft_of(acme), form=form, by=books.BY, at=books.AT)] * 5
    )

    assert len(refused(results)) == 4
    assert Invoice.objects.count() == 1


def test_an_invoice_paid_by_many_at_once_is_paid_once(company):
    acme = books.customer(company)
    invoice = books.issued(acme)

    results = together(company, [lambda: books.payment(acme, "100", [Use(invoice.pk, euros("100"))])] * 6)

    assert len(refused(results)) == 5
    assert Invoice.objects.get(pk=invoice.pk).balance == euros("0")
    assert Payment.objects.count() == 1
    assert_books_true(company)


def test_one_form_pressed_many_times_is_one_payment(company):
    acme, key = books.customer(company), uuid4()
    invoice = books.issued(acme)

    results = together(
        company, [lambda: books.payment(acme, "40", [Use(invoice.pk, euros("40"))], request_key=key)] * 6
    )

    assert refused(results) == []
    assert len({payment.pk for payment in results}) == 1
    assert Invoice.objects.get(pk=invoice.pk).balance == euros("60")
    assert_books_true(company)


def test_credit_is_spent_once(company):
    acme = books.customer(company)
    payment = books.payment(acme, "100")
    owed = [books.issued(acme) for _ in range(4)]

    results = together(
        company,
        [
            lambda invoice=invoice: payments.allocate(payment=payment, invoice=invoice, amount=euros("60"), **WHO)
            for invoice in owed
        ],
    )

    assert len(refused(results)) == 3
    payment.refresh_from_db()
    assert payment.unapplied == euros("40")
    assert_books_true(company)


def test_void_and_pay_at_once_end_in_one_of_the_two(company):
    acme = books.customer(company)
    invoice = books.issued(acme)

    results = together(
        company,
        [
            lambda: books.payment(acme, "100", [Use(invoice.pk, euros("100"))]),
            lambda: invoices.void(invoice=invoice, reason="x", **WHO),
        ],
    )

    assert len(refused(results)) == 1
    assert_books_true(company)


def test_a_payment_is_reversed_once_while_its_parts_are_released(company):
    acme = books.customer(company)
    invoice = books.issued(acme)
    payment = books.paid(invoice)
    allocation = payment.allocations.get()

    together(
        company,
        [
            lambda: payments.reverse(payment=payment, reason="x", **WHO),
            lambda: payments.release(allocation=allocation, **WHO),
            lambda: payments.reverse(payment=payment, reason="y", **WHO),
        ],
    )

    invoice.refresh_from_db()
    assert invoice.balance == euros("100")
    assert_books_true(company)
