import datetime

import pytest
from django.db import IntegrityError, transaction

from audit.actors import Actor
from audit.models import BillingEvent
from billing.actions import drafts, invoices, payments
from billing.errors import (
    DisputeRefused,
    InvoiceNotDraft,
    InvoiceNotIssuable,
    InvoiceNotSendable,
    InvoiceNotVoidable,
    InvoiceNotWritable,
    PaymentRefused,
    RecordGone,
)
from billing.models import EmailMessage, Invoice, InvoiceLine, LedgerEntry
from billing.money import Money
from tests import books

WHO = {"by": books.BY, "at": books.AT}


def euros(text):
    return Money.parse(text, "EUR")


def entries():
    return list(BillingEvent.objects.order_by("id").values_list("action", "actor_type", "object_label"))


def ledger():
    return [(entry.account, entry.kind, entry.amount) for entry in LedgerEntry.objects.order_by("id")]


def balance(customer):
    kept = customer.balances.get()
    return kept.receivable, kept.credit


def test_issue_gives_number_copies_debt_and_entry(acme):
    draft = books.draft(acme, prepaid=euros("30"))

    invoice = invoices.issue(invoice=draft, **WHO)

    stored = Invoice.objects.get(pk=draft.pk)
    assert (stored.status, stored.number, stored.issued_at) == ("issued", "INV-000001", books.AT)
    assert stored.balance == euros("70") == invoice.balance
    assert stored.customer_copy["name"] == "Acme"
    assert stored.seller_copy["legal_name"] == "Ledger Ltd"
    assert ledger() == [("receivable", "issued", euros("70"))]
    assert balance(acme) == (euros("70"), euros("0"))
    assert entries()[-1] == ("invoice.issued", "operator", "INV-000001")


def test_an_invoice_is_issued_once(acme):
    draft = books.draft(acme)
    invoices.issue(invoice=draft, **WHO)

    with pytest.raises(InvoiceNotDraft, match="issued already"):
        invoices.issue(invoice=draft, **WHO)
    assert balance(acme) == (euros("100"), euros("0"))


def test_an_invoice_without_lines_is_not_issued(acme):
    draft = books.draft(acme)
    InvoiceLine.objects.all().delete()

    with pytest.raises(InvoiceNotIssuable, match="at least one line"):
        invoices.issue(invoice=draft, **WHO)


def test_a_run_is_numbered_by_date_without_gaps(acme, borealis):
    later = books.draft(acme, issue_date=books.TODAY)
    earlier = books.draft(borealis, issue_date=books.TODAY - datetime.timedelta(days=1))
    books.issued(acme)

    invoices.issue_many(invoice_ids=[later.pk, earlier.pk], **WHO)

    numbers = dict(Invoice.objects.values_list("pk", "number"))
    assert (numbers[earlier.pk], numbers[later.pk]) == ("INV-000002", "INV-000003")
    assert [entry[0] for entry in entries()].count("invoice.issued") == 3
    assert balance(acme) == (euros("200"), euros("0"))


def test_a_run_that_fails_uses_no_number(acme):
    good, bad = books.draft(acme), books.issued(acme)

    with pytest.raises(InvoiceNotDraft):
        invoices.issue_many(invoice_ids=[good.pk, bad.pk], **WHO)

    assert books.issued(acme).number == "INV-000002"


@pytest.mark.parametrize("act", [invoices.issue, invoices.send, invoices.settle_dispute, drafts.discard])
def test_a_draft_that_was_discarded_is_no_longer_there(acme, act):
    shown = books.draft(acme)
    drafts.discard(invoice=Invoice.objects.get(pk=shown.pk), **WHO)

    with pytest.raises(RecordGone, match="This invoice is no longer there"):
        act(invoice=shown, **WHO)


def test_a_stack_with_a_discarded_draft_in_it_is_refused(acme):
    shown, issued = books.draft(acme), books.issued(acme)
    drafts.discard(invoice=Invoice.objects.get(pk=shown.pk), **WHO)

    with pytest.raises(RecordGone, match="no longer there"):
        invoices.mark_sent_many(invoice_ids=[issued.pk, shown.pk], way="post", **WHO)


def test_a_change_that_fails_afterwards_gives_its_number_back(acme):
    draft = books.draft(acme)
    with transaction.atomic():
        invoices.issue(invoice=draft, **WHO)
        transaction.set_rollback(True)

    assert books.issued(acme).number == "INV-000001"


