import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import drafts as draft_acts
from billing.models import Invoice, TaxRate
from billing.money import Money
from tests import books, visitors
from tests.books import AT, BY, TODAY

NEW = "/invoices/new/"
EDITOR_QUERIES = 14
NOBODY = "0198c2f0-0000-7000-8000-000000000000"


def posted(of, *lines, adjustments=(), **fields):
    """What a browser sends: the head, the lines in their order, and the button that was pressed."""
    data = {
        "customer": str(of.pk),
        "currency": "EUR",
        "issue_date": "2026-03-16",
        "payment_terms": "NET 30",
        "tax_rounding": "document",
        "lines-INITIAL_FORMS": "0",
        "adjustments-INITIAL_FORMS": "0",
    }
    for prefix, rows in (("lines", lines), ("adjustments", adjustments)):
        data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
        for number, row in enumerate(rows):
            data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    button = {} if fields.keys() & {"issue", "preview", "add_line"} else {"save": "1"}
    return data | button | fields


def line(**fields):
    return {"name": "Consulting", "quantity": "2", "unit_price": "100"} | fields


def problems(page):
    return [sentence for _, sentence in page.context["problems"]]


def typed(page, number):
    return {
        name: page.context["editor"].lines.forms[number][name].value() for name in ("name", "quantity", "unit_price")
    }


def summary(page):
    return {name: amount.replace("\N{NO-BREAK SPACE}", " ") for name, amount in page.context["summary"]}


def test_a_new_invoice_starts_as_the_company_bills(ada, acme):
    page = ada.get(NEW)

    assert page.status_code == 200
    head = page.context["form"]
    assert (head["currency"].value(), head["payment_terms"].value()) == ("EUR", "NET 30")
    assert len(page.context["editor"].lines.forms) == 1


def test_a_new_invoice_for_a_customer_starts_as_they_want_it(ada, company):
    zen = books.customer(company, "Zen", currency="JPY", payment_terms="EOM + 15")
    head = ada.get(NEW, {"customer": zen.pk}).context["form"]

    assert head["customer"].value() == zen.pk
    assert (head["currency"].value(), head["payment_terms"].value()) == ("JPY", "EOM + 15")


@pytest.mark.parametrize("customer", ["x", NOBODY, "\0"])
def test_a_new_invoice_for_nobody_we_know_starts_empty(ada, acme, customer):
    page = ada.get(NEW, {"customer": customer})

    assert page.status_code == 200
    assert page.context["form"].customer is None


def test_everything_entered_is_kept(ada, company, acme):
    vat, eco = books.tax_rate(company), books.tax_rate(company, "5", "Eco")
    item, ana = books.item(company), books.contact(acme)
    data = posted(
        acme,
        line(
            item=str(item.pk),
            description="Two days\non site",
            quantity="2.5",
            unit="day",
            unit_price="1,000.125",
            discount="10%",
            price_base_quantity="100",
            tax_rates=[str(vat.pk), str(eco.pk)],
        ),
        line(discount="5.00"),
        adjustments=[
            {"kind": "discount", "label": "Loyalty", "value": "10%"},
            {"kind": "charge", "label": "Shipping", "value": "25", "tax_rates": [str(vat.pk)]},
        ],
        contact=str(ana.pk),
        due_date="2026-04-01",
        purchase_order="PO-1",
        message="Thank you",
        prepaid="50",
    )
    page = ada.post(NEW, data)

    invoice = Invoice.objects.get()
    assert page.url == reverse("billing:invoice_detail", args=[invoice.pk])
    assert (invoice.contact, invoice.due_date, invoice.purchase_order) == (ana, datetime.date(2026, 4, 1), "PO-1")
    assert (invoice.message, invoice.prepaid) == ("Thank you", Money(5000, "EUR"))
    first, second = invoice.lines.order_by("position")
    assert (first.item, first.description, first.quantity, first.unit) == (
        item,
        "Two days\non site",
        Decimal("2.5"),
        "day",
    )
    assert (first.unit_price, first.price_base_quantity) == (Decimal("1000.125"), Decimal(100))
    assert (first.discount_percent, [tax["name"] for tax in first.taxes]) == (Decimal(10), ["VAT", "Eco"])
    assert second.discount_amount == Money(500, "EUR")
    kept = [(one.kind, one.label, one.percent, one.fixed) for one in invoice.adjustments.order_by("position")]
    assert kept == [("discount", "Loyalty", Decimal(10), None), ("charge", "Shipping", None, Money(2500, "EUR"))]
    assert BillingEvent.objects.filter(action="invoice.drafted").count() == 1


