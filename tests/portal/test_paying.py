"""A customer looks at an invoice and pays it: from the button to the receipt."""

import html
import re
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from audit.models import BillingEvent
from billing.actions import invoices, payments
from billing.models import Payment, PaymentAttempt, SandboxCharge, Seller
from billing.money import Money
from tests import books
from tests.portal.conftest import opened
from tests.queue import work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("online")]
INSTRUCTIONS = "Bank of Nowhere\nIBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
def invoice(company, acme, ana):
    """Acme owes 100.00 EUR, and is told the bank account."""
    Seller.objects.update(bank_details=INSTRUCTIONS)
    return books.issued(acme)


def text(response):
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


def page(visit, invoice):
    return text(visit.get(reverse("portal:invoice", args=[invoice.pk])))


def pay(visit, invoice, amount="100.00", key=None):
    return visit.post(reverse("portal:pay", args=[invoice.pk]), {"amount": amount, "request_key": key or uuid4()})


def started(visit, invoice, amount="100.00"):
    """An attempt for which the provider has opened its page."""
    response = pay(visit, invoice, amount)
    attempt = PaymentAttempt.objects.latest("started_at")
    assert response.url == reverse("portal:attempt", args=[attempt.pk])
    assert "Opening the payment page" in text(visit.get(response.url))
    work()
    attempt.refresh_from_db()
    return attempt


def decide(visit, attempt, decision):
    """What the visitor presses on the provider's page; where they come back to."""
    response = visit.post(attempt.hand_over_url.removeprefix("https://testserver"), {"decision": decision})
    assert response.status_code == 302
    return response.url.removeprefix("https://testserver")


def test_an_invoice_is_paid_in_full(invoice, visit):
    assert "Pay EUR 100.00" in page(visit, invoice)
    attempt = started(visit, invoice)
    on_the_way = visit.get(reverse("portal:attempt", args=[attempt.pk]))
    assert f'content="0; url={attempt.hand_over_url}"' in on_the_way.content.decode()

    back = decide(visit, attempt, "approved")
    waiting = visit.get(back)
    assert ("Has your payment gone through" in text(waiting), b'http-equiv="refresh"' in waiting.content) == (
        True,
        True,
    )
    work()

    done = text(visit.get(back))
    payment = Payment.objects.get()
    assert f"Receipt {payment.number} is on its way" in done
    assert "http-equiv" not in visit.get(back).content.decode()
    assert "Paid in full. Thank you." in page(visit, invoice)
    [receipt] = mail.outbox
    assert (receipt.subject, receipt.to) == (f"Receipt {payment.number} from Ledger Ltd", ["ana@customer.example"])
    invoice.refresh_from_db()
    assert (invoice.balance.minor, invoice.shown_status(books.TODAY)) == (0, "paid")
    assert (payment.method, payment.source, payment.reference) == ("card", "gateway", attempt.external_id)
    told = BillingEvent.objects.filter(action__startswith="attempt.").order_by("at", "id")
    assert [(event.action, event.actor_type, event.actor_label, event.on_behalf_of) for event in told] == [
        ("attempt.started", "contact", "Ana", ""),
        ("attempt.handed_over", "automation", "Sandbox gateway", "Ana"),
        ("attempt.succeeded", "automation", "Sandbox gateway", "Ana"),
    ]


def test_a_part_is_paid_and_the_rest_is_asked_for(invoice, visit):
    attempt = started(visit, invoice, "40")
    decide(visit, attempt, "approved")
    work()
    shown = page(visit, invoice)
    assert "Pay EUR 60.00" in shown
    assert "what is left of EUR 100.00" in shown


@pytest.mark.parametrize(
    "amount",
    ["", "0", "-5", "100.01", "1e3", "NaN", "Infinity", "ten", "10.001", "9" * 41, "10\x00", "٣", "1000000000000000"],
)
def test_an_amount_that_makes_no_sense_is_refused_beside_the_field(invoice, visit, amount):
    response = pay(visit, invoice, amount)
    assert response.status_code == 200
    assert response.context["form"].errors["amount"]
    assert not PaymentAttempt.objects.exists()


