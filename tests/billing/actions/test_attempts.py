import datetime
from uuid import uuid4

import pytest
from django_tasks_db.models import DBTaskResult

from accounts.scoping import in_company
from audit import log
from audit.actors import Actor
from audit.models import BillingEvent
from billing.actions import attempts, invoices
from billing.errors import InvoiceNotPayable, PaymentRefused
from billing.gateways import available
from billing.gateways.gateway import APPROVED, DECLINED, OPEN, PENDING, Outcome
from billing.models import Allocation, EmailMessage, LedgerEntry, Payment, PaymentAttempt, SandboxCharge
from billing.money import Money
from billing.queries.attempts import to_ask_about, without_pay_page
from billing.queries.books.checks import CHECKS
from tests import books, visitors
from tests.queue import work
from tests.together import together

pytestmark = pytest.mark.django_db
AT = books.AT
ANA = Actor(type="contact", id="ana", label="Ana")
SANDBOX = Actor(type="automation", id="sandbox", label="Sandbox gateway", on_behalf_of="Ana")
HUNDRED = Money.parse("100", "EUR")
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def demo(settings):
    settings.DEMO = True


@pytest.fixture
def invoice(acme):
    return books.issued(acme)


def start(invoice, **fields):
    values = {"amount": HUNDRED, "request_key": uuid4(), "gateway": "sandbox", "by": ANA, "at": AT} | fields
    return attempts.start(invoice=invoice, **values)


def handed_over(invoice, **fields):
    attempt = start(invoice, **fields)
    return attempts.hand_over(attempt=attempt, external_id=f"x-{attempt.pk}", url="/there/", by=SANDBOX, at=AT)


def second_of(invoice):
    """An attempt beside another one, as was possible before an invoice had one at a time."""
    return PaymentAttempt.objects.create(
        company_id=invoice.company_id,
        customer_id=invoice.customer_id,
        invoice=invoice,
        request_key=uuid4(),
        gateway="sandbox",
        external_id="second",
        currency="EUR",
        amount=HUNDRED,
        started_at=AT,
        asked_at=AT,
    )


def settle(attempt, state, amount=HUNDRED, **fields):
    outcome = Outcome(state, amount, fields.pop("failure", ""))
    return attempts.settle(attempt=attempt, outcome=outcome, **({"by": SANDBOX, "at": AT} | fields))


def entries(action):
    return list(BillingEvent.objects.filter(action=action))


def assert_books_true(company):
    assert [sentence for check in CHECKS for sentence in check(company.pk).wrong] == []


def test_handing_over_reads_as_what_happened(invoice):
    handed_over(invoice)
    [event] = entries("attempt.handed_over")
    assert str(event) == f"{SANDBOX.label} opened the pay page for invoice {invoice}"


def test_start_writes_the_attempt_its_entry_and_its_task(invoice):
    attempt = start(invoice)
    assert (attempt.status, attempt.amount, attempt.actor_label, attempt.external_id) == (
        "started",
        HUNDRED,
        "Ana",
        None,
    )
    [event] = entries("attempt.started")
    assert (event.actor_type, event.actor_label, event.data["amount"]) == ("contact", "Ana", "EUR 100.00")
    [task] = DBTaskResult.objects.all()
    assert (task.task_path, task.args_kwargs["args"]) == (
        "billing.actions.attempts.ask_provider",
        [str(attempt.company_id), str(attempt.pk)],
    )


def test_an_attempt_is_called_by_what_it_pays_not_by_the_secret_of_its_pay_page(invoice):
    assert str(handed_over(invoice)) == f"payment of EUR 100.00 for {invoice.number}"


def test_the_same_key_again_is_the_same_attempt(invoice):
    key = uuid4()
    assert start(invoice, request_key=key) == start(invoice, request_key=key)
    assert len(entries("attempt.started")) == 1


def test_who_began_a_payment_goes_on_with_it_instead_of_making_a_second_one(invoice):
    first = handed_over(invoice)
    assert start(invoice) == first
    assert (PaymentAttempt.objects.count(), len(entries("attempt.started"))) == (1, 1)


@pytest.mark.parametrize(
    "other", [{"amount": Money.parse("40", "EUR")}, {"by": Actor(type="contact", id="ben", label="Ben")}]
)
def test_start_refuses_a_second_payment_while_the_page_of_the_first_can_be_used(invoice, other):
    attempt = handed_over(invoice)
    with pytest.raises(InvoiceNotPayable, match=r"A payment of EUR 100\.00 is being made already"):
        start(invoice, **other, at=AT + HOUR)
    settle(attempt, DECLINED)
    assert start(invoice, **other).status == "started"


