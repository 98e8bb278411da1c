"""One invoice: its page, its document, and every act that changes it once it is written."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.approvals import find, waits
from accounts.errors import AccountsError, SecondPersonNeeded
from accounts.permissions import Permission
from accounts.queries.approvals import waiting_about
from accounts.views import second_person
from billing import doors, emails, formats
from billing.actions import drafts, invoices, notes
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.errors import BillingError
from billing.forms.customers import NoteForm
from billing.forms.invoice_acts import MarkSentForm, ReasonForm, SendForm
from billing.models import EmailMessage, Invoice
from billing.queries.giving_up import amount_of, why_too_much
from billing.queries.invoice_page import invoice_page, load_document
from billing.queries.recipients import recipients_of
from security.guards import require


@require(Permission.INVOICE_VIEW)
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    return _page(request, _invoice(request, id), NoteForm())


@require(Permission.INVOICE_VIEW)
@require_safe
def pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)
    load_document(invoice)
    document = render_invoice(sheet_of(invoice, request.access.company.today(timezone.now())))
    way = "attachment" if request.GET.get("download") else "inline"
    name = f"{invoice.number or 'draft'}.pdf"
    headers = {"Content-Disposition": f'{way}; filename="{name}"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@require(Permission.INVOICE_ISSUE)
@require_POST
def issue(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)
    try:
        seen = request.POST.get("seen", "")
        invoice = invoices.issue(invoice=invoice, seen=seen, by=request.access.actor, at=timezone.now())
    except BillingError as refusal:
        messages.error(request, str(refusal))
    else:
        owed = formats.money(invoice.balance)
        messages.success(request, f"Invoice {invoice} is issued. {invoice.customer_name} owes {owed}.")
    return redirect("billing:invoice_detail", id=invoice.pk)


@require(Permission.INVOICE_SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)
    form = SendForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            queued = invoices.send(
                invoice=invoice, message=form.cleaned_data["message"], by=request.access.actor, at=timezone.now()
            )
        except BillingError as refusal:
            form.add_error(None, str(refusal))
        else:
            to = ", ".join(email.recipient for email in queued)
            messages.success(request, f"Invoice {invoice} is on its way to {to}. They can pay from the link in it.")
            return redirect("billing:invoice_detail", id=invoice.pk)
    context = {"invoice": invoice, "form": form, "recipients": recipients_of(invoice)}
    return TemplateResponse(request, "billing/invoices/send.html", context)


@require(Permission.INVOICE_SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def mark_sent(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)

    def act(form: MarkSentForm) -> str:
        invoices.mark_sent(invoice=invoice, way=form.written(), by=request.access.actor, at=timezone.now())
        return f"Invoice {invoice} is marked as sent."

    return _asked(request, invoice, MarkSentForm, act, "mark_sent")


@require(Permission.INVOICE_VOID)
@require_http_methods(["GET", "HEAD", "POST"])
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)

    def act(**given: Any) -> str:
        invoices.void(invoice=invoice, **given)
        return f"Invoice {invoice} is void. {invoice.customer_name} no longer owes it."

    return _giving_up(request, invoice, act, "void")


@require(Permission.INVOICE_WRITE_OFF)
@require_http_methods(["GET", "HEAD", "POST"])
def write_off(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)

    def act(**given: Any) -> str:
        written = invoices.write_off(invoice=invoice, **given)
        amount = formats.money(written.amount_written_off)
        return f"{amount} of invoice {invoice} is written off. You can undo this if the customer pays after all."

    return _giving_up(request, invoice, act, "write_off")


@require(Permission.INVOICE_WRITE_OFF)
@require_POST
def reinstate(request: HttpRequest, id: UUID) -> HttpResponse:
    def act(invoice: Invoice) -> str:
        back = invoices.reinstate(invoice=invoice, by=request.access.actor, at=timezone.now())
        return f"The write-off is undone. {formats.money(back.balance)} of invoice {invoice} is owed again."

    return _at_once(request, id, act)


@require(Permission.INVOICE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)

    def act(form: ReasonForm) -> str:
        reason = form.cleaned_data["reason"]
        invoices.dispute(invoice=invoice, reason=reason, by=request.access.actor, at=timezone.now())
        return f"Invoice {invoice} is marked as disputed. No reminders go out until the dispute is settled."

    return _asked(request, invoice, ReasonForm, act, "dispute")


@require(Permission.INVOICE_EDIT)
@require_POST
def settle_dispute(request: HttpRequest, id: UUID) -> HttpResponse:
    def act(invoice: Invoice) -> str:
        invoices.settle_dispute(invoice=invoice, by=request.access.actor, at=timezone.now())
        return f"The dispute on invoice {invoice} is settled. Reminders go out again."

    return _at_once(request, id, act)


@require(Permission.INVOICE_CREATE)
@require_POST
def duplicate(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice, at = _invoice(request, id), timezone.now()
    today = request.access.company.today(at)
    try:
        copy = drafts.duplicate(invoice=invoice, issue_date=today, by=request.access.actor, at=at)
    except BillingError as refusal:
        messages.error(request, str(refusal))
        return redirect("billing:invoice_detail", id=invoice.pk)
    messages.success(request, f"This draft holds what {invoice.number or 'the draft before'} holds, dated today.")
    return redirect("billing:invoice_edit", id=copy.pk)


@require(Permission.INVOICE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)

    def act(form: forms.Form) -> str:
        drafts.discard(invoice=invoice, by=request.access.actor, at=timezone.now())
        return f"The draft for {invoice.customer_name} is discarded."

    return _asked(request, invoice, forms.Form, act, "discard", then="billing:invoice_list")


@require(Permission.NOTE_CREATE)
@require_POST
def write_note(request: HttpRequest, id: UUID) -> HttpResponse:
    invoice = _invoice(request, id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, invoice, form)
    notes.create(
        customer=invoice.customer,
        invoice=invoice,
        text=form.cleaned_data["text"],
        by=request.access.actor,
        at=timezone.now(),
    )
    messages.success(request, "The note is kept. Only your team can read it.")
    return redirect("billing:invoice_detail", id=invoice.pk)


@require(Permission.INVOICE_SEND)
@require_POST
def retry_email(request: HttpRequest, id: UUID) -> HttpResponse:
    email = doors.get_email(request.access, id)
    email = emails.queue_again(email=email, by=request.access.actor, at=timezone.now())
    if email.status == EmailMessage.Status.QUEUED:
        messages.success(request, f"The e-mail to {email.recipient} is tried again.")
    else:
        messages.info(request, f"The e-mail to {email.recipient} was sent already. It is not sent twice.")
    if email.invoice_id:
        return redirect("billing:invoice_detail", id=email.invoice_id)
    return redirect("billing:payment_detail", id=email.payment_id)


def _invoice(request: HttpRequest, id: UUID) -> Invoice:
    invoice = doors.get_invoice(request.access, id)
    invoice.company = request.access.company
    return invoice


def _page(request: HttpRequest, invoice: Invoice, note_form: NoteForm) -> HttpResponse:
    as_of = request.access.company.today(timezone.now())
    page = invoice_page(request.access, invoice, as_of)
    context = {
        "page": page,
        "invoice": invoice,
        "sheet": sheet_of(invoice, as_of, with_logo=False),
        "note_form": note_form,
        "seen": drafts.fingerprint(invoice) if invoice.status == Invoice.Status.DRAFT else "",
    }
    return TemplateResponse(request, "billing/invoices/detail.html", context)


def _asked(
    request: HttpRequest,
    invoice: Invoice,
    form_class: type[forms.Form],
    act: Callable[[Any], str],
    page: str,
    then: str = "",
    **more: Any,
) -> HttpResponse:
    """A page that asks before it acts; `act` changes the invoice and returns what to say."""
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            sentence = act(form)
        except (BillingError, AccountsError) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, sentence)
            return redirect(then) if then else redirect("billing:invoice_detail", id=invoice.pk)
    context = {
        "invoice": invoice,
        "form": form,
        "name": invoice.number or f"the draft for {invoice.customer_name}",
        "amount": formats.money(invoice.balance if invoice.number else invoice.total),
        **more,
    }
    return TemplateResponse(request, f"billing/invoices/{page}.html", context)


def _giving_up(request: HttpRequest, invoice: Invoice, act: Callable[..., str], code: str) -> HttpResponse:
    """A page that gives up what is owed: it says beforehand what is too much for a role, and what waits."""
    access, kind, at = request.access, find(code), timezone.now()

    def act_or_ask(form: ReasonForm) -> str:
        reason = form.cleaned_data["reason"]
        try:
            return act(reason=reason, membership=access.membership, by=access.actor, at=at)
        except SecondPersonNeeded as needed:
            return second_person.ask(request, needed, reason)

    context: dict[str, Any] = {
        "too_much": why_too_much(kind.permission, access.rights, invoice.balance),
        "waits": waits(access.company, kind, amount_of(invoice.balance)),
        "waiting": waiting_about(access.company, kind, str(invoice.pk), at),
    }
    return _asked(request, invoice, ReasonForm, act_or_ask, code, **context)


def _at_once(request: HttpRequest, id: UUID, act: Callable[[Invoice], str]) -> HttpResponse:
    invoice = _invoice(request, id)
    try:
        messages.success(request, act(invoice))
    except BillingError as refusal:
        messages.error(request, str(refusal))
    return redirect("billing:invoice_detail", id=invoice.pk)