def test_a_button_pressed_twice_begins_one_attempt(invoice, visit):
    key = uuid4()
    first, second = pay(visit, invoice, key=key), pay(visit, invoice, key=key)
    assert (first.status_code, first.url) == (302, second.url)
    assert PaymentAttempt.objects.count() == 1
    assert DBTaskResult.objects.filter(task_path="billing.actions.attempts.ask_provider").count() == 1


def test_a_button_pressed_again_after_all_is_paid_shows_the_payment(invoice, visit):
    key = uuid4()
    first = pay(visit, invoice, key=key)
    work()
    decide(visit, PaymentAttempt.objects.get(), "approved")
    work()
    assert pay(visit, invoice, key=key).url == first.url
    assert Payment.objects.count() == 1


def test_one_key_for_two_invoices_pays_both(acme, invoice, visit):
    """The key comes from the browser: whoever sends one twice must not have one payment count for two."""
    other, key = books.issued(acme), uuid4()
    opened(other, browser=visit)
    for one in (invoice, other):
        pay(visit, one, key=key)
        work()
        decide(visit, one.attempts.get(), "approved")
    work()
    assert Payment.objects.count() == 2
    invoice.refresh_from_db()
    other.refresh_from_db()
    assert (invoice.balance.minor, other.balance.minor) == (0, 0)


def test_a_form_without_a_sound_key_is_refused_with_a_sentence(invoice, visit):
    response = pay(visit, invoice, key="not-a-key")
    assert "This form is out of date" in text(response)


def test_a_declined_payment_says_so_and_another_try_works(invoice, visit):
    attempt = started(visit, invoice)
    back = decide(visit, attempt, "declined")
    work()
    told = text(visit.get(back))
    assert "did not go through" in told
    assert "The card was declined. Nothing was charged." in told
    assert "The last payment did not go through." in page(visit, invoice)
    again = started(visit, invoice)
    decide(visit, again, "approved")
    work()
    assert "Paid in full" in page(visit, invoice)
    assert "did not go through" not in page(visit, invoice)


def test_a_payment_of_another_amount_is_kept_and_both_sides_are_told(ada, invoice, visit):
    attempt = started(visit, invoice)
    SandboxCharge.objects.update(amount=Money(9000, "EUR"))
    back = decide(visit, attempt, "approved")
    work()
    told = f"The provider reports EUR 90.00, kept to the customer's credit as {Payment.objects.get()}."
    assert told in html.unescape(text(visit.get(back)))
    assert f"We could not match the last payment. {told}" in html.unescape(page(visit, invoice))
    staff = ada.get(reverse("billing:invoice_detail", args=[invoice.pk]))
    assert told in html.unescape(text(staff))


def test_a_pending_payment_holds_the_invoice_until_it_arrives(invoice, visit):
    attempt = started(visit, invoice)
    back = decide(visit, attempt, "pending")
    work()
    assert "Your payment is under way" in text(visit.get(back))
    assert "Pay EUR" not in page(visit, invoice)
    assert pay(visit, invoice).url == reverse("portal:invoice", args=[invoice.pk])
    assert PaymentAttempt.objects.count() == 1

    decide(visit, attempt, "approved")
    work()
    assert "Thank you. Your payment has arrived" in text(visit.get(back))
    invoice.refresh_from_db()
    assert (invoice.pending_at, invoice.balance.minor) == (None, 0)


def test_who_leaves_the_payment_page_undecided_can_go_on_or_back(invoice, visit):
    attempt = started(visit, invoice)
    back = decide(visit, attempt, "open")
    work()
    shown = visit.get(back)
    assert "If you left the payment page without paying, nothing is charged." in text(shown)
    assert attempt.hand_over_url in shown.content.decode()
    assert "Pay EUR 100.00" in page(visit, invoice)
    assert "See how the payment stands" in page(visit, invoice)


