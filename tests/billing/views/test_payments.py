import datetime
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import payments as acts
from billing.models import Allocation, EmailMessage, Invoice, Payment
from billing.money import Money
from tests import books, visitors
from tests.books import AT, BY, TODAY

LIST, NEW = "/payments/", "/payments/new/"
LIST_QUERIES, PAGE_QUERIES = 8, 10


def at(name, record):
    return reverse(f"billing:{name}", args=[record.pk])


def said(page):
    return [str(message) for message in page.context["messages"]]


def text(page):
    return page.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def numbers(page):
    return [row["number"] for row in page.context["rows"]]


def arrived(amount="100", uses=(), **fields):
    """What a browser sends: what arrived, and how much of it goes to each invoice."""
    parts = {f"use-{invoice.pk}": part for invoice, part in uses}
    values = {"amount": amount, "currency": "EUR", "received_date": "2026-03-16", "method": "wire_transfer"}
    return values | {"request_key": str(uuid4()), "record": "1"} | parts | fields


def record(browser, customer, *args, **fields):
    return browser.post(f"{NEW}?customer={customer.pk}", arrived(*args, **fields), follow=True)


def errors(page):
    return page.context["form"].errors


@pytest.fixture
def old(acme):
    return books.issued(acme, issue_date=datetime.date(2026, 1, 5))


@pytest.fixture
def young(acme):
    return books.issued(acme, issue_date=datetime.date(2026, 3, 1))


def test_whose_money_it_is_comes_first(ada, acme):
    page = ada.get(NEW)

    assert "Whose money arrived?" in text(page)
    assert "Acme" in text(page)
    assert "What it pays" in text(ada.get(NEW, {"customer": acme.pk}))


@pytest.mark.parametrize("name", ["customer", "invoice"])
def test_nobody_we_know_is_not_found(ada, acme, name):
    assert ada.get(NEW, {name: uuid4()}).status_code == 404
    assert "Whose money arrived?" in text(ada.get(NEW, {name: "x"}))


def test_opened_from_an_invoice_it_is_filled_in(ada, old, young):
    books.paid(young, "40")
    form = ada.get(NEW, {"invoice": young.pk}).context["form"]

    assert form["amount"].value() == "60.00"
    assert [(invoice.number, field.value()) for invoice, field in form.rows()] == [
        ("INV-000001", None),
        ("INV-000002", "60.00"),
    ]


def test_the_invoice_it_is_for_is_listed_however_many_are_older(ada, acme, old, young, monkeypatch):
    monkeypatch.setattr("billing.queries.open_invoices.MOST", 1)
    address = f"/payments/new/?invoice={young.pk}"
    page = ada.get(address)
    assert page.context["form"].initial[f"use-{young.pk}"] == page.context["form"].initial["amount"]

    start = {name: value for name, value in page.context["form"].initial.items() if value is not None}
    assert ada.post(address, start).status_code == 302
    assert not Invoice.objects.get(pk=young.pk).balance
    assert Invoice.objects.get(pk=old.pk).balance


def test_credit_is_used_on_the_invoice_it_was_offered_for(ada, acme, old, young, monkeypatch):
    monkeypatch.setattr("billing.queries.open_invoices.MOST", 1)
    payment = books.payment(acme, "5")
    offered = f"/payments/{payment.pk}/?invoice={young.pk}"

    assert offered in ada.get(f"/invoices/{young.pk}/").content.decode()
    form = ada.get(offered).context["form"]
    assert form["invoice"].value() == str(young.pk)
    ada.post(reverse("billing:payment_allocate", args=[payment.pk]), {"invoice": young.pk, "amount": "5"})
    assert Allocation.objects.get().invoice == young


def test_one_payment_pays_several_invoices_and_the_rest_is_kept(ada, acme, old, young):
    page = record(ada, acme, "180.50", [(old, "100"), (young, "50")], reference="Transfer 7", method="cheque")

    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied) == (Money(18050, "EUR"), Money(3050, "EUR"))
    assert (payment.method, payment.reference, payment.received_date) == ("cheque", "Transfer 7", TODAY)
    assert [one.balance.plain() for one in Invoice.objects.order_by("number")] == ["EUR 0.00", "EUR 50.00"]
    assert said(page) == [
        "Payment PAY-000001 of EUR\N{NO-BREAK SPACE}180.50 is recorded. "
        "EUR\N{NO-BREAK SPACE}30.50 of it stays to the customer's credit."
    ]
    assert BillingEvent.objects.filter(action="payment.recorded").count() == 1


def test_money_without_an_invoice_is_kept_as_credit(ada, acme):
    record(ada, acme, "20")

    assert Payment.objects.get().unapplied == Money(2000, "EUR")


