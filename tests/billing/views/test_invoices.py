import re

import pytest
from django.urls import reverse

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import invoices as acts
from billing.models import EmailMessage, Invoice, Note
from tests import books, visitors
from tests.books import AT, BY

PAGE_QUERIES = 16


def at(name, record):
    return reverse(f"billing:{name}", args=[record.pk])


def said(page):
    return [str(message) for message in page.context["messages"]]


def fresh(invoice):
    return Invoice.objects.get(pk=invoice.pk)


def text(page):
    return page.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_shows_the_document_the_facts_and_what_happened(ada, company, acme):
    vat = books.tax_rate(company)
    books.contact(acme)
    invoice = books.issued(acme, lines=[books.line("1250", tax_rates=(vat,))], message="Thank you for your order")
    books.paid(invoice, "87.50")
    acts.send(invoice=invoice, by=BY, at=AT)
    page = ada.get(at("invoice_detail", invoice))

    assert page.status_code == 200
    for words in (
        "Invoice INV-000001",
        "EUR 1,487.50",
        "VAT 19%",
        "EUR 1,400.00 due 15 Apr 2026",
        "Thank you for your order",
        "PAY-000001",
        "ana@customer.example",
        "Waiting to be sent",
        "issued invoice",
    ):
        assert words in text(page), words
    assert {entry.action for entry in page.context["page"].entries} == {
        "invoice.drafted",
        "invoice.issued",
        "invoice.sent",
        "payment.recorded",
    }


def test_unused_money_of_the_customer_is_offered(ada, acme, borealis):
    invoice = books.issued(acme)
    books.payment(borealis, "20")
    books.payment(acme, "7", currency="USD")
    assert "is not used yet" not in text(ada.get(at("invoice_detail", invoice)))
    payment = books.payment(acme, "30")
    page = text(ada.get(at("invoice_detail", invoice)))

    assert "EUR 30.00 of payment PAY-000003 is not used yet." in page
    assert at("payment_detail", payment) in page


def test_a_draft_shows_what_would_be_issued(ada, acme):
    page = ada.get(at("invoice_detail", books.draft(acme)))

    assert "Draft invoice" in text(page)
    assert "EUR 100.00" in text(page)
    assert at("invoice_issue", Invoice.objects.get()) in text(page)


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_asks_the_same_of_the_database_for_one_line_and_fifty(
    ada, company, acme, count, django_assert_num_queries
):
    vat = books.tax_rate(company)
    invoice = books.issued(acme, lines=[books.line(tax_rates=(vat,)) for _ in range(count)])
    for number in range(count):
        books.paid(invoice, "1")
        acts.send(invoice=invoice, recipients=[("Acme", f"acme{number}@customer.example")], by=BY, at=AT)
    ada.get(at("invoice_detail", invoice))
    with django_assert_num_queries(PAGE_QUERIES):
        assert ada.get(at("invoice_detail", invoice)).status_code == 200


def test_a_draft_says_what_it_comes_to(ada, acme):
    page = text(ada.get(at("invoice_detail", books.draft(acme, lines=[books.line("1250")]))))

    assert '<dt>Comes to</dt><dd class="money strong">EUR 1,250.00</dd>' in page
    assert "EUR 0.00" not in page


def test_a_dispute_and_its_reason_stand_apart(ada, acme):
    invoice = books.issued(acme)
    acts.dispute(invoice=invoice, reason="Two chairs were broken", by=BY, at=AT)
    page = text(ada.get(at("invoice_detail", invoice)))

    assert "No reminders go out.<div><bdi>Two chairs were broken</bdi></div>" in page


def test_why_it_cannot_be_voided_yet_is_said(ada, acme):
    paid, pending = books.issued(acme), books.issued(acme)
    books.paid(paid, "1")
    Invoice.objects.filter(pk=pending.pk).update(pending_at=AT)

    assert "To void it, release what is paid first." in text(ada.get(at("invoice_detail", paid)))
    page = text(ada.get(at("invoice_detail", pending)))
    assert "A payment is under way. It can be voided if that fails." in page
    assert "release what is paid" not in page


def test_every_act_of_the_page_is_sent_once(ada, acme):
    invoice = books.issued(acme)
    acts.dispute(invoice=invoice, reason="Broken", by=BY, at=AT)
    acting = re.findall(r'<form method="post" action="/invoices/[^>]*>', text(ada.get(at("invoice_detail", invoice))))

    assert len(acting) > 2
    assert [form for form in acting if "data-submit-once" not in form] == []


def test_what_people_wrote_is_shown_as_text(ada, company):
    evil = books.customer(company, "<script>alert(1)</script>")
    invoice = books.issued(evil, lines=[books.line(description="<b>bold</b>")], message="{{ 7 }}<i>")
    page = text(ada.get(at("invoice_detail", invoice)))

    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "{{ 7 }}&lt;i&gt;" in page