def test_a_colleague_waits_for_the_payment_under_way_and_pays_once_it_has_ended(acme, invoice, visit):
    started(visit, invoice)
    books.contact(acme, "Ben", is_primary=False)
    ben = opened(invoice, "ben@customer.example")
    assert pay(ben, invoice).url == reverse("portal:invoice", args=[invoice.pk])
    assert "A payment of EUR 100.00 is being made already." in page(ben, invoice)

    SandboxCharge.objects.update(created_at=timezone.now() - timezone.timedelta(days=2))
    PaymentAttempt.objects.update(asked_at=timezone.now() - timezone.timedelta(minutes=1))
    pay(ben, invoice)
    work()
    assert "/attempts/" in pay(ben, invoice).url
    assert PaymentAttempt.objects.count() == 2


def test_who_presses_pay_again_goes_on_with_the_same_payment(invoice, visit):
    attempt = started(visit, invoice)
    assert pay(visit, invoice).url == reverse("portal:attempt", args=[attempt.pk])


def test_the_page_looks_again_ever_less_often(invoice, visit):
    attempt = started(visit, invoice)
    back = decide(visit, attempt, "silent")
    pauses = []
    for _ in range(12):
        found = re.search(r'content="(\d+); url=([^"]+)"', visit.get(back).content.decode())
        pauses.append(int(found[1]))
        back = found[2].replace("&amp;", "&")
    assert pauses == [2] * 5 + [3] * 5 + [4] * 2
    assert '"30; url=' in visit.get(f"{back}&looks=999").content.decode()
    assert '"2; url=' in visit.get(f"{back}&looks=-1").content.decode()


def test_waiting_asks_the_provider_now_and_then_not_at_every_look(invoice, visit):
    attempt = started(visit, invoice)
    PaymentAttempt.objects.update(asked_at=timezone.now() - timezone.timedelta(minutes=1))
    for _ in range(5):
        visit.get(reverse("portal:attempt", args=[attempt.pk]) + "?returned")
    assert DBTaskResult.objects.filter(task_path="billing.actions.attempts.ask_outcome").count() == 1


def test_coming_back_finds_the_outcome_even_if_the_provider_never_called(invoice, visit):
    attempt = started(visit, invoice)
    SandboxCharge.objects.update(state="approved")
    PaymentAttempt.objects.update(asked_at=timezone.now() - timezone.timedelta(minutes=1))
    back = reverse("portal:attempt", args=[attempt.pk]) + "?returned"
    visit.get(back)
    work()
    assert "Your payment has arrived" in text(visit.get(back))


def test_coming_back_twice_shows_the_same_receipt(invoice, visit):
    attempt = started(visit, invoice)
    back = decide(visit, attempt, "approved")
    work()
    again = decide(visit, attempt, "declined")
    work()
    assert text(visit.get(back)) == text(visit.get(again))
    assert Payment.objects.count() == 1


def test_a_decided_charge_offers_no_decision(invoice, visit):
    attempt = started(visit, invoice)
    decide(visit, attempt, "approved")
    shown = text(visit.get(attempt.hand_over_url.removeprefix("https://testserver")))
    assert "is approved already" in shown
    assert "Decline the payment" not in shown


def test_a_decision_nobody_offered_changes_nothing(invoice, visit):
    attempt = started(visit, invoice)
    assert (
        visit.post(attempt.hand_over_url.removeprefix("https://testserver"), {"decision": "given"}).status_code == 200
    )
    assert SandboxCharge.objects.get().state == "open"


def test_an_invoice_paid_by_hand_meanwhile_leaves_the_rest_to_the_customers_credit(invoice, visit):
    attempt = started(visit, invoice)
    books.paid(invoice, "70")
    back = decide(visit, attempt, "approved")
    work()
    assert "Your payment has arrived" in text(visit.get(back))
    payment = PaymentAttempt.objects.get().payment
    assert (payment.unapplied, payment.allocations.get().amount) == (Money(7000, "EUR"), Money(3000, "EUR"))
    assert "Kept to your credit" in mail.outbox[0].body


