import datetime

import pytest
from django.utils import timezone

from billing.actions import invoices, payments
from billing.models import EmailMessage, Payment
from tests import books, visitors
from tests.books import BY

HOME = "/"
HOME_QUERIES = 16


def days_ago(days):
    return timezone.now().date() - datetime.timedelta(days=days)


def tiles(page):
    return {tile.label: (tile.value.replace("\N{NO-BREAK SPACE}", " "), tile.note) for tile in page.context["tiles"]}


def todo(page):
    return [task.text for task in page.context["tasks"]]


def overdue(customer, days, **fields):
    return books.issued(customer, issue_date=days_ago(days), payment_terms="Due on receipt", **fields)


def test_a_new_company_is_told_where_to_begin(ada, company):
    books.seller(company)

    text = ada.get(HOME).content.decode()

    assert "Add your first customer, then write an invoice." in text
    assert "tiles" not in text


def test_the_numbers_are_those_of_the_books(ada, acme, borealis):
    overdue(acme, 40)
    overdue(borealis, 5, lines=[books.line("20.50")])
    books.issued(acme, issue_date=days_ago(0), payment_terms="NET 3", lines=[books.line("7")])
    books.issued(acme, issue_date=days_ago(0), payment_terms="NET 60", lines=[books.line("1000")])
    books.payment(acme, "15", received_date=days_ago(0), at=timezone.now())

    page = ada.get(HOME)

    assert {label: value for label, (value, _) in tiles(page).items()} == {
        "Outstanding": "EUR 1,127.50",
        "Overdue": "EUR 120.50",
        "Due in 7 days": "EUR 7.00",
        "Collected this month": "EUR 15.00",
    }
    assert tiles(page)["Overdue"][1] == "2 invoices"
    assert [debtor.name for debtor in page.context["debtors"]] == ["Acme", "Borealis"]


def test_every_number_leads_to_the_list_it_comes_from(ada, acme):
    overdue(acme, 40)
    books.issued(acme, issue_date=days_ago(0), payment_terms="NET 3")
    books.payment(acme, "15", received_date=days_ago(0), at=timezone.now())
    books.payment(acme, "3", currency="USD", received_date=days_ago(0), at=timezone.now())
    bounced = books.payment(acme, "4", received_date=days_ago(0), at=timezone.now())
    payments.reverse(payment=bounced, reason="Bounced", by=BY, at=timezone.now())

    page = ada.get(HOME)

    counts = {tile.label: len(ada.get(tile.url).context["rows"]) for tile in page.context["tiles"]}
    assert counts == {"Outstanding": 2, "Overdue": 1, "Due in 7 days": 1, "Collected this month": 1}
    assert [len(ada.get(bar.url).context["rows"]) for bar in page.context["bars"]] == [1, 0, 1, 0, 0]
    assert all(ada.get(task.url).status_code == 200 for task in page.context["tasks"])


def test_currencies_are_never_added_up(ada, acme):
    overdue(acme, 5)
    overdue(acme, 5, currency="JPY", lines=[books.line("7000")])
    books.payment(acme, "3", currency="USD", received_date=days_ago(0), at=timezone.now())

    page = ada.get(HOME)
    assert tiles(page)["Outstanding"] == ("EUR 100.00", "1 invoice")
    assert [code for code, _ in page.context["others"]] == ["JPY", "USD"]

    chosen = ada.get(f"{HOME}?currency=JPY")
    assert tiles(chosen)["Outstanding"] == ("JPY 7,000", "1 invoice")
    assert [code for code, _ in chosen.context["others"]] == ["EUR", "USD"]
    assert tiles(ada.get(f"{HOME}?currency=nonsense")) == tiles(page)