ROUTES = [
    ("invoice_detail", "get"),
    ("invoice_edit", "get"),
    ("invoice_pdf", "get"),
    ("invoice_issue", "post"),
    ("invoice_send", "post"),
    ("invoice_mark_sent", "post"),
    ("invoice_void", "post"),
    ("invoice_write_off", "post"),
    ("invoice_reinstate", "post"),
    ("invoice_dispute", "post"),
    ("invoice_settle_dispute", "post"),
    ("invoice_duplicate", "post"),
    ("invoice_discard", "post"),
    ("note_create", "post"),
]


@pytest.mark.parametrize(("route", "method"), ROUTES)
def test_another_companys_invoice_is_not_there(ada, acme, route, method):
    elsewhere = visitors.company("Elsewhere")
    with in_company(elsewhere):
        theirs = books.issued(books.customer(elsewhere))

    assert getattr(ada, method)(at(route, theirs), {"reason": "x"}).status_code == 404
    with in_company(elsewhere):
        assert fresh(theirs).status == Invoice.Status.ISSUED


@pytest.mark.parametrize(("route", "method"), ROUTES)
def test_anothers_customers_invoice_is_not_there(company, acme, borealis, route, method):
    cy = visitors.member(company, "account_manager", "Cy")
    acme.owner = cy.user
    acme.save()
    browser = visitors.browser(cy)
    answer = getattr(browser, method)(at(route, books.issued(borealis)), {"reason": "x"})

    assert answer.status_code == (403 if route in ("invoice_void", "invoice_write_off", "invoice_reinstate") else 404)


@pytest.mark.parametrize(
    ("route", "method"), [pair for pair in ROUTES if pair[1] == "post" or pair[0] == "invoice_edit"]
)
def test_who_may_only_look_changes_nothing(company, acme, route, method):
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))
    invoice = books.issued(acme)

    assert getattr(dee, method)(at(route, invoice), {"reason": "x"}).status_code == 403
    assert dee.get(at("invoice_detail", invoice)).status_code == 200


@pytest.mark.parametrize("route", ["invoice_issue", "invoice_reinstate", "invoice_settle_dispute", "invoice_duplicate"])
def test_no_link_changes_anything(ada, acme, route):
    assert ada.get(at(route, books.draft(acme))).status_code == 405


def test_issue_gives_the_number_and_says_what_follows(ada, acme):
    draft = books.draft(acme)
    page = ada.post(at("invoice_issue", draft), follow=True)

    assert fresh(draft).number == "INV-000001"
    assert said(page) == ["Invoice INV-000001 is issued. Acme owes EUR\N{NO-BREAK SPACE}100.00."]


def test_issuing_twice_is_refused_in_a_sentence(ada, acme):
    page = ada.post(at("invoice_issue", books.issued(acme)), follow=True)

    assert said(page) == ["INV-000001 is issued already."]


def test_send_queues_the_letter_with_its_message(ada, acme):
    books.contact(acme)
    page = ada.post(at("invoice_send", books.issued(acme)), {"message": "As agreed"}, follow=True)

    email = EmailMessage.objects.get()
    assert (email.recipient, email.message, email.status) == ("ana@customer.example", "As agreed", "queued")
    assert said(page) == ["Invoice INV-000001 is on its way to ana@customer.example. They can pay from the link in it."]


def test_send_says_to_whom_before_it_sends(ada, acme):
    books.contact(acme)

    assert "ana@customer.example" in text(ada.get(at("invoice_send", books.issued(acme))))


def test_an_invoice_nobody_can_receive_is_not_sent(ada, company):
    mute = books.customer(company, "Mute", email="")
    page = ada.post(at("invoice_send", books.issued(mute)))

    assert "Mute has no e-mail address." in text(page)
    assert not EmailMessage.objects.exists()


def test_a_failed_letter_is_tried_again(ada, acme):
    [email] = acts.send(invoice=books.issued(acme), by=BY, at=AT)
    EmailMessage.objects.update(status="failed", failure="Mailbox is full")
    assert "Mailbox is full" in text(ada.get(at("invoice_detail", email.invoice)))
    page = ada.post(at("email_retry", email), follow=True)

    email.refresh_from_db()
    assert email.status == "queued"
    assert said(page) == ["The e-mail to acme@customer.example is tried again."]
    entry = BillingEvent.objects.get(action="email.queued")
    assert str(entry) == "Ada had a letter tried again: Invoice to acme@customer.example"


def test_a_letter_that_was_sent_meanwhile_is_not_said_to_be_tried_again(ada, acme):
    [email] = acts.send(invoice=books.issued(acme), by=BY, at=AT)
    EmailMessage.objects.update(status="sent", sent_at=AT)
    page = ada.post(at("email_retry", email), follow=True)

    assert said(page) == ["The e-mail to acme@customer.example was sent already. It is not sent twice."]


def test_mark_as_sent_notes_the_way(ada, acme):
    invoice = books.issued(acme)
    ada.post(at("invoice_mark_sent", invoice), {"way": "post"})

    assert fresh(invoice).sent_at
    assert BillingEvent.objects.get(action="invoice.marked_sent").data == {"way": "post"}