def test_a_draft_opens_as_it_was_entered_and_saves_the_same(ada, company, acme):
    vat = books.tax_rate(company)
    ada.post(
        NEW,
        posted(
            acme,
            line(unit_price="0.0125", discount="2.5%", tax_rates=[str(vat.pk)]),
            adjustments=[{"kind": "charge", "label": "Post", "value": "4.50"}],
            prepaid="1.50",
            due_date="2026-03-20",
        ),
    )
    draft = Invoice.objects.get()
    address = reverse("billing:invoice_edit", args=[draft.pk])
    editor = ada.get(address).context["editor"]
    [shown] = editor.lines.forms
    values = {name: shown[name].value() for name in ("quantity", "unit_price", "discount", "tax_rates")}

    assert values == {"quantity": "2", "unit_price": "0.0125", "discount": "2.5%", "tax_rates": [str(vat.pk)]}
    assert editor.adjustments.forms[0]["value"].value() == "4.50"
    assert (editor.form["prepaid"].value(), editor.form["due_date"].value()) == ("1.50", datetime.date(2026, 3, 20))
    assert editor.totals.total == draft.total


def test_a_tax_rate_that_was_archived_stays_on_the_draft_that_has_it(ada, company, acme):
    vat = books.tax_rate(company)
    draft = books.draft(acme, lines=[books.line(tax_rates=(vat,))])
    TaxRate.objects.update(archived_at=AT)
    address = reverse("billing:invoice_edit", args=[draft.pk])
    ada.post(address, posted(acme, line(tax_rates=[str(vat.pk)])))

    draft.refresh_from_db()
    assert draft.tax == Money(3800, "EUR")
    assert str(vat.pk) not in ada.get(NEW).content.decode()


def test_save_and_issue_does_both(ada, acme):
    page = ada.post(NEW, posted(acme, line(), issue="1"), follow=True)

    invoice = Invoice.objects.get()
    assert invoice.number == "INV-000001"
    assert [str(one) for one in page.context["messages"]] == [
        "Invoice INV-000001 is issued. Acme owes EUR\N{NO-BREAK SPACE}200.00."
    ]


def test_what_cannot_be_issued_is_kept_as_a_draft_and_said(ada, acme):
    page = ada.post(NEW, posted(acme, {}, issue="1"), follow=True)

    assert Invoice.objects.get().status == Invoice.Status.DRAFT
    [said] = [str(one) for one in page.context["messages"]]
    assert said == (
        "The draft is saved, but it is not issued. "
        "An invoice needs at least one line. Add one, save, and issue it then."
    )