def test_sums_beyond_any_one_amount_are_shown_all_the_same(ada, acme):
    for _ in range(2):
        overdue(acme, 5, lines=[books.line("9000000000000")])

    assert tiles(ada.get(HOME))["Outstanding"][0] == "over EUR 9,999,999,999,999.99"
    assert ada.get(f"/customers/{acme.pk}/").status_code == 200
    assert ada.get("/customers/?sort=-balance").status_code == 200


def test_what_waits_comes_first_and_what_is_not_there_is_not_said(ada, acme):
    late = overdue(acme, 40)
    invoices.dispute(invoice=late, reason="Broken", by=BY, at=timezone.now())
    books.draft(acme)
    books.payment(acme, "15")
    letters_at = timezone.now()
    for status in (EmailMessage.Status.FAILED, EmailMessage.Status.SENT):
        EmailMessage.objects.create(
            company=acme.company,
            customer=acme,
            invoice=late,
            kind=EmailMessage.Kind.INVOICE,
            recipient="a@acme.example",
            status=status,
            queued_at=letters_at,
        )

    page = ada.get(HOME)

    assert todo(page) == [
        "1 e-mail could not be sent",
        "1 invoice is more than 30 days late",
        "1 invoice is disputed",
        "1 customer has an unapplied credit",
        "1 draft waits to be issued",
    ]


def test_nothing_to_do_is_said(ada, acme):
    assert "Nothing waits for you." in ada.get(HOME).content.decode()


def test_a_reversed_payment_is_not_collected(ada, acme):
    books.payment(acme, "15", received_date=days_ago(0), at=timezone.now())
    Payment.objects.update(reversed_at=timezone.now(), unapplied=0)

    assert tiles(ada.get(HOME))["Collected this month"][0] == "EUR 0.00"


def test_a_restricted_member_sees_the_numbers_of_their_own_customers(company):
    cam = visitors.member(company, "account_manager", "Cam")
    overdue(books.customer(company, "Acme", owner=cam.user), 5)
    overdue(books.customer(company, "Borealis"), 40, lines=[books.line("5000")])
    books.payment(books.customer(company, "Cargo"), "15", received_date=days_ago(0), at=timezone.now())

    page = visitors.browser(cam).get(HOME)

    assert tiles(page)["Outstanding"] == ("EUR 100.00", "1 invoice")
    assert tiles(page)["Collected this month"][0] == "EUR 0.00"
    assert (todo(page), [debtor.name for debtor in page.context["debtors"]]) == ([], ["Acme"])
    assert {entry.customer_id for entry in page.context["entries"]} == {acme_id(company)}
    assert "Borealis" not in page.content.decode()


def acme_id(company):
    return books.Customer.objects.get(company=company, name="Acme").pk


@pytest.mark.parametrize("count", [1, 30])
def test_home_asks_the_same_of_the_database_however_much_there_is(ada, company, count, django_assert_num_queries):
    for number in range(count):
        customer = books.customer(company, f"Customer {number}")
        books.paid(overdue(customer, 40), "30")
        books.draft(customer)
    ada.get(HOME)
    with django_assert_num_queries(HOME_QUERIES):
        assert ada.get(HOME).status_code == 200


def failed_letter(invoice, hours_ago=2):
    [letter] = invoices.send(invoice=invoice, by=BY, at=timezone.now() - datetime.timedelta(hours=hours_ago))
    EmailMessage.objects.filter(pk=letter.pk).update(status=EmailMessage.Status.FAILED)
    return letter


def test_a_letter_that_failed_is_to_do_until_it_no_longer_matters(ada, acme, borealis):
    sent_again, void = books.issued(acme), books.issued(borealis)
    failed_letter(sent_again)
    failed_letter(void)
    assert "2 e-mails could not be sent" in todo(ada.get(HOME))

    invoices.send(invoice=sent_again, by=BY, at=timezone.now())
    assert "1 e-mail could not be sent" in todo(ada.get(HOME))

    invoices.void(invoice=void, reason="Wrong", by=BY, at=timezone.now())
    assert not any("could not be sent" in text for text in todo(ada.get(HOME)))