def test_mark_as_sent_wants_a_way(ada, acme):
    assert "Choose how it reached the customer." in text(
        ada.post(at("invoice_mark_sent", books.issued(acme)), {"way": "x"})
    )


def test_void_asks_and_names_what_is_lost(ada, acme):
    invoice = books.issued(acme)
    page = text(ada.get(at("invoice_void", invoice)))

    assert "Void INV-000001?" in page
    assert "Acme no longer owes EUR 100.00." in page
    assert fresh(invoice).status == Invoice.Status.ISSUED


def test_void_keeps_the_reason(ada, acme):
    invoice = books.issued(acme)
    page = ada.post(at("invoice_void", invoice), {"reason": "Wrong customer"}, follow=True)

    assert fresh(invoice).status == Invoice.Status.VOID
    assert BillingEvent.objects.get(action="invoice.voided").reason == "Wrong customer"
    assert said(page) == ["Invoice INV-000001 is void. Acme no longer owes it."]


def test_what_was_paid_is_not_voided_and_the_page_says_what_to_do(ada, acme):
    invoice = books.issued(acme)
    books.paid(invoice, "40")
    page = ada.post(at("invoice_void", invoice), {"reason": "Wrong customer"})

    assert "EUR 40.00 is allocated to INV-000001. Release it first, then void." in text(page)
    assert "Wrong customer" in text(page)
    assert fresh(invoice).status == Invoice.Status.ISSUED


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Say why."),
        ("x" * 501, "at most 500 characters"),
        ("a\0", "control character"),
        ("\u202ex", "invisible marks"),
    ],
)
@pytest.mark.parametrize("route", ["invoice_void", "invoice_write_off", "invoice_dispute"])
def test_a_reason_is_asked_for(ada, acme, route, reason, sentence):
    invoice = books.issued(acme)

    assert sentence in text(ada.post(at(route, invoice), {"reason": reason}))
    assert fresh(invoice).status == Invoice.Status.ISSUED


def test_write_off_can_be_undone(ada, acme):
    invoice = books.issued(acme)
    written = ada.post(at("invoice_write_off", invoice), {"reason": "Insolvent"}, follow=True)
    back = ada.post(at("invoice_reinstate", invoice), follow=True)

    assert said(written)[0].startswith("EUR\N{NO-BREAK SPACE}100.00 of invoice INV-000001 is written off.")
    assert said(back) == ["The write-off is undone. EUR\N{NO-BREAK SPACE}100.00 of invoice INV-000001 is owed again."]
    assert fresh(invoice).balance == invoice.total


def test_what_is_paid_is_not_written_off(ada, acme):
    invoice = books.issued(acme)
    books.paid(invoice)

    assert "something left to pay" in text(ada.post(at("invoice_write_off", invoice), {"reason": "x"}))


def test_a_dispute_is_shown_until_it_is_settled(ada, acme):
    invoice = books.issued(acme)
    disputed = ada.post(at("invoice_dispute", invoice), {"reason": "Broken on arrival"}, follow=True)
    settled = ada.post(at("invoice_settle_dispute", invoice), follow=True)

    assert "Broken on arrival" in text(disputed)
    assert "The customer disputes this invoice." not in text(settled)
    assert said(ada.post(at("invoice_settle_dispute", invoice), follow=True)) == ["INV-000001 is not disputed."]


def test_a_draft_is_discarded_after_asking(ada, acme):
    draft = books.draft(acme)
    assert "Discard the draft for Acme?" in text(ada.get(at("invoice_discard", draft)))
    page = ada.post(at("invoice_discard", draft), follow=True)

    assert not Invoice.objects.exists()
    assert page.redirect_chain == [("/invoices/", 302)]
    assert said(page) == ["The draft for Acme is discarded."]


def test_an_issued_invoice_is_not_discarded(ada, acme):
    invoice = books.issued(acme)

    assert "cannot be changed" in text(ada.post(at("invoice_discard", invoice)))
    assert fresh(invoice)


def test_a_note_is_kept_and_shown_to_the_team(ada, acme):
    invoice = books.issued(acme)
    page = ada.post(at("note_create", invoice), {"text": "Called, pays on Friday"}, follow=True)

    assert Note.objects.get().invoice == invoice
    assert "Called, pays on Friday" in text(page)


def test_an_empty_note_is_refused_on_the_page(ada, acme):
    assert "Write the note first." in text(ada.post(at("note_create", books.issued(acme)), {"text": " "}))


def test_the_pdf_is_named_by_the_number(ada, acme):
    invoice = books.issued(acme)
    shown, taken = ada.get(at("invoice_pdf", invoice)), ada.get(at("invoice_pdf", invoice), {"download": "1"})

    assert shown.content.startswith(b"%PDF-")
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"] == 'inline; filename="INV-000001.pdf"'
    assert taken["Content-Disposition"] == 'attachment; filename="INV-000001.pdf"'
    assert ada.get(at("invoice_pdf", books.draft(acme)))["Content-Disposition"] == 'inline; filename="draft.pdf"'