def test_empty_lines_do_not_count(ada, acme):
    ada.post(NEW, posted(acme, {"quantity": "1"}, line(), {"quantity": "", "name": "  "}))

    assert [one.position for one in Invoice.objects.get().lines.all()] == [1]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("customer", "", "Customer: Choose who the invoice is for."),
        ("customer", "x", "Customer: This customer cannot be found. Choose another."),
        ("currency", "XYZ", "Currency: This currency is not known. Choose one from the list."),
        ("issue_date", "2026-02-30", "Issue date: This is not a day of the calendar. Write it like 2026-03-12."),
        ("issue_date", "9999-12-31", "Issue date: Choose a day between 1970 and 2199."),
        ("issue_date", "", "Issue date: Say on which day it is issued."),
        ("payment_terms", "whenever", "Payment terms: These payment terms cannot be read."),
        ("payment_terms", "NET 999999", "Payment terms: Payment terms can give at most 999 days."),
        ("due_date", "2026-03-01", "The due date lies before the issue date."),
        ("purchase_order", "x" * 61, "Purchase order: Shorten this to at most 60 characters."),
        ("message", "a\0b", "Message to the customer: This text holds an invisible control character."),
        ("message", "\u202eevil", "Message to the customer: This text holds invisible marks"),
        ("prepaid", "-5", "Paid in advance: The amount paid in advance cannot be negative."),
        ("prepaid", "10000000000000000", "Paid in advance: The amount is too large"),
        ("prepaid", "lots", "Paid in advance: This is not an amount."),
        ("prepaid", "5000", "The prepaid amount must lie between zero and the total"),
        ("tax_rounding", "never", "Tax is rounded: Choose how tax is rounded."),
        ("contact", NOBODY, "Contact: This contact cannot be found at the customer. Choose another."),
    ],
)
def test_each_mistake_in_the_head_is_said_and_nothing_typed_is_lost(ada, acme, field, value, sentence):
    page = ada.post(NEW, posted(acme, line(name="Kept as typed"), **{field: value}))

    assert page.status_code == 200
    assert any(sentence in said for said in problems(page)), problems(page)
    assert typed(page, 0)["name"] == "Kept as typed"
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Say what this line is for."),
        ("name", "x" * 10_000, "Shorten this to at most 200 characters. It has 10000."),
        ("name", "a\0b", "invisible control character"),
        ("name", "\u202etxt", "invisible marks"),
        ("quantity", "", "Say how many."),
        ("quantity", "-1", "The quantity cannot be negative."),
        ("quantity", "\N{MINUS SIGN}1", "The quantity cannot be negative."),
        ("quantity", "1000000000", "The quantity is too large. It must be below 1,000,000,000."),
        ("quantity", "9" * 5000, "This is not a number."),
        ("quantity", "1e5", "This is not a number."),
        ("quantity", "NaN", "This is not a number."),
        ("quantity", "1.1234567", "The quantity can have at most 6 decimals."),
        ("unit_price", "", "Say what one costs."),
        ("unit_price", "-1", "The price cannot be negative."),
        ("unit_price", "1000000000000000", "The price is too large."),
        ("unit_price", "ten", "This is not a number."),
        ("unit", "x" * 21, "Shorten this to at most 20 characters."),
        ("price_base_quantity", "0", "The price is for more than zero."),
        ("discount", "101%", "More than 100% cannot be taken off or added."),
        ("discount", "-5", "Write this without a minus sign."),
        ("discount", "half", "This is not an amount."),
        ("discount", "5.001", "EUR has 2 decimals, but the amount has 3."),
        ("discount", "201.00", "The discount of EUR 201.00 is more than the EUR 200.00 it is taken from."),
        ("item", NOBODY, "This item cannot be found."),
        ("item", "x", "This item cannot be found."),
        ("tax_rates", [NOBODY], "This tax rate cannot be found."),
    ],
)
def test_each_mistake_in_a_line_is_said_beside_it_and_nothing_typed_is_lost(ada, acme, field, value, sentence):
    page = ada.post(NEW, posted(acme, line(), line(**{field: value}), purchase_order="Kept"))

    assert page.status_code == 200
    assert any(said.startswith("Line 2") and sentence in said for said in problems(page)), problems(page)
    assert sentence.replace("'", "&#x27;") in page.content.decode()
    assert page.context["editor"].lines.forms[1][field].value() == value
    assert page.context["form"]["purchase_order"].value() == "Kept"
    assert not Invoice.objects.exists()


def test_an_amount_beyond_all_reason_is_said(ada, acme):
    page = ada.post(NEW, posted(acme, line(quantity="999999999", unit_price="999999999999")))

    assert "The amount is too large" in problems(page)[0]


def test_more_lines_than_an_invoice_can_have_are_refused_in_a_sentence(ada, acme):
    page = ada.post(NEW, posted(acme, *[line()] * 501))

    assert "An invoice can have at most 500 of these. Split it into several invoices." in problems(page)
    assert len(page.context["editor"].lines.forms) == 501


@pytest.mark.parametrize("total", ["", "x", "-1", "99999999999999999999", "\0"])
def test_a_tampered_count_of_lines_is_no_crash(ada, acme, total):
    assert ada.post(NEW, posted(acme, line()) | {"lines-TOTAL_FORMS": total}).status_code in (200, 302)


def test_another_companys_records_do_not_exist_here(ada, company, acme):
    elsewhere = visitors.company("Elsewhere")
    with in_company(elsewhere):
        stranger = books.customer(elsewhere, "Stranger")
        contact, item, vat = books.contact(stranger), books.item(elsewhere), books.tax_rate(elsewhere)
    page = ada.post(
        NEW,
        posted(stranger, line(item=str(item.pk)), line(tax_rates=[str(vat.pk)]), contact=str(contact.pk)),
    )

    assert [said.partition(": ")[2] for said in problems(page)] == [
        "This customer cannot be found. Choose another.",
        "This contact cannot be found at the customer. Choose another.",
        "This item cannot be found. Choose another, or write the line without one.",
        "This tax rate cannot be found. Choose from the list.",
    ]
    assert "Stranger" not in page.content.decode()