def test_money_for_an_invoice_voided_meanwhile_stays_to_the_customers_credit(invoice, visit):
    attempt = started(visit, invoice)
    invoices.void(invoice=invoice, reason="wrong", by=books.BY, at=timezone.now())
    back = decide(visit, attempt, "approved")
    work()
    payment = PaymentAttempt.objects.get().payment
    assert (payment.unapplied, payment.allocations.count()) == (Money(10000, "EUR"), 0)
    assert "EUR 100.00 was no longer needed for this invoice." in text(visit.get(back))
    assert reverse("portal:invoice", args=[invoice.pk]) not in visit.get(back).content.decode()


def test_a_payment_that_bounced_is_asked_for_again(invoice, visit):
    attempt = started(visit, invoice)
    decide(visit, attempt, "approved")
    work()
    payment = PaymentAttempt.objects.get().payment
    payments.reverse(payment=payment, reason="called back", by=books.BY, at=timezone.now())
    assert "Pay EUR 100.00" in page(visit, invoice)


def test_where_no_gateway_is_the_page_says_how_to_pay_instead(invoice, visit, settings):
    settings.DEMO = False
    shown = page(visit, invoice)
    assert ("Pay EUR" in shown, "How to pay" in shown, "IBAN DE02" in shown) == (False, True, True)
    assert visit.get(reverse("portal:pay", args=[invoice.pk])).url == reverse("portal:invoice", args=[invoice.pk])
    assert pay(visit, invoice).status_code == 302
    assert not PaymentAttempt.objects.exists()


def test_the_sandbox_page_is_not_there_outside_of_a_demo(invoice, visit, settings):
    attempt = started(visit, invoice)
    settings.DEMO = False
    path = attempt.hand_over_url.removeprefix("https://testserver")
    assert (visit.get(path).status_code, visit.post(path, {"decision": "approved"}).status_code) == (404, 404)
    assert SandboxCharge.objects.get().state == "open"


def test_payment_instructions_stand_beside_the_button_too(invoice, visit):
    shown = page(visit, invoice)
    assert ("Other ways to pay" in shown, "IBAN DE02" in shown) == (True, True)


def test_an_invoice_that_is_written_off_is_closed(invoice, visit):
    invoices.write_off(invoice=invoice, reason="lost", by=books.BY, at=timezone.now())
    shown = page(visit, invoice)
    assert ("This invoice is closed" in shown, "Pay EUR" in shown, "How to pay" in shown) == (True, False, False)


def test_a_download_is_a_pdf_and_stands_in_the_log(invoice, visit):
    response = visit.get(reverse("portal:invoice_pdf", args=[invoice.pk]))
    assert (response["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    assert response["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    event = BillingEvent.objects.get(action="invoice.downloaded")
    assert (event.actor_type, event.actor_label, event.object_label) == ("contact", "Ana", invoice.number)


@pytest.mark.parametrize(("method", "name"), [("get", "invoice_pdf"), ("post", "pay")])
def test_one_visit_cannot_download_or_begin_to_pay_without_end(monkeypatch, invoice, visit, method, name):
    monkeypatch.setattr("portal.views.invoices.render_invoice", lambda sheet: b"%PDF-")
    path = reverse(f"portal:{name}", args=[invoice.pk])
    answers = [getattr(visit, method)(path).status_code for _ in range(61)]
    assert (set(answers[:60]), answers[60]) == ({200}, 429)
    assert "Wait ten minutes" in getattr(visit, method)(path).content.decode()
    assert getattr(opened(invoice), method)(path).status_code == 200


def test_another_customers_attempt_is_not_there(borealis, invoice, visit):
    attempt = started(visit, invoice)
    books.contact(borealis, "Bea")
    bea = opened(books.issued(borealis), "bea@customer.example")
    assert bea.get(reverse("portal:attempt", args=[attempt.pk])).status_code == 404


def test_as_many_queries_for_an_invoice_of_one_line_and_payment_as_of_many(acme, ana, django_assert_num_queries):
    for many in (1, 20):
        invoice = books.issued(acme, lines=[books.line() for _ in range(many)])
        for _ in range(many):
            books.paid(invoice, "1")
        visit = opened(invoice)
        with django_assert_num_queries(10):
            visit.get(reverse("portal:invoice", args=[invoice.pk]))
        with django_assert_num_queries(4):
            visit.get(reverse("portal:pay", args=[invoice.pk]))
