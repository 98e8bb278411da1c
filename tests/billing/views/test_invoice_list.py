import csv
import datetime
import io

import pytest
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import drafts
from billing.actions import invoices as acts
from billing.models import EmailMessage, Invoice
from tests import books, visitors
from tests.books import AT, BY

LIST = "/invoices/"
LIST_QUERIES = 9
BULK_ISSUE_QUERIES = 20


def numbers(page):
    return [row["number"] for row in page.context["rows"]]


def words(page):
    return [str(message) for message in page.context["messages"]]


def ticked(browser, act, *ids, query=""):
    return browser.post(f"{reverse('billing:invoice_bulk')}{query}", {"bulk": act, "selected": ids}, follow=True)


def test_the_list_shows_what_there_is(ada, acme):
    books.issued(acme, lines=[books.line("1250")])
    books.draft(acme)
    page = ada.get(LIST)

    assert page.status_code == 200
    assert numbers(page) == ["Draft", "INV-000001"]
    assert "EUR\N{NO-BREAK SPACE}1,250.00" in page.content.decode()
    assert page.context["shown"] == "2 of 2"


def test_an_empty_list_says_what_to_do(ada):
    assert "Write the first one" in ada.get(LIST).content.decode()


def test_filters_live_in_the_address(ada, acme, borealis):
    books.issued(acme)
    books.issued(borealis)
    page = ada.get(LIST, {"q": "boreal", "status": "open", "sort": "amount"})

    assert numbers(page) == ["INV-000002"]
    assert "?q=boreal&amp;sort=amount&amp;status=draft" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("issued_from=2026-02-31", "This is not a day of the calendar."),
        ("issued_from=0001-01-01", "Choose a day between 1970 and 2199."),
        ("issued_from=2026-03-02&issued_to=2026-03-01", "This day comes before the one it should end after."),
        ("amount_from=lots", "This is not a number."),
        ("amount_from=10000000000000000", "The amount is too large."),
        ("amount_from=5&amount_to=4", "This amount comes before the one it should end after."),
        ("currency=XXX", "This currency is not known."),
        ("customer=nobody", "This customer cannot be found."),
        ("customer=01920000-0000-7000-8000-000000000000", "This customer cannot be found."),
        ("q=%00", "invisible control character"),
        ("q=%E2%80%AEevil", "invisible marks"),
        ("status=gone", "This is not one of the choices."),
    ],
)
def test_an_impossible_filter_finds_nothing_and_says_why(ada, acme, query, sentence):
    books.issued(acme)
    page = ada.get(f"{LIST}?{query}")

    assert page.status_code == 200
    assert numbers(page) == []
    assert sentence in page.content.decode()


@pytest.mark.parametrize("query", ["after=nonsense", "before=~", "sort=secret", "after=2026-01-01~zz", "after=%00~%00"])
def test_nonsense_positions_and_orders_show_the_first_page(ada, acme, query):
    books.issued(acme)

    assert numbers(ada.get(f"{LIST}?{query}")) == ["INV-000001"]