def test_an_account_manager_cannot_bill_anothers_customer(company, acme):
    cy = visitors.browser(visitors.member(company, "account_manager", "Cy"))
    page = cy.post(NEW, posted(acme, line()))

    assert problems(page) == ["Customer: This customer cannot be found. Choose another."]
    assert cy.get(reverse("billing:invoice_edit", args=[books.draft(acme).pk])).status_code == 404


def test_a_contact_of_another_customer_is_not_found(ada, acme, borealis):
    page = ada.post(NEW, posted(acme, line(), contact=str(books.contact(borealis, "Bea").pk)))

    assert problems(page) == ["Contact: This contact cannot be found at the customer. Choose another."]


def test_an_archived_customer_is_not_billed(ada, acme):
    acme.archived_at = AT
    acme.save()

    assert (
        "Acme is archived. Restore the customer, or choose another." in problems(ada.post(NEW, posted(acme, line())))[0]
    )


@pytest.mark.parametrize(
    ("button", "names"),
    [
        ({"add_line": "1"}, ["A", "B", "C", None]),
        ({"remove_line": "1"}, ["A", "C"]),
        ({"move_up": "2"}, ["A", "C", "B"]),
        ({"move_up": "0"}, ["A", "B", "C"]),
        ({"move_down": "0"}, ["B", "A", "C"]),
        ({"move_down": "2"}, ["A", "B", "C"]),
        ({"remove_line": "9"}, ["A", "B", "C"]),
        ({"remove_line": "x"}, ["A", "B", "C"]),
    ],
)
def test_buttons_work_without_javascript_and_keep_what_was_typed(ada, acme, button, names):
    rows = [line(name=name, quantity="not yet", tax_rates=["?"]) for name in "ABC"]
    data = posted(acme, *rows, add_line="1", issue_date="31 February", prepaid="some", message="  spaced ")
    data.pop("add_line")
    page = ada.post(NEW, data | button)

    editor = page.context["editor"]
    assert page.status_code == 200
    assert problems(page) == []
    assert [form["name"].value() for form in editor.lines.forms] == names
    assert editor.lines.forms[0]["quantity"].value() == "not yet"
    assert [editor.form[name].value() for name in ("issue_date", "prepaid", "message")] == [
        "31 February",
        "some",
        "  spaced ",
    ]
    assert "data-changed" in page.content.decode()
    assert not Invoice.objects.exists()


def test_discounts_on_the_whole_are_added_and_removed_without_javascript(ada, acme):
    whole = [{"kind": "charge", "label": "Post", "value": "1"}, {"kind": "discount", "label": "Loyalty", "value": "2%"}]
    more = ada.post(NEW, posted(acme, line(), adjustments=whole) | {"add_adjustment": "1"})
    fewer = ada.post(NEW, posted(acme, line(), adjustments=whole) | {"remove_adjustment": "0"})

    assert [form["label"].value() for form in more.context["editor"].adjustments.forms] == ["Post", "Loyalty", None]
    assert [form["label"].value() for form in fewer.context["editor"].adjustments.forms] == ["Loyalty"]


def test_customers_beyond_the_list_are_found_by_name_without_javascript(ada, company, acme, monkeypatch):
    monkeypatch.setattr("billing.forms.invoices.MOST_CUSTOMERS_LISTED", 1)
    zen = books.customer(company, "Zen")
    page = ada.post(NEW, posted(acme, line()) | {"find_customer": "1", "find": "ze"})

    offered = [str(value) for value, _ in page.context["form"].fields["customer"].choices]
    assert "find_customer" in ada.get(NEW).content.decode()
    assert offered == ["", str(acme.pk)] or str(zen.pk) in offered


def test_totals_can_be_asked_for_without_saving(ada, company, acme):
    vat = books.tax_rate(company)
    page = ada.post(NEW, posted(acme, line(tax_rates=[str(vat.pk)]), preview="1"))

    assert summary(page) == {"Subtotal": "EUR 200.00", "VAT 19%": "EUR 38.00", "Total": "EUR 238.00"}
    assert not Invoice.objects.exists()


def preview(browser, data):
    return browser.post(reverse("billing:invoice_preview"), data)


def test_live_totals_are_those_the_books_will_keep(ada, company, acme):
    vat, eco = books.tax_rate(company), books.tax_rate(company, "7", "Reduced")
    data = posted(
        acme,
        line(discount="10%", tax_rates=[str(vat.pk)]),
        line(unit_price="0.333333", quantity="3", tax_rates=[str(vat.pk), str(eco.pk)]),
        adjustments=[{"kind": "charge", "label": "Post", "value": "4.99"}],
        prepaid="10",
    )
    live = preview(ada, data)
    ada.post(NEW, data)
    invoice = Invoice.objects.get()

    assert summary(live)["Total"] == invoice.total.plain()
    assert [form.amount for form in live.context["editor"].lines.forms] == ["180.00", "1.00"]
    assert 'id="lines-1-amount">1.00<' in live.content.decode()
    assert 'id="totals"' in live.content.decode()