def test_the_same_form_sent_twice_makes_one_payment(ada, acme, old):
    data = arrived("100", [(old, "100")])
    for _ in range(2):
        ada.post(f"{NEW}?customer={acme.pk}", data)

    assert Payment.objects.count() == 1


def test_a_receipt_goes_to_who_receives_the_invoices_if_asked_for(ada, acme, old):
    books.contact(acme)
    record(ada, acme, "10")
    assert not EmailMessage.objects.exists()
    record(ada, acme, "10", send_receipt="on")

    email = EmailMessage.objects.get()
    assert (email.kind, email.recipient, email.recipient_name) == ("receipt", "ana@customer.example", "Ana")


def test_no_receipt_is_offered_where_nobody_could_receive_it(ada, company):
    mute = books.customer(company, "Mute", email="")
    record(ada, mute, "10", send_receipt="on")

    assert "Send a receipt" not in text(ada.get(NEW, {"customer": mute.pk}))
    assert not EmailMessage.objects.exists()
    assert Payment.objects.exists()


def test_share_out_uses_the_oldest_first_and_saves_nothing(ada, acme, old, young):
    page = record(ada, acme, "130", share="1", reference="Kept")

    form = page.context["form"]
    assert [field.value() for _, field in form.rows()] == ["100.00", "30.00"]
    assert form["reference"].value() == "Kept"
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["", "lots"])
def test_share_out_without_an_amount_is_all_that_is_owed(ada, acme, old, young, amount):
    form = record(ada, acme, amount, share="1").context["form"]

    assert form["amount"].value() == "200.00"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "", "Say how much arrived."),
        ("amount", "0", "This must be more than zero."),
        ("amount", "-5", "This must be more than zero."),
        ("amount", "10000000000000000", "The amount is too large"),
        ("amount", "1.005", "EUR has 2 decimals, but the amount has 3."),
        ("amount", "ten", "This is not an amount."),
        ("amount", "USD 5", "The amount is in USD, but EUR is expected here."),
        ("amount", "5\0", "control character"),
        ("received_date", "2026-02-30", "This is not a day of the calendar."),
        ("received_date", "2199-01-01", "The money cannot have arrived in the future."),
        ("received_date", "", "Say on which day it arrived."),
        ("method", "barter", "Choose how it was paid."),
        ("reference", "x" * 101, "at most 100 characters"),
        ("reference", "\u202ex", "invisible marks"),
        ("request_key", "x", "The form came incompletely."),
        ("request_key", "", "The form came incompletely."),
    ],
)
def test_each_mistake_is_said_and_nothing_typed_is_lost(ada, acme, old, field, value, sentence):
    page = record(ada, acme, **(arrived("100", [(old, "12.34")]) | {field: value}))

    assert page.status_code == 200
    assert sentence in str(errors(page)[field])
    assert page.context["form"][f"use-{old.pk}"].value() == "12.34"
    assert not Payment.objects.exists()


def test_a_form_that_came_incompletely_can_be_sent_again(ada, acme):
    page = record(ada, acme, "10", request_key="x")
    again = page.context["form"]["request_key"].value()
    record(ada, acme, "10", request_key=str(again))

    assert Payment.objects.count() == 1


def test_the_key_of_a_colleagues_form_tells_nothing_and_takes_nothing(ada, company, acme):
    bo, key = visitors.browser(visitors.member(company, name="Bo")), str(uuid4())
    for browser, amount in ((ada, "10"), (ada, "10"), (bo, "20"), (bo, "20")):
        record(browser, acme, amount, request_key=key)

    assert sorted(payment.amount for payment in Payment.objects.all()) == [
        Money.parse("10", "EUR"),
        Money.parse("20", "EUR"),
    ]
    assert not Payment.objects.filter(request_key=key).exists()


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("100.01", "Only EUR 100.00 of INV-000001 is left to pay."),
        ("-1", "This must be more than zero."),
        ("half", "This is not an amount."),
    ],
)
def test_a_part_that_cannot_be_is_said_beside_its_invoice(ada, acme, old, part, sentence):
    page = record(ada, acme, "500", [(old, part)])

    assert sentence in str(errors(page)[f"use-{old.pk}"]).replace("\N{NO-BREAK SPACE}", " ")
    assert not Payment.objects.exists()


def test_parts_above_the_payment_are_refused(ada, acme, old, young):
    page = record(ada, acme, "100", [(old, "60"), (young, "60")])

    assert "The parts below come to more than this." in str(errors(page)["amount"])


def test_an_invoice_paid_meanwhile_is_said(ada, acme, old, young):
    books.paid(old)
    page = record(ada, acme, "100", [(old, "60"), (young, "40")])

    assert "An invoice that was listed is no longer open." in text(page)
    assert Payment.objects.count() == 1


