"""Letters: what stands in them, and what becomes of one that cannot be sent."""

import re
import smtplib
from email import message_from_bytes, policy

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from accounts.mail import TRIES, NotDelivered
from audit.models import BillingEvent
from billing import emails
from billing.actions import contacts, dunning, invoices
from billing.models import Customer, EmailMessage, Reminder, Seller
from portal.models import Link
from tests import books
from tests.queue import work
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
AT = books.AT


class Down(BaseEmailBackend):
    """A mail server that is not there."""

    def open(self):
        raise ConnectionRefusedError(111, "Connection refused")

    def send_messages(self, messages):
        raise AssertionError("nothing is sent without a connection")


class Refusing(BaseEmailBackend):
    """A mail server that knows no such address."""

    code = 550

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (self.code, b"no such user")})


class Greylisting(Refusing):
    code = 451


class Rude(BaseEmailBackend):
    """A mail server whose answer holds what does not belong on a page."""

    def send_messages(self, messages):
        raise smtplib.SMTPDataError(554, b"5.7.1\r\n<script>\x00\xff" + b"no " * 300)


@pytest.fixture
def ana(acme):
    return books.contact(acme, "Ana")


@pytest.fixture
def invoice(acme, ana):
    return books.issued(acme)


@pytest.fixture
def email(invoice):
    """The letter with the invoice, queued."""
    [queued] = invoices.send(invoice=invoice, by=books.BY, at=AT)
    return queued


@pytest.fixture
def server(settings):
    def use(backend):
        settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}" if backend else LOCMEM

    return use


LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


def sent():
    """The one letter that left, as a mail program reads it."""
    [letter] = mail.outbox
    return message_from_bytes(letter.message().as_bytes(), policy=policy.default)


def text(message):
    return message.get_body(("plain",)).get_content().replace("\xa0", " ")


def html(message):
    return message.get_body(("html",)).get_content().replace("\xa0", " ")


def deliver(email):
    emails.deliver.call(str(email.company_id), str(email.pk))
    email.refresh_from_db()


def fail(email, times):
    for _ in range(times):
        with pytest.raises(NotDelivered):
            deliver(email)
        email.refresh_from_db()


def entries(action):
    return list(BillingEvent.objects.filter(action=action))


def test_the_letter_with_an_invoice(email, invoice):
    work()
    message = sent()
    assert (message["Subject"], message["To"]) == (f"Invoice {invoice.number} from Ledger Ltd", "ana@customer.example")
    assert message["From"] == "Ledger Ltd <invoices@testserver>"
    assert message["Message-ID"] == f"<{email.pk}@testserver>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Dear Ana,\n\nhere is invoice INV-000001 over EUR 100.00, which was due 15 Apr 2026." in text(message)
    assert "EUR 100.00" in html(message)
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()[:5]) == ("INV-000001.pdf", b"%PDF-")


def test_a_letter_that_left_says_so_on_its_row_and_on_the_invoice(email, invoice):
    work()
    email.refresh_from_db()
    invoice.refresh_from_db()
    assert (email.status, email.attempts, email.failure) == ("sent", 1, "")
    assert invoice.sent_at == email.sent_at
    [event] = entries("email.sent")
    assert (event.actor_type, event.actor_id, event.actor_label, event.data) == (
        "automation",
        "mail",
        "Automatic mail",
        {"kind": "invoice INV-000001", "recipient": "ana@customer.example"},
    )


def test_the_link_in_the_letter_opens_the_invoice(email, invoice):
    work()
    [address] = re.findall(r"https://testserver(/i/\S+)", text(sent()))
    assert set(re.findall(r'href="https://testserver([^"]+)"', html(sent()))) == {address}
    assert Browser().post(address).url == reverse("portal:invoice", args=[invoice.pk])


def test_a_letter_that_left_is_one_entry_in_the_log(email):
    before = BillingEvent.objects.count()
    work()
    assert (BillingEvent.objects.count(), Link.objects.count()) == (before + 1, 1)


def test_a_letter_is_sent_once(email):
    work()
    deliver(email)
    assert (len(mail.outbox), Link.objects.count()) == (1, 1)