def test_live_totals_do_not_wait_for_the_head(ada, acme):
    live = preview(ada, posted(acme, line(), customer="", issue_date="", payment_terms=""))

    assert summary(live)["Total"] == "EUR 200.00"


def test_live_totals_are_in_the_currency_chosen(ada, acme):
    assert summary(preview(ada, posted(acme, line(), currency="JPY")))["Total"] == "JPY 200"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"unit_price": ""}, "The totals follow once every line is complete."),
        ({"discount": "500"}, "Line 1: The discount of EUR 500.00 is more than the EUR 200.00 it is taken from."),
        ({"quantity": "999999999", "unit_price": "999999999999"}, "The amount is too large"),
    ],
)
def test_live_totals_say_what_is_in_their_way(ada, acme, fields, sentence):
    live = preview(ada, posted(acme, line(**fields)))

    assert live.status_code == 200
    assert sentence in live.context["problem"]


def test_looking_at_totals_changes_nothing(ada, acme):
    preview(ada, posted(acme, line()))

    assert not Invoice.objects.exists()
    assert not BillingEvent.objects.exists()


def test_an_issued_invoice_is_shown_instead_of_edited(ada, acme):
    invoice = books.issued(acme)
    page = ada.get(reverse("billing:invoice_edit", args=[invoice.pk]), follow=True)

    assert page.redirect_chain == [(reverse("billing:invoice_detail", args=[invoice.pk]), 302)]
    assert "can no longer be changed" in str(next(iter(page.context["messages"])))


def test_a_draft_issued_meanwhile_is_not_changed(ada, acme, monkeypatch):
    draft = books.draft(acme)
    change = draft_acts.change

    def issued_first(**given):
        books.invoices.issue(invoice=draft, by=BY, at=AT)
        return change(**given)

    monkeypatch.setattr("billing.views.invoice_editor.draft_actions.change", issued_first)
    page = ada.post(reverse("billing:invoice_edit", args=[draft.pk]), posted(acme, line()))

    assert "is issued and cannot be changed" in problems(page)[0]


def suggested(browser, name, **query):
    return browser.get(reverse(f"billing:{name}_suggestions"), query).json()["results"]


def test_items_are_suggested_by_the_start_of_their_code_or_name(ada, company):
    item = books.item(company, unit="hour", description="By the hour", unit_price=Decimal("64.5"))
    vat = books.tax_rate(company)
    item.tax_rates.add(vat)
    books.item(company, "Archived", archived_at=AT)
    books.item(company, "Training", code="con-2")

    assert [one["label"] for one in suggested(ada, "item", q="con")] == ["Consulting", "Training"]
    assert suggested(ada, "item", q="sult") == suggested(ada, "item", q="arch") == suggested(ada, "item", q="") == []
    assert suggested(ada, "item", q="consu", currency="EUR") == [
        {
            "id": str(item.pk),
            "label": "Consulting",
            "note": "EUR 64.50",
            "fields": {
                "description": "By the hour",
                "unit": "hour",
                "tax_rates": [str(vat.pk)],
                "unit_price": "64.50",
            },
        }
    ]
    assert "unit_price" not in suggested(ada, "item", q="consu", currency="USD")[0]["fields"]


def test_no_more_than_ten_are_suggested_and_only_to_who_writes_invoices(ada, company):
    for number in range(12):
        books.item(company, f"Item {number:02}", code=f"i{number}")
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))

    assert len(suggested(ada, "item", q="item")) == 10
    assert dee.get(reverse("billing:item_suggestions"), {"q": "item"}).status_code == 403
    assert dee.post(reverse("billing:invoice_preview")).status_code == 403


def test_only_customers_one_may_see_are_suggested(company, acme, borealis):
    cy = visitors.member(company, "account_manager", "Cy")
    acme.owner = cy.user
    acme.save()

    assert [one["label"] for one in suggested(visitors.browser(cy), "customer")] == ["Acme"]


