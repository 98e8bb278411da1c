"""A letter to a customer leaves only if the member who sent it still may when its turn comes."""

import datetime
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse

from accounts.actions import members
from accounts.models import Membership
from accounts.permissions import Permission
from audit.actors import Actor
from billing import emails
from billing.actions import dunning, invoices, payments
from billing.models import EmailMessage
from billing.money import Money
from tests import books, make, visitors
from tests.books import AT
from tests.queue import work

pytestmark = pytest.mark.django_db
P = Permission
SENDS = (P.CUSTOMER_VIEW, P.INVOICE_VIEW, P.INVOICE_SEND)
LEFT = "Whoever sent this was suspended or left before it went out. Try it again yourself if it is still wanted."


class Down(BaseEmailBackend):
    def open(self):
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.fixture
def bo(company):
    return visitors.member(company, "employee", "Bo")


@pytest.fixture
def invoice(acme):
    books.contact(acme, "Ana")
    return books.issued(acme)


def by(member):
    return Actor.member(member.user)


def send(invoice, member):
    [email] = invoices.send(invoice=invoice, by=by(member), at=AT)
    return email


def pay(customer, member):
    payments.record(
        customer=customer,
        amount=Money.parse("10", "EUR"),
        received_date=AT.date(),
        method="bank_transfer",
        request_key=uuid4(),
        receipt_to=("Ana", "ana@customer.example"),
        by=by(member),
        at=AT,
    )
    return EmailMessage.objects.get(kind="receipt")


def outcome(email):
    work()
    email.refresh_from_db()
    return email.status, email.failure


def to_customers():
    """How many letters left for customers; members are told of what was decided about them."""
    return sum("@customer.example" in letter.to[0] for letter in mail.outbox)


def end(act, member):
    given = {"membership": member, "granter": None, "by": books.BY, "at": AT}
    if act == "read_only":
        return members.change_role(role="read_only", **given)
    if act == "restricted":
        return members.restrict(restriction="customers", customer_ids=[str(uuid4())], **given)
    return {"revoke": members.revoke, "suspend": members.suspend}[act](**given)


def test_what_a_member_may_still_send_leaves(invoice, bo):
    email = send(invoice, bo)

    assert email.queued_by == bo
    assert outcome(email) == ("sent", "")
    assert to_customers() == 1


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("revoke", LEFT),
        ("suspend", LEFT),
        ("read_only", "Bo was not allowed to send this any more when it was to go out."),
        ("restricted", "Bo did not see this customer any more when it was to go out."),
    ],
)
@pytest.mark.parametrize("kind", ["invoice", "receipt"])
def test_what_they_may_not_send_any_more_stays(acme, invoice, bo, kind, act, sentence):
    email = send(invoice, bo) if kind == "invoice" else pay(acme, bo)

    end(act, bo)

    status, failure = outcome(email)
    assert (status, failure.startswith(sentence), to_customers()) == ("failed", True, 0)


def test_also_when_the_mail_server_was_down_at_first(invoice, bo, settings):
    email = send(invoice, bo)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    assert outcome(email)[0] == "queued"
    settings.EMAIL_BACKEND = backend
    end("revoke", bo)

    emails.deliver.call(str(email.company_id), str(email.pk))

    email.refresh_from_db()
    assert (email.status, email.failure, to_customers()) == ("failed", LEFT, 0)


def test_tried_again_by_somebody_else_it_is_theirs(invoice, bo, ada):
    email = send(invoice, bo)
    end("revoke", bo)
    assert outcome(email)[0] == "failed"

    ada.post(reverse("billing:email_retry", args=[email.pk]))

    assert outcome(email) == ("sent", "")
    assert email.queued_by == Membership.objects.get(user__name="Ada")


def test_letters_of_a_whole_selection_are_those_of_the_member_who_sent_it(company, acme, invoice, bo):
    browser, other = visitors.browser(bo), books.issued(acme)

    browser.post(reverse("billing:invoice_bulk"), {"bulk": "send", "selected": [invoice.pk, other.pk]})

    assert {email.queued_by for email in EmailMessage.objects.all()} == {bo}
    assert EmailMessage.objects.count() == 2


def test_what_runs_by_itself_is_nobodys_and_leaves(company, acme, invoice):
    reminder = dunning.send_reminder(
        invoice=invoice, step="late", by=Actor.automation("reminders"), at=AT + datetime.timedelta(days=60)
    )

    assert reminder.email.queued_by is None
    assert outcome(reminder.email) == ("sent", "")


def test_whoever_may_record_payments_may_send_their_receipts(company, acme, invoice):
    role = make.role(company, P.CUSTOMER_VIEW, P.PAYMENT_VIEW, P.PAYMENT_RECORD)
    clerk = visitors.member(company, role, "Cy")

    assert outcome(pay(acme, clerk)) == ("sent", "")