def test_an_attempt_that_never_got_a_pay_page_blocks_for_a_quarter_of_an_hour_and_then_gives_way(invoice):
    first = start(invoice)
    assert start(invoice, at=AT + 15 * MINUTE) == first
    second = start(invoice, at=AT + 16 * MINUTE)
    first.refresh_from_db()
    assert (first.status, second.status, first == second) == ("failed", "started", False)


def pay_by_hand(invoice):
    books.paid(invoice, "0.01")


def void(invoice):
    invoices.void(invoice=invoice, reason="wrong", by=books.BY, at=AT)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (pay_by_hand, "Less than EUR 100.00 is left to pay on INV-000001."),
        (void, "INV-000001 is no longer to be paid."),
    ],
)
def test_no_charge_is_opened_for_what_is_no_longer_owed(invoice, end, told):
    attempt = start(invoice)
    end(invoice)
    work()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.failure, SandboxCharge.objects.count()) == ("failed", told, 0)


@pytest.mark.parametrize(
    "amount", [Money(0, "EUR"), Money(-1, "EUR"), Money(10_001, "EUR"), Money(100, "USD")], ids=str
)
def test_start_refuses_an_amount_that_is_not_owed(invoice, amount):
    with pytest.raises(PaymentRefused, match=r"at most EUR 100\.00"):
        start(invoice, amount=amount)


def test_start_refuses_what_is_void_or_paid_or_under_way(acme):
    void, paid, pending = (books.issued(acme) for _ in range(3))
    invoices.void(invoice=void, reason="wrong", by=books.BY, at=AT)
    books.paid(paid)
    settle(handed_over(pending), PENDING)
    for invoice in (void, paid, pending):
        with pytest.raises(InvoiceNotPayable):
            start(invoice)


def test_start_refuses_the_eleventh_try_within_an_hour(invoice):
    """A pay page is where stolen cards are tried out."""
    for _ in range(10):
        settle(handed_over(invoice), DECLINED)
    with pytest.raises(PaymentRefused, match="too often"):
        start(invoice, at=AT + HOUR - MINUTE)
    assert start(invoice, at=AT + HOUR).status == "started"


def test_start_refuses_a_gateway_that_is_not_offered(invoice, settings):
    settings.DEMO = False
    assert available() == []
    with pytest.raises(PaymentRefused, match="Online payment is not offered"):
        start(invoice)


def test_approved_records_the_payment_and_its_receipt(company, invoice):
    attempt = settle(handed_over(invoice), APPROVED)
    invoice.refresh_from_db()
    assert (attempt.status, attempt.payment.amount, invoice.balance.minor) == ("succeeded", HUNDRED, 0)
    receipt = EmailMessage.objects.get()
    assert (receipt.kind, receipt.payment, receipt.recipient) == ("receipt", attempt.payment, "acme@customer.example")
    [event] = entries("attempt.succeeded")
    assert (event.actor_type, event.on_behalf_of, event.data["payment"]) == (
        "automation",
        "Ana",
        attempt.payment.number,
    )
    assert_books_true(company)


def test_the_receipt_goes_to_the_contact_who_paid(acme, invoice):
    books.contact(acme, "Ana")
    ben = books.contact(acme, "Ben", is_primary=False)
    settle(handed_over(invoice, by=Actor.contact(ben)), APPROVED)
    assert EmailMessage.objects.get().recipient == "ben@customer.example"


def test_approved_twice_is_paid_once(company, invoice):
    attempt = handed_over(invoice)
    settle(attempt, APPROVED)
    settle(attempt, APPROVED)
    settle(attempt, DECLINED)
    assert (Payment.objects.count(), PaymentAttempt.objects.get().status) == (1, "succeeded")
    assert_books_true(company)


@pytest.mark.parametrize("amount", [Money(9_999, "EUR"), Money(10_001, "EUR"), Money(10_000, "USD")], ids=str)
def test_money_other_than_was_asked_for_is_kept_to_the_customers_credit(company, invoice, amount):
    attempt = settle(handed_over(invoice), APPROVED, amount)
    settle(attempt, APPROVED, amount)
    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied, payment.source) == (amount, amount, "gateway")
    assert (attempt.status, attempt.payment) == ("failed", payment)
    assert attempt.failure == f"The provider reports {amount.plain()}, kept to the customer's credit as {payment}."
    [event] = entries("attempt.failed")
    assert (event.outcome, event.data["failure"]) == ("failure", attempt.failure)
    invoice.refresh_from_db()
    assert (invoice.balance, EmailMessage.objects.get().kind) == (HUNDRED, "receipt")
    assert_books_true(company)