def test_contacts_follow_the_customer(ada, acme, borealis):
    books.contact(acme, "Ana")
    books.contact(borealis, "Bea")
    page = ada.get(reverse("billing:invoice_contacts"), {"customer": acme.pk}).content.decode()

    assert "Ana &lt;ana@customer.example&gt;" in page
    assert "Bea" not in page
    assert ada.get(reverse("billing:invoice_contacts"), {"customer": "x"}).status_code == 200


@pytest.mark.parametrize("count", [1, 50])
def test_the_editor_asks_the_same_of_the_database_for_one_line_and_fifty(
    ada, company, acme, count, django_assert_num_queries
):
    vat, item = books.tax_rate(company), books.item(company)
    draft = books.draft(acme, lines=[books.line(tax_rates=(vat,), item=item) for _ in range(count)])
    address = reverse("billing:invoice_edit", args=[draft.pk])
    ada.get(address)
    with django_assert_num_queries(EDITOR_QUERIES):
        ada.get(address)


def test_a_duplicate_is_dated_today_and_opens_in_the_editor(ada, acme):
    invoice = books.issued(acme, purchase_order="PO-7", issue_date=TODAY)
    page = ada.post(reverse("billing:invoice_duplicate", args=[invoice.pk]), follow=True)

    copy = Invoice.objects.drafts().get()
    assert page.redirect_chain == [(reverse("billing:invoice_edit", args=[copy.pk]), 302)]
    assert (copy.purchase_order, copy.total) == ("PO-7", invoice.total)
    assert copy.issue_date > invoice.issue_date


def test_a_form_sent_twice_is_one_invoice(ada, acme):
    form = posted(acme, line(), issue="1", draft_id=NOBODY)

    ada.post(NEW, form)
    again = ada.post(NEW, form, follow=True)

    invoice = Invoice.objects.get()
    assert invoice.number == "INV-000001"
    assert again.redirect_chain == [(reverse("billing:invoice_detail", args=[invoice.pk]), 302)]
    assert "was saved already" in again.content.decode()


def test_an_id_sent_as_that_of_the_form_tells_nothing_and_takes_nothing(ada, company, acme, borealis):
    """Whether there is an invoice of that id, and whose: a colleague's form makes one more draft each time."""
    rival = visitors.company("Rival")
    with in_company(rival):
        foreign = books.draft(books.customer(rival, "Cargo"))
    hidden = books.draft(borealis)
    limited = visitors.member(company, "employee", "Cy", restriction="customers", customer_ids=[str(acme.pk)])
    cy = visitors.browser(limited)

    for browser in (cy, ada):
        for id in (foreign.pk, hidden.pk, NOBODY, "ffffffff-ffff-ffff-ffff-ffffffffffff"):
            known = set(Invoice.objects.values_list("pk", flat=True))
            page = browser.post(NEW, posted(acme, line(), draft_id=id), follow=True)
            made = Invoice.objects.exclude(pk__in=known).get()
            assert page.redirect_chain == [(reverse("billing:invoice_detail", args=[made.pk]), 302)]
            assert page.status_code == 200
            assert str(made.pk) != str(id)


def test_a_draft_somebody_else_changed_is_overwritten_only_knowingly(ada, acme):
    draft = books.draft(acme)
    edit = reverse("billing:invoice_edit", args=[draft.pk])
    seen = ada.get(edit).context["seen"]
    draft_acts.change(invoice=draft, draft=books.draft_of(acme, lines=[books.line("9999")]), by=BY, at=AT)

    refused = ada.post(edit, posted(acme, line(name="Mine"), seen=seen))
    draft.refresh_from_db()
    assert draft.total == Money.parse("9999", "EUR")
    assert "Somebody changed this draft" in refused.content.decode()
    assert "Mine" in refused.content.decode()

    ada.post(edit, posted(acme, line(name="Mine"), seen=refused.context["seen"]))
    assert [kept.name for kept in draft.lines.all()] == ["Mine"]


def test_nobody_issues_what_they_did_not_see(ada, acme):
    draft = books.draft(acme)
    record = reverse("billing:invoice_detail", args=[draft.pk])
    seen = ada.get(record).context["seen"]
    draft_acts.change(invoice=draft, draft=books.draft_of(acme, lines=[books.line("9999")]), by=BY, at=AT)
    issue = reverse("billing:invoice_issue", args=[draft.pk])

    page = ada.post(issue, {"seen": seen}, follow=True)
    assert "Somebody changed this draft" in page.content.decode()
    assert Invoice.objects.get().status == "draft"

    ada.post(issue, {"seen": page.context["seen"]})
    assert Invoice.objects.get().number == "INV-000001"