def test_the_letter_of_a_reminder(invoice):
    dunning.send_reminder(invoice=invoice, step=Reminder.Step.AFTER_DUE, by=books.BY, at=AT)
    work()
    assert sent()["Subject"] == "Invoice INV-000001 was due 15 Apr 2026"
    assert "was due 15 Apr 2026, and EUR 100.00 is still to be paid" in text(sent())


def test_a_receipt_says_what_the_money_was_used_for(acme, invoice):
    use = books.payments.Use(invoice.pk, invoice.balance)
    payment = books.payment(acme, "130", [use], receipt_to=("Ana", "a@b.example"))
    work()
    assert sent()["Subject"] == f"Receipt {payment.number} from Ledger Ltd"
    assert "Invoice INV-000001: EUR 100.00\nKept to your credit: EUR 30.00" in text(sent())
    assert list(sent().iter_attachments()) == []


def test_a_receipt_for_money_on_account_has_no_link(acme):
    books.payment(acme, "130", receipt_to=("Ana", "a@b.example"))
    work()
    assert "https://" not in text(sent())
    assert "The link above" not in html(sent())


def test_an_invoice_paid_in_full_or_in_part_is_not_asked_for_in_full(acme, ana):
    part, full = books.issued(acme), books.issued(acme)
    books.paid(part, "40")
    books.paid(full)
    for invoice in (part, full):
        invoices.send(invoice=invoice, by=books.BY, at=AT)
    work()
    told = [text(message_from_bytes(one.message().as_bytes(), policy=policy.default)) for one in mail.outbox]
    assert "Of it EUR 60.00 is still to be paid" in told[0]
    assert "It is paid; there is nothing more to do." in told[1]
    assert ("View and pay invoice" in told[0], "View and pay invoice" in told[1]) == (True, False)


NASTY = "Evil\r\nBcc: all@customer.example\x07\u2028\u202eCorp <b>&amp; “Söhne”"


def test_no_name_writes_a_head_line_of_its_own(email):
    Seller.objects.update(legal_name=NASTY)
    EmailMessage.objects.update(recipient_name=NASTY, message=NASTY)
    work()
    message = sent()
    assert message["Bcc"] is None
    assert len(message.get_all("Subject")) == len(message.get_all("From")) == 1
    assert message["Subject"].strip() == "Invoice INV-000001 from Evil Bcc: all@customer.example Corp <b>&amp; “Söhne”"
    assert message["From"].addresses[0].addr_spec == "invoices@testserver"
    assert "<b>" not in html(message).split("<body>")[1]
    assert "<b>&amp; “Söhne”" in text(message)


def test_a_name_as_long_as_can_be_makes_a_subject_that_fits(email):
    Seller.objects.update(legal_name="長" * 200)
    work()
    assert len(sent()["Subject"].strip()) == 180
    assert max(len(line) for line in mail.outbox[0].message().as_bytes().splitlines()) <= 998


def test_while_the_mail_server_is_down_the_row_says_so_and_no_link_is_made(email, server):
    server(Down)
    fail(email, 1)
    assert (email.status, email.attempts) == ("queued", 1)
    assert email.failure == "The mail server cannot be reached: [Errno 111] Connection refused."
    assert not Link.objects.exists()
    server(None)
    deliver(email)
    assert (email.status, email.attempts, email.failure) == ("sent", 2, "")


def test_after_its_last_try_the_letter_has_failed_and_the_log_says_so(email, server):
    server(Down)
    fail(email, TRIES - 1)
    assert entries("email.failed") == []
    deliver(email)
    assert (email.status, email.attempts) == ("failed", TRIES)
    [event] = entries("email.failed")
    assert (event.outcome, event.data["failure"]) == ("failure", email.failure)
    deliver(email)
    assert email.attempts == TRIES


def test_the_worker_tries_again_later(email, server):
    server(Down)
    work()
    task = DBTaskResult.objects.get()
    assert (task.status, len(task.worker_ids), task.run_after > task.enqueued_at) == ("READY", 1, True)


def test_an_address_refused_for_good_is_not_tried_again(email, server):
    server(Refusing)
    deliver(email)
    assert (email.status, email.attempts) == ("failed", 1)
    assert email.failure == "The mail server does not accept this address. Check it."