def test_an_approval_of_nothing_records_nothing(invoice):
    attempt = settle(handed_over(invoice), APPROVED, Money(0, "EUR"))
    assert (attempt.status, attempt.failure) == ("failed", "The provider reports EUR 0.00.")
    assert not Payment.objects.exists()


def test_declined_says_why(invoice):
    attempt = settle(handed_over(invoice), DECLINED, failure="The card was declined." + "x" * 400)
    assert (attempt.status, attempt.failure[:22], len(attempt.failure)) == ("declined", "The card was declined.", 300)


def test_pending_holds_the_invoice_until_the_last_pending_attempt_is_settled(invoice):
    first, second = handed_over(invoice), second_of(invoice)
    settle(first, PENDING)
    settle(first, PENDING)
    settle(second, PENDING)
    settle(second, DECLINED)
    invoice.refresh_from_db()
    assert invoice.pending_at == AT
    settle(first, APPROVED)
    invoice.refresh_from_db()
    assert (invoice.pending_at, invoice.balance.minor, len(entries("attempt.pending"))) == (None, 0, 2)


def test_open_leaves_everything_as_it_was(invoice):
    before = BillingEvent.objects.count()
    attempt = handed_over(invoice)
    assert settle(attempt, OPEN).status == "started"
    assert BillingEvent.objects.count() == before + 2


@pytest.mark.parametrize("by_hand", ["100", "70"])
def test_what_the_invoice_no_longer_needs_stays_credit(company, invoice, by_hand):
    attempt = handed_over(invoice)
    books.paid(invoice, by_hand)
    payment = settle(attempt, APPROVED).payment
    assert payment.unapplied == Money.parse(by_hand, "EUR")
    invoice.refresh_from_db()
    assert invoice.balance.minor == 0
    assert_books_true(company)


@pytest.mark.parametrize("end", [invoices.void, invoices.write_off])
def test_money_for_an_invoice_that_takes_none_stays_credit(company, invoice, end):
    attempt = handed_over(invoice)
    end(invoice=invoice, reason="wrong", by=books.BY, at=AT)
    payment = settle(attempt, APPROVED).payment
    assert (payment.unapplied, Allocation.objects.count()) == (HUNDRED, 0)
    assert_books_true(company)


def test_a_key_used_for_two_invoices_makes_two_payments(acme):
    key, both = uuid4(), [books.issued(acme), books.issued(acme)]
    made = [settle(handed_over(invoice, request_key=key), APPROVED).payment for invoice in both]
    assert made[0] != made[1]


@pytest.mark.parametrize("amount", ["0.01", "100"])
def test_a_payment_keyed_with_the_id_of_an_attempt_does_not_stand_in_for_it(company, acme, invoice, amount):
    attempt = handed_over(invoice)
    keyed = books.payment(acme, amount, request_key=attempt.pk)

    payment = settle(attempt, APPROVED).payment
    assert (payment.source, payment.amount, Payment.objects.count()) == ("gateway", HUNDRED, 2)
    assert payment != keyed
    assert_books_true(company)


def test_give_up_closes_only_what_never_got_a_pay_page(invoice):
    never, handed = start(invoice), second_of(invoice)
    for attempt in (never, handed):
        attempts.give_up(attempt=attempt, by=SANDBOX, at=AT)
    never.refresh_from_db()
    handed.refresh_from_db()
    assert (never.status, never.failure, handed.status) == ("failed", "The payment provider did not answer.", "started")


def test_a_pay_page_that_comes_too_late_is_not_shown(invoice):
    attempt = attempts.give_up(attempt=start(invoice), by=SANDBOX, at=AT)
    assert attempts.hand_over(attempt=attempt, external_id="x", url="/there/", by=SANDBOX, at=AT).hand_over_url == ""


def test_a_silent_provider_leaves_the_attempt_open_and_the_task_done(invoice):
    attempt = start(invoice)
    work()
    SandboxCharge.objects.update(state="silent")
    attempts.provider_called(gateway="sandbox", external_id=SandboxCharge.objects.get().pk)
    work()
    attempt.refresh_from_db()
    assert (attempt.status, DBTaskResult.objects.successful().count()) == ("started", 2)