def test_issue_costs_the_same_few_queries_for_one_as_for_many(acme, django_assert_max_num_queries):
    books.issued(acme)
    one, many = books.draft(acme), [books.draft(acme) for _ in range(20)]
    with django_assert_max_num_queries(10):
        invoices.issue(invoice=one, **WHO)
    with django_assert_max_num_queries(10):
        invoices.issue_many(invoice_ids=[draft.pk for draft in many], **WHO)


def test_send_writes_one_letter_to_each_who_receives_invoices(acme):
    books.contact(acme, "Ana")
    books.contact(acme, "Bea", is_primary=False)
    invoice = books.issued(acme)

    invoices.send(invoice=invoice, message="Hello", **WHO)

    [letter] = EmailMessage.objects.all()
    assert (letter.recipient, letter.kind, letter.status, letter.message) == (
        "ana@customer.example",
        "invoice",
        "queued",
        "Hello",
    )
    assert BillingEvent.objects.get(action="invoice.sent").data == {"recipients": "ana@customer.example"}


def test_a_letter_that_still_waits_is_not_written_again(acme):
    invoice = books.issued(acme)
    [waiting] = invoices.send(invoice=invoice, **WHO)
    with pytest.raises(InvoiceNotSendable, match="on its way to acme@customer"):
        invoices.send(invoice=invoice, **WHO)

    other = invoices.send(invoice=invoice, recipients=[("Acme", waiting.recipient), ("Bo", "bo@acme.example")], **WHO)
    assert [letter.recipient for letter in other] == ["bo@acme.example"]
    waiting.status = EmailMessage.Status.SENT
    waiting.save()
    assert [letter.recipient for letter in invoices.send(invoice=invoice, **WHO)] == [waiting.recipient]


def test_send_needs_an_issued_invoice_and_an_address(acme):
    with pytest.raises(InvoiceNotSendable, match="draft"):
        invoices.send(invoice=books.draft(acme), **WHO)
    acme.email = ""
    acme.save(update_fields=["email"])
    with pytest.raises(InvoiceNotSendable, match="no e-mail address"):
        invoices.send(invoice=books.issued(acme), **WHO)


def test_void_keeps_the_number_and_records_who_and_why(acme):
    invoice = books.issued(acme)

    invoices.void(invoice=invoice, reason="Wrong customer", **WHO)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.number, invoice.balance) == ("void", "INV-000001", euros("0"))
    assert ledger()[-1] == ("receivable", "voided", -euros("100"))
    assert balance(acme) == (euros("0"), euros("0"))
    entry = BillingEvent.objects.get(action="invoice.voided")
    assert (entry.actor_label, entry.object_id, entry.reason) == ("tests", str(invoice.pk), "Wrong customer")


def test_what_was_paid_is_released_before_voiding(acme):
    invoice = books.issued(acme)
    payment = books.paid(invoice, "40")

    with pytest.raises(InvoiceNotVoidable, match=r"EUR 40\.00 is allocated"):
        invoices.void(invoice=invoice, reason="x", **WHO)

    payments.release(allocation=payment.allocations.get(), **WHO)
    invoices.void(invoice=invoice, reason="x", **WHO)
    assert balance(acme) == (euros("0"), euros("40"))


@pytest.mark.parametrize("act", [invoices.void, invoices.write_off])
@pytest.mark.parametrize("kind", ["member", "contact", "api_key", "visitor"])
def test_nobody_gives_up_money_without_the_membership_whose_limits_count(acme, act, kind):
    invoice = books.issued(acme)

    with pytest.raises(ValueError, match=f"Bo gives up money as a {kind}: pass the membership"):
        act(invoice=invoice, reason="x", by=Actor(type=kind, id="bo", label="Bo"), at=books.AT)

    invoice.refresh_from_db()
    assert invoice.status == "issued"


@pytest.mark.parametrize("act", [invoices.void, invoices.write_off])
def test_nothing_is_withdrawn_while_a_payment_is_under_way(acme, act):
    invoice = books.issued(acme)
    Invoice.objects.filter(pk=invoice.pk).update(pending_at=books.AT)

    with pytest.raises((InvoiceNotVoidable, InvoiceNotWritable), match="under way"):
        act(invoice=invoice, reason="x", **WHO)