def test_an_invoice_paid_in_the_same_moment_is_said(ada, acme, old, monkeypatch):
    def paid_first(**given):
        monkeypatch.undo()
        books.paid(old)
        return acts.record(**given)

    monkeypatch.setattr("billing.views.payments.payments.record", paid_first)
    page = record(ada, acme, "100", [(old, "60")])

    assert "INV-000001 has EUR 0.00 left to pay, less than EUR 60.00." in text(page)
    assert Payment.objects.count() == 1


def test_invoices_in_another_currency_are_paid_apart(ada, acme, old):
    yen = books.issued(acme, currency="JPY")
    page = ada.get(NEW, {"customer": acme.pk, "currency": "JPY"})

    assert [invoice.number for invoice, _ in page.context["form"].rows()] == [yen.number]
    assert [one["label"] for one in page.context["currencies"]] == ["EUR", "JPY"]
    wrong = record(ada, acme, "100", [(yen, "100")])
    assert "no longer open" in text(wrong)
    record(ada, acme, "100", [(yen, "100")], currency="JPY")
    assert Payment.objects.get().currency == "JPY"


def test_anothers_invoice_takes_nothing(ada, acme, borealis):
    theirs = books.issued(borealis)
    page = record(ada, acme, "100", [(theirs, "100")])

    assert "no longer open" in text(page)
    assert not Payment.objects.exists()


def test_the_list_is_newest_first_and_can_be_narrowed(ada, acme, borealis, old):
    books.paid(old)
    books.payment(borealis, "5", received_date=datetime.date(2026, 3, 1), reference="Cheque 12")
    back = books.payment(borealis, "7", received_date=datetime.date(2026, 2, 1), method="cash")
    acts.reverse(payment=back, reason="Bounced", by=BY, at=AT)

    assert numbers(ada.get(LIST)) == ["PAY-000001", "PAY-000002", "PAY-000003"]
    assert numbers(ada.get(LIST, {"state": "unapplied"})) == ["PAY-000002"]
    assert numbers(ada.get(LIST, {"state": "reversed"})) == ["PAY-000003"]
    assert numbers(ada.get(LIST, {"customer": acme.pk})) == ["PAY-000001"]
    assert numbers(ada.get(LIST, {"q": "Cheque"})) == ["PAY-000002"]
    assert numbers(ada.get(LIST, {"q": "boreal", "method": "cash"})) == ["PAY-000003"]
    assert numbers(ada.get(LIST, {"received_from": "2026-02-01", "received_to": "2026-03-01"})) == [
        "PAY-000002",
        "PAY-000003",
    ]


def test_the_customer_is_chosen_without_scripts_too(ada, acme, borealis, monkeypatch):
    options = ada.get(LIST).content.decode()
    assert f'<option value="{acme.pk}">Acme</option>' in options
    assert f'<option value="{borealis.pk}">Borealis</option>' in options

    monkeypatch.setattr("billing.forms.choices.MOST_LISTED", 1)
    options = ada.get(LIST, {"customer": borealis.pk.hex}).content.decode()
    assert f'<option value="{acme.pk}">Acme</option>' in options
    assert f'<option value="{borealis.pk}" selected>Borealis</option>' in options


@pytest.mark.parametrize(
    "query", ["received_from=x", "customer=x", "state=x", "q=%00", "received_from=2026-03-02&received_to=2026-03-01"]
)
def test_an_impossible_filter_finds_nothing(ada, acme, query):
    books.payment(acme)
    page = ada.get(f"{LIST}?{query}")

    assert (page.status_code, numbers(page)) == (200, [])


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_of_the_database_for_one_row_and_fifty(ada, acme, count, django_assert_num_queries):
    for _ in range(count):
        books.payment(acme)
    ada.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(ada.get(LIST).context["rows"]) == count


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_asks_the_same_of_the_database_for_one_invoice_and_twenty(ada, acme, count, django_assert_num_queries):
    uses = [acts.Use(books.issued(acme).pk, Money(100, "EUR")) for _ in range(count)]
    payment = books.payment(acme, "50", uses)
    ada.get(at("payment_detail", payment))
    with django_assert_num_queries(PAGE_QUERIES):
        assert len(ada.get(at("payment_detail", payment)).context["page"].uses) == count