def test_a_pay_page_nobody_used_for_a_day_is_closed_and_the_attempt_with_it(invoice):
    attempt = start(invoice)
    work()
    SandboxCharge.objects.update(created_at=AT - datetime.timedelta(days=400))
    attempts.provider_called(gateway="sandbox", external_id=SandboxCharge.objects.get().pk)
    work()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.failure) == ("declined", "Nobody completed the payment within a day.")


def test_a_call_about_a_charge_nobody_knows_is_nothing(invoice):
    attempts.provider_called(gateway="sandbox", external_id="unknown")
    assert not DBTaskResult.objects.exists()


def test_the_task_asked_twice_opens_one_charge(invoice):
    attempt = start(invoice)
    for _ in range(2):
        attempts.ask_provider.call(str(attempt.company_id), str(attempt.pk))
    PaymentAttempt.objects.update(external_id=None)
    attempts.ask_provider.call(str(attempt.company_id), str(attempt.pk))
    assert SandboxCharge.objects.count() == 1


def test_the_older_an_attempt_the_seldomer_it_is_asked_about(invoice):
    handed_over(invoice)
    asked = []
    for at in (AT + MINUTE * passed for passed in range(1, 70)):
        for due in to_ask_about(at):
            attempts.ask_again(attempt=due, at=at)
            asked.append(at - AT)
    assert asked == [MINUTE * 2**power for power in range(7)]


def test_an_old_attempt_is_asked_about_four_times_a_day_until_it_is_settled(invoice):
    attempt = handed_over(invoice)
    last = AT + 48 * HOUR
    PaymentAttempt.objects.update(asked_at=last)
    assert list(to_ask_about(last + 6 * HOUR - MINUTE)) == []
    assert list(to_ask_about(last + 6 * HOUR)) == [attempt]
    settle(attempt, DECLINED)
    assert list(to_ask_about(last + 6 * HOUR)) == []


def test_without_a_pay_page_for_a_quarter_of_an_hour_it_is_time_to_give_up(invoice):
    attempt = start(invoice)
    second_of(invoice)
    assert list(without_pay_page(AT + 15 * MINUTE)) == []
    assert list(without_pay_page(AT + 16 * MINUTE)) == [attempt]


@pytest.mark.parametrize(
    "change",
    [
        lambda invoice: start(books.issued(invoice.customer)),
        lambda invoice: settle(invoice.attempts.get(), APPROVED),
        lambda invoice: settle(invoice.attempts.get(), PENDING),
        lambda invoice: settle(invoice.attempts.get(), DECLINED),
    ],
    ids=["start", "approve", "wait", "decline"],
)
def test_nothing_changes_without_its_entry(invoice, monkeypatch, change):
    handed_over(invoice)
    before = state()
    monkeypatch.setattr(log, "record", broken)
    with pytest.raises(RuntimeError, match="no log"):
        change(invoice)
    assert state() == before


def broken(*args, **kwargs):
    raise RuntimeError("no log")


def state():
    return (
        list(PaymentAttempt.objects.values("pk", "status", "payment", "settled_at")),
        Payment.objects.count(),
        LedgerEntry.objects.count(),
        DBTaskResult.objects.count(),
    )


@pytest.mark.django_db(transaction=True)
def test_the_return_the_call_and_the_sweep_at_once_settle_once():
    company = visitors.company()
    with in_company(company):
        attempt = handed_over(books.issued(books.customer(company)))

        results = together(company, [lambda: settle(attempt, APPROVED)] * 6)

        assert {result.status for result in results} == {"succeeded"}
        assert (Payment.objects.count(), Allocation.objects.count()) == (1, 1)
        assert (len(entries("attempt.succeeded")), EmailMessage.objects.count()) == (1, 1)
        assert_books_true(company)


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_in_many_places_at_once_begins_one_attempt():
    company, key = visitors.company(), uuid4()
    with in_company(company):
        invoice = books.issued(books.customer(company))

        results = together(company, [lambda: start(invoice, request_key=key)] * 6)

        assert {result.pk for result in results} == {PaymentAttempt.objects.get().pk}
        assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_online_and_by_hand_at_once_never_pay_more_than_is_owed():
    company = visitors.company()
    with in_company(company):
        invoice = books.issued(books.customer(company))
        attempt = handed_over(invoice)

        together(company, [lambda: settle(attempt, APPROVED), lambda: books.paid(invoice, "100")] * 2)

        invoice.refresh_from_db()
        assert (invoice.balance.minor, PaymentAttempt.objects.get().status) == (0, "succeeded")
        assert_books_true(company)