def test_pages_lead_on_and_back(ada, acme, monkeypatch):
    monkeypatch.setattr("billing.views.invoice_list.PAGE_SIZE", 2)
    for _ in range(3):
        books.issued(acme)
    first = ada.get(LIST, {"status": "open"})
    second = ada.get(LIST + first.context["next"])

    assert (numbers(first), numbers(second)) == (["INV-000003", "INV-000002"], ["INV-000001"])
    assert numbers(ada.get(LIST + second.context["previous"])) == numbers(first)
    assert "status=open" in first.context["next"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_of_the_database_for_one_row_and_fifty(ada, acme, count, django_assert_num_queries):
    acts.issue_many(invoice_ids=[books.draft(acme).pk for _ in range(count)], by=BY, at=AT)
    ada.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(ada.get(LIST).context["rows"]) == count


def test_an_account_manager_sees_only_their_customers(company, acme, borealis):
    cy = visitors.member(company, "account_manager", "Cy")
    acme.owner = cy.user
    acme.save()
    books.issued(acme)
    books.issued(borealis)

    assert numbers(visitors.browser(cy).get(LIST)) == ["INV-000001"]
    assert numbers(visitors.browser(cy).get(LIST, {"customer": borealis.pk})) == []


def test_the_customer_is_chosen_without_scripts_too(ada, acme, borealis, monkeypatch):
    options = ada.get(LIST).content.decode()
    assert f'<option value="{acme.pk}">Acme</option>' in options
    assert f'<option value="{borealis.pk}">Borealis</option>' in options

    monkeypatch.setattr("billing.forms.choices.MOST_LISTED", 1)
    options = ada.get(LIST, {"customer": borealis.pk.hex}).content.decode()
    assert f'<option value="{acme.pk}">Acme</option>' in options
    assert f'<option value="{borealis.pk}" selected>Borealis</option>' in options


def test_ticked_drafts_are_issued_in_the_order_of_their_dates(ada, acme):
    later = books.draft(acme, issue_date=datetime.date(2026, 3, 10))
    earlier = books.draft(acme, issue_date=datetime.date(2026, 3, 2))
    page = ticked(ada, "issue", later.pk, earlier.pk)

    earlier.refresh_from_db()
    assert earlier.number == "INV-000001"
    assert words(page) == ["2 invoices issued: INV-000001 to INV-000002."]


def test_what_cannot_be_issued_is_said_row_by_row(ada, acme, borealis):
    empty, issued = books.draft(borealis, lines=[]), books.issued(acme)
    page = ticked(ada, "issue", empty.pk, issued.pk, books.draft(acme).pk, query="?status=draft")

    assert page.redirect_chain == [("/invoices/?status=draft", 302)]
    assert words(page) == [
        "1 invoice issued: INV-000002.",
        "Draft for Borealis: An invoice needs at least one line. Add one, save, and issue it then.",
        "INV-000001: INV-000001 is issued already.",
    ]


def test_ticked_invoices_are_sent(ada, acme):
    page = ticked(ada, "send", books.issued(acme).pk, books.draft(acme).pk)

    assert EmailMessage.objects.count() == 1
    assert words(page)[0] == "1 invoice on the way to the customers: INV-000001."
    assert "Only an issued invoice can be sent" in words(page)[1]


@pytest.mark.parametrize("count", [2, 20])
def test_a_billing_run_asks_the_same_of_the_database_for_two_as_for_twenty(ada, acme, count, django_assert_num_queries):
    drafts = [books.draft(acme).pk for _ in range(count)]
    with django_assert_num_queries(BULK_ISSUE_QUERIES):
        ada.post(reverse("billing:invoice_bulk"), {"bulk": "issue", "selected": drafts})
    assert Invoice.objects.issued().count() == count


def test_a_run_that_breaks_off_issues_none(ada, acme, monkeypatch):
    drafts = [books.draft(acme).pk for _ in range(3)]
    monkeypatch.setattr("audit.log.record_many", books.fail)
    with pytest.raises(LookupError):
        ticked(ada, "issue", *drafts)
    assert not Invoice.objects.issued().exists()


@pytest.mark.parametrize("act", ["issue", "send"])
def test_a_draft_discarded_since_the_list_was_shown_is_reported_and_the_others_go_on(ada, acme, monkeypatch, act):
    gone = books.draft(acme)
    other = books.draft(acme) if act == "issue" else books.issued(acme)

    def seen(request):
        drafts.discard(invoice=gone, by=BY, at=AT)
        return [gone_as_seen, other]

    gone_as_seen = Invoice.objects.get(pk=gone.pk)
    monkeypatch.setattr("billing.views.invoice_list._selected", seen)
    page = ticked(ada, act, gone_as_seen.pk, other.pk)

    assert words(page)[0].startswith("1 invoice ")
    assert words(page)[1] == "Draft for Acme: This invoice is no longer there."


def test_nothing_ticked_is_said(ada):
    assert words(ticked(ada, "issue")) == ["Nothing was selected. Tick the invoices first."]


def test_one_invoice_of_another_company_makes_the_whole_request_not_found(ada, acme):
    elsewhere = visitors.company("Elsewhere")
    mine = books.draft(acme)
    with in_company(elsewhere):
        theirs = books.draft(books.customer(elsewhere))

    assert ticked(ada, "issue", mine.pk, theirs.pk).status_code == 404
    mine.refresh_from_db()
    assert mine.status == Invoice.Status.DRAFT


@pytest.mark.parametrize("data", [{"bulk": "issue", "selected": "x"}, {"bulk": "void", "selected": []}, {}])
def test_nonsense_in_bulk_is_not_found(ada, data):
    assert ada.post(reverse("billing:invoice_bulk"), data).status_code == 404


def test_who_may_not_send_cannot_send_several(company, acme):
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))

    assert ticked(dee, "send", books.issued(acme).pk).status_code == 403
    assert dee.post(reverse("billing:invoice_export")).status_code == 403


def exported(browser, query=""):
    answer = browser.post(f"{reverse('billing:invoice_export')}{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return answer, list(csv.DictReader(io.StringIO(text)))


def test_the_export_holds_what_the_filters_show_with_numbers_as_numbers(ada, acme, borealis):
    books.paid(books.issued(acme, lines=[books.line("1250.50")], purchase_order="=1+1"), "50")
    books.issued(borealis)
    answer, [row] = exported(ada, "?q=Acme")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="invoices-' in answer["Content-Disposition"]
    assert (row["Number"], row["Customer"], row["Currency"]) == ("INV-000001", "Acme", "EUR")
    assert (row["Total"], row["Paid"], row["Balance"]) == ("1250.50", "50.00", "1200.50")
    assert row["Purchase order"] == "'=1+1"


@pytest.mark.django_db
def test_the_export_is_written_after_the_request_has_ended_and_its_scope_with_it():
    company = visitors.company()
    ada = visitors.browser(visitors.member(company))
    with in_company(company):
        books.issued(books.customer(company))
    _, rows = exported(ada)

    assert [row["Number"] for row in rows] == ["INV-000001"]


def test_an_export_leaves_one_entry_that_says_what_was_asked_for(ada, acme):
    books.issued(acme)
    exported(ada, "?status=open&q=")

    [entry] = BillingEvent.objects.filter(action="invoice.exported")
    assert (entry.object_label, entry.data) == ("Ledger", {"filters": {"status": "open"}})


def test_an_export_of_impossible_filters_is_none(ada):
    page = ada.post(f"{reverse('billing:invoice_export')}?issued_from=x", follow=True)

    assert words(page) == ["Nothing was exported: the filters hold a mistake. Correct what is marked below."]
    assert not BillingEvent.objects.filter(action="invoice.exported").exists()


def test_the_export_is_not_to_be_had_by_a_link(ada):
    assert ada.get(reverse("billing:invoice_export")).status_code == 405