def test_the_rest_is_used_on_another_invoice(ada, acme, old, young):
    payment = books.payment(acme, "150", [acts.Use(old.pk, old.balance)])
    assert ada.get(at("payment_detail", payment)).context["form"]["amount"].value() == "50.00"
    page = ada.post(at("payment_allocate", payment), {"invoice": young.pk, "amount": "30"}, follow=True)

    payment.refresh_from_db()
    assert payment.unapplied == Money(2000, "EUR")
    assert said(page) == ["EUR\N{NO-BREAK SPACE}30.00 of PAY-000001 is now used on invoice INV-000002."]


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("60", "Only EUR 50.00 of PAY-000001 is unapplied."),
        ("0", "Every part of a payment must be more than zero."),
        ("-5", "Every part of a payment must be more than zero."),
        ("ten", "This is not an amount."),
        ("", "Say how much of it."),
    ],
)
def test_what_cannot_be_used_is_said_on_the_page(ada, acme, old, young, amount, sentence):
    payment = books.payment(acme, "150", [acts.Use(old.pk, old.balance)])
    page = ada.post(at("payment_allocate", payment), {"invoice": young.pk, "amount": amount})

    assert page.status_code == 200
    assert sentence in text(page)


def test_a_payment_is_used_only_on_open_invoices_of_its_customer(ada, acme, borealis):
    payment, theirs = books.payment(acme, "150"), books.issued(borealis)
    page = ada.post(at("payment_allocate", payment), {"invoice": theirs.pk, "amount": "30"})

    assert "This invoice is not open. Choose another from the list." in text(page)


def test_what_was_used_can_be_released_once(ada, acme, old):
    books.paid(old)
    allocation = Allocation.objects.get()
    page = ada.post(at("allocation_release", allocation), {"from": "invoice"}, follow=True)
    again = ada.post(at("allocation_release", allocation), follow=True)

    assert page.redirect_chain == [(at("invoice_detail", old), 302)]
    assert said(page)[0].startswith("EUR\N{NO-BREAK SPACE}100.00 is released from invoice INV-000001")
    assert said(again) == ["This part of PAY-000001 was released already."]
    assert Invoice.objects.get(pk=old.pk).balance == old.total


def test_reverse_asks_and_names_what_is_owed_again(ada, acme, old):
    payment = books.paid(old)
    page = ada.get(at("payment_reverse", payment))

    assert "Reverse PAY-000001?" in text(page)
    assert "EUR 100.00 of invoice INV-000001 is owed again." in text(page)
    assert Payment.objects.get().reversed_at is None


def test_reverse_keeps_the_reason_and_happens_once(ada, acme, old):
    payment = books.paid(old)
    page = ada.post(at("payment_reverse", payment), {"reason": "Cheque bounced"}, follow=True)
    again = ada.post(at("payment_reverse", payment), {"reason": "Cheque bounced"})

    assert Invoice.objects.get(pk=old.pk).balance == old.total
    assert "Cheque bounced" in text(page)
    assert "PAY-000001 is reversed already." in text(again)


def test_a_reversed_payment_pays_nothing_more(ada, acme, old):
    payment = acts.reverse(payment=books.payment(acme), reason="Bounced", by=BY, at=AT)
    page = ada.post(at("payment_allocate", payment), {"invoice": old.pk, "amount": "1"})

    assert "PAY-000001 is reversed; there is nothing left of it." in text(page)


@pytest.mark.parametrize(
    ("route", "method"),
    [("payment_detail", "get"), ("payment_allocate", "post"), ("payment_reverse", "post")],
)
def test_another_companys_payment_is_not_there(ada, acme, route, method):
    elsewhere = visitors.company("Elsewhere")
    with in_company(elsewhere):
        theirs = books.payment(books.customer(elsewhere))

    assert getattr(ada, method)(at(route, theirs), {"reason": "x"}).status_code == 404


def test_another_companys_allocation_is_not_released(ada, acme):
    elsewhere = visitors.company("Elsewhere")
    with in_company(elsewhere):
        books.paid(books.issued(books.customer(elsewhere)))
        allocation = Allocation.objects.get()

    assert ada.post(at("allocation_release", allocation)).status_code == 404


def test_an_account_manager_sees_only_payments_of_their_customers(company, acme, borealis):
    cy = visitors.member(company, "account_manager", "Cy")
    acme.owner = cy.user
    acme.save()
    books.payment(acme)
    theirs = books.payment(borealis)
    browser = visitors.browser(cy)

    assert numbers(browser.get(LIST)) == ["PAY-000001"]
    assert browser.get(at("payment_detail", theirs)).status_code == 404
    assert browser.get(NEW, {"customer": borealis.pk}).status_code == 404


def test_who_may_only_look_changes_nothing(company, acme, old):
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))
    payment = books.paid(old)

    assert dee.get(at("payment_detail", payment)).status_code == 200
    assert dee.get(NEW).status_code == 403
    assert dee.post(at("payment_allocate", payment)).status_code == 403
    assert dee.post(at("payment_reverse", payment), {"reason": "x"}).status_code == 403
    assert dee.post(at("allocation_release", Allocation.objects.get())).status_code == 403