def test_write_off_and_back(acme):
    invoice = books.issued(acme)
    books.paid(invoice, "40")

    written_off = invoices.write_off(invoice=invoice, reason="Insolvent", **WHO)
    assert (written_off.status, written_off.balance, written_off.amount_written_off) == (
        "written_off",
        euros("0"),
        euros("60"),
    )
    assert balance(acme) == (euros("0"), euros("0"))

    reinstated = invoices.reinstate(invoice=invoice, **WHO)
    assert (reinstated.status, reinstated.balance) == ("issued", euros("60"))
    assert balance(acme) == (euros("60"), euros("0"))
    with pytest.raises(InvoiceNotWritable):
        invoices.reinstate(invoice=invoice, **WHO)


@pytest.mark.parametrize("act", ["release", "reverse"])
def test_a_write_off_never_grows_by_what_was_paid_before(acme, act):
    """Or one person would give up EUR 100 by writing off 1."""
    invoice = books.issued(acme)
    payment = books.paid(invoice, "99")
    invoices.write_off(invoice=invoice, reason="Insolvent", **WHO)
    take_back = {
        "release": lambda: payments.release(allocation=payment.allocations.get(), **WHO),
        "reverse": lambda: payments.reverse(payment=payment, reason="Bounced", **WHO),
    }[act]

    with pytest.raises(PaymentRefused, match="Undo the write-off of INV-000001 first"):
        take_back()
    invoice.refresh_from_db()
    assert (invoice.amount_paid, invoice.amount_written_off) == (euros("99"), euros("1"))

    invoices.reinstate(invoice=invoice, **WHO)
    take_back()
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance, invoice.amount_written_off) == ("issued", euros("100"), euros("0"))


def test_a_dispute_is_raised_and_settled_once(acme):
    invoice = books.issued(acme)

    disputed = invoices.dispute(invoice=invoice, reason="Too much", **WHO)
    assert (disputed.disputed_at, disputed.dispute_reason) == (books.AT, "Too much")
    with pytest.raises(DisputeRefused, match="disputed already"):
        invoices.dispute(invoice=invoice, reason="Again", **WHO)

    assert invoices.settle_dispute(invoice=invoice, **WHO).disputed_at is None
    with pytest.raises(DisputeRefused, match="is not disputed"):
        invoices.settle_dispute(invoice=invoice, **WHO)


def test_a_view_is_noted_the_first_time_only(acme):
    invoice = books.issued(acme)
    invoices.record_view(invoice=invoice, **WHO)
    later = books.AT + datetime.timedelta(hours=1)
    invoices.record_view(invoice=invoice, by=books.BY, at=later)

    invoice.refresh_from_db()
    assert invoice.viewed_at == books.AT
    assert BillingEvent.objects.filter(action="invoice.viewed").count() == 1


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, "not_sent"),
        ({"sent_at": books.AT}, "sent"),
        ({"sent_at": books.AT, "viewed_at": books.AT}, "viewed"),
        ({"sent_at": books.AT, "pending_at": books.AT}, "pending"),
    ],
)
def test_the_status_people_see_is_the_one_they_filter_by(acme, facts, shown):
    invoice = books.issued(acme)
    Invoice.objects.filter(pk=invoice.pk).update(**facts)
    invoice.refresh_from_db()

    assert invoice.shown_status(invoice.due_date) == shown
    assert list(Invoice.objects.shown_as(shown, invoice.due_date)) == [invoice]


def test_an_invoice_is_late_from_the_day_after_it_was_due(acme):
    invoice = books.issued(acme)
    day_after = invoice.due_date + datetime.timedelta(days=1)

    assert invoice.shown_status(day_after) == "past_due"
    assert list(Invoice.objects.shown_as("past_due", invoice.due_date)) == []
    assert list(Invoice.objects.shown_as("past_due", day_after)) == [invoice]


@pytest.mark.parametrize(
    "change", [{"total": 1}, {"number": "X"}, {"issue_date": datetime.date(2020, 1, 1)}, {"status": "draft"}]
)
def test_the_database_refuses_to_change_an_issued_invoice(acme, change):
    invoice = books.issued(acme)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk)._raw_delete("default")


def test_the_database_refuses_to_change_the_lines_of_an_issued_invoice(acme):
    line = books.issued(acme).lines.get()

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        InvoiceLine.objects.filter(pk=line.pk).update(name="Something else")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        InvoiceLine.objects.filter(pk=line.pk).delete()
    line.pk, line.position = None, 2
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        line.save(force_insert=True)
    other = books.draft(acme).lines.get()
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        InvoiceLine.objects.filter(pk=other.pk).update(invoice=line.invoice, position=2)


def test_the_database_refuses_to_change_the_ledger(acme):
    books.issued(acme)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        LedgerEntry.objects.update(amount=1)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        LedgerEntry.objects.all()._raw_delete("default")