def test_an_address_refused_for_now_is_tried_again(email, server):
    server(Greylisting)
    fail(email, 1)
    assert email.status == "queued"


def test_what_a_mail_server_says_is_kept_in_one_short_line(email, server):
    server(Rude)
    fail(email, 1)
    assert email.failure.startswith("The mail server answered 554: 5.7.1 <script> �no no")
    assert len(email.failure) <= 180


def test_a_letter_that_cannot_be_made_says_so_too(email, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(emails, "render_invoice", broken)
    fail(email, 1)
    assert email.failure == "The letter could not be made (ZeroDivisionError). The log of the worker says more."
    assert "cannot be made" in caplog.text


@pytest.mark.parametrize(("end", "ended"), [(invoices.void, "voided"), (invoices.write_off, "written off")])
def test_a_letter_about_an_invoice_that_ended_meanwhile_does_not_leave(email, invoice, end, ended):
    end(invoice=invoice, reason="wrong", by=books.BY, at=AT)
    work()
    email.refresh_from_db()
    assert (email.status, email.failure) == ("failed", f"INV-000001 was {ended} before this left.")
    assert (mail.outbox, Link.objects.count()) == ([], 0)


def test_a_letter_to_a_contact_archived_meanwhile_does_not_leave_and_neither_does_its_retry(email, ana):
    contacts.archive(contact=ana, by=books.BY, at=AT)
    deliver(email)
    for _ in range(2):
        assert (email.status, email.failure) == ("failed", "The contact Ana was archived before this left.")
        emails.queue_again(email=email, by=books.BY, at=AT)
        work()
        email.refresh_from_db()
    assert (mail.outbox, Link.objects.count()) == ([], 0)


@pytest.mark.parametrize("still", ["another contact", "the customer"])
def test_a_letter_to_an_address_that_is_somebody_elses_too_leaves(acme, email, ana, still):
    contacts.archive(contact=ana, by=books.BY, at=AT)
    if still == "the customer":
        Customer.objects.update(email=ana.email.upper())
    else:
        books.contact(acme, "Anabel", email=ana.email)
    deliver(email)
    assert email.status == "sent"


def test_a_receipt_for_a_payment_reversed_meanwhile_does_not_leave(acme):
    payment = books.payment(acme, "130", receipt_to=("Ana", "a@b.example"))
    books.payments.reverse(payment=payment, reason="bounced", by=books.BY, at=AT)
    work()
    receipt = EmailMessage.objects.get()
    assert (receipt.status, receipt.failure) == ("failed", f"{payment} was reversed before this left.")
    assert mail.outbox == []


def test_a_reminder_of_an_invoice_paid_meanwhile_does_not_leave(invoice):
    reminder = dunning.send_reminder(invoice=invoice, step=Reminder.Step.LATE, by=books.BY, at=AT)
    books.paid(invoice)
    work()
    reminder.email.refresh_from_db()
    assert (reminder.email.status, mail.outbox) == ("failed", [])


def test_a_failed_letter_is_queued_again_when_somebody_asks(email, ada, server):
    server(Refusing)
    deliver(email)
    server(None)
    for _ in range(2):
        ada.post(reverse("billing:email_retry", args=[email.pk]))
    email.refresh_from_db()
    assert (email.status, email.attempts) == ("queued", 0)
    [event] = entries("email.queued")
    assert (event.actor_type, event.actor_label) == ("member", "Ada")
    work()
    email.refresh_from_db()
    assert (email.status, len(mail.outbox)) == ("sent", 1)


def test_a_letter_that_left_is_not_queued_again(email):
    work()
    emails.queue_again(email=email, by=books.BY, at=AT)
    email.refresh_from_db()
    assert (email.status, entries("email.queued")) == ("sent", [])


def test_no_letter_leaves_before_the_change_that_caused_it_is_kept(invoice, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no log")

    monkeypatch.setattr(invoices.log, "record", broken)
    with pytest.raises(RuntimeError, match="no log"):
        invoices.send(invoice=invoice, by=books.BY, at=AT)
    assert (EmailMessage.objects.count(), DBTaskResult.objects.count()) == (0, 0)
