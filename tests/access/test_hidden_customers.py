"""A member limited to some customers sees nothing of the others: on no page, in no total, list, search, file or log."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accounts.models import Approval, Membership
from accounts.scoping import in_company
from audit.actors import Actor
from audit.models import SavedView
from billing.actions import attempts, customers, invoices, notes, payments
from billing.drafts import AdjustmentEntry
from billing.models import CustomField, CustomFieldValue, EmailMessage, InvoiceAdjustment, Payment
from tests import books
from tests.access.legible import legible
from tests.access.routes import all_routes, route
from tests.access.world import DAY, WHY, ask, attempt_at, letter_of, seal, steady
from tests.house.code import report

MARK = "Zyxwv"
SUM = "7,654,321"
PRICE = "7654321"

# What belongs to no customer, as the names of its routes call it.
COMPANY_WIDE = ("item", "tax_rate", "custom_field", "restriction", "security_entry", "security_proof", "security_view")

# Pages an administrator finds the customer on, so that it is there to be seen.
SHOWING = {
    "audit:billing_log",
    "billing:customer_list",
    "billing:customer_suggestions",
    "billing:dashboard",
    "billing:invoice_create",
    "billing:invoice_list",
    "billing:payment_create",
    "billing:payment_list",
    "mailbox",
}


# What is the same for every company, and may change whatever becomes of whom.
OF_ALL_COMPANIES = {"audit:state": "how many entries of all companies are proved and are not, as /log/ tells everybody"}


@pytest.fixture
def hidden(world):
    """A customer of nobody's with a mark in every text and a sum that no other has; all of it is sealed."""
    with in_company(world.company):
        made = records(world.company)
    seal(made, at=timezone.now())
    return made


def records(company: Any, mark: str = MARK) -> SimpleNamespace:
    """A customer with one of everything, and its mark in every text."""
    customer = customers.create(
        company=company,
        details={
            "name": f"Shared {mark}",
            "kind": "company",
            "email": f"{mark}@hidden.example",
            "phone": f"+49 {mark}",
            "attention_to": f"{mark} attention",
            "address": f"{mark} street",
            "country": "DE",
            "tax_id": f"{mark} tax",
            "currency": "EUR",
            "payment_terms": "NET 30",
            "paperless": True,
            "owner": None,
        },
        number=f"NR-{mark}",
        **WHY,
    )
    contact = books.contact(customer, f"Con {mark}", email=f"con-{mark}@hidden.example", title=f"{mark} title")
    written = {
        "contact": contact,
        "purchase_order": f"PO {mark}",
        "message": f"{mark} message",
        "lines": [books.line(PRICE, description=f"{mark} line", unit=mark)],
        "adjustments": [
            AdjustmentEntry(kind=InvoiceAdjustment.Kind.CHARGE, label=f"{mark} fee", percent=books.Decimal(1))
        ],
    }
    issued = books.issued(customer, **written)
    paid = books.issued(customer, **written)
    payment = books.payment(
        customer,
        "9000000",
        [payments.Use(paid.pk, paid.balance)],
        reference=f"{mark} ref",
        method=Payment.Method.CHEQUE,
    )
    written_off = invoices.write_off(invoice=books.issued(customer, **written), reason=f"{mark} reason", **WHY)
    disputed = invoices.dispute(invoice=books.issued(customer, **written), reason=f"{mark} dispute", **WHY)
    invoices.void(invoice=books.issued(customer, **written), reason=f"{mark} void", **WHY)
    notes.create(customer=customer, invoice=issued, text=f"{mark} note", **WHY)
    email = EmailMessage.objects.create(
        company=company,
        customer=customer,
        invoice=issued,
        kind=EmailMessage.Kind.INVOICE,
        status=EmailMessage.Status.FAILED,
        recipient=contact.email,
        recipient_name=contact.name,
        message=f"{mark} letter",
        failure=f"{mark} bounced",
        queued_at=timezone.now(),
    )
    for field in CustomField.objects.filter(company=company):
        CustomFieldValue.objects.create(company=company, customer=customer, field=field, value=f"{mark} value")
    approval = Approval.objects.create(
        company=company,
        kind="write_off",
        object_type="invoice",
        object_id=str(issued.pk),
        object_label=f"{mark} invoice",
        customer_id=customer.pk,
        amount=SUM,
        payload={"invoice": str(issued.pk), "reason": f"{mark} reason"},
        reason=f"{mark} asked",
        requested_by=Membership.objects.filter(company=company).earliest("created_at", "pk"),
        requested_at=timezone.now(),
        expires_at=timezone.now() + DAY,
    )
    attempt, charge = attempt_at(issued, Actor.contact(contact))
    attempts.settle(
        attempt=attempt,
        outcome=attempts.Outcome(attempts.DECLINED, attempt.amount, f"{mark} declined"),
        by=books.BY,
        at=timezone.now(),
    )
    view = SavedView.objects.create(
        company_id=company.pk,
        user_id=approval.requested_by.user_id,
        log="billing",
        name=f"{mark} view",
        query=urlencode({"customer": customer.pk}),
        is_shared=True,
        made_at=books.AT,
    )
    return SimpleNamespace(
        billing_view=view,
        customer=customer,
        contact=contact,
        draft=books.draft(customer, **written),
        invoice=issued,
        written_off=written_off,
        disputed=disputed,
        payment=payment,
        allocation=payment.allocations.get(),
        email=email,
        link=issued.links.first(),
        attempt=attempt,
        charge=charge,
        mailbox_letter=letter_of(email),
        approval=approval,
    )


def questions(own: SimpleNamespace, hidden: SimpleNamespace):
    """Every page as it opens, each list turned round in every way, and everything that can be asked for by id."""
    for one in all_routes():
        if one.name.startswith("accounts:") or one.guard in ("portal", "public") or one.by_key:
            continue
        yield one.name, one.address(own)
        if not any(word in one.name for word in COMPANY_WIDE) and (identity := one.identity(hidden)):
            yield one.name, one.address(own, **identity)
    for name, ways in WAYS.items():
        for way in ways:
            way = {key: getattr(hidden, value).pk if value in vars(hidden) else value for key, value in way.items()}
            yield name, f"{route(name).address(own)}?{urlencode(way)}"


def files(hidden: SimpleNamespace) -> list[tuple[str, dict[str, str]]]:
    """What is taken away from the logs, whole and narrowed to the hidden customer, in each format."""
    about = {"customer": hidden.customer.pk, "object": hidden.invoice.pk, "who": hidden.contact.pk, "text": SHARED}
    queries = ["", *(f"?{urlencode({name: value})}" for name, value in about.items())]
    return [
        (f"/audit/{log}/{kind}/{query}", {"format": format} if format else {})
        for log in ("billing", "security")
        for kind, format in (("export", "csv"), ("export", "jsonl"), ("report", ""))
        for query in queries
    ]


SHARED = "Shared"
WAYS: dict[str, list[dict[str, str]]] = {
    "billing:dashboard": [{"currency": "EUR"}],
    "billing:customer_export": [{"show": "all"}, {"q": SHARED}],
    "billing:customer_list": [
        *({"q": word} for word in (SHARED, "hidden.example", "NR-")),
        *({"show": show} for show in ("owing", "overdue", "credit", "archived", "all")),
        *({"sort": sort} for sort in ("name", "-name", "-balance")),
        {"after": f"Acme~{'0' * 32}"},
        {"before": f"ZZ~{'f' * 32}"},
        {"currency": "EUR"},
    ],
    "billing:invoice_list": [
        *({"q": word} for word in (SHARED, "INV", "PO ", "7")),
        *(
            {"status": status}
            for status in "draft open overdue unpaid partly_paid not_sent paid voided bad_debt disputed pending".split()
        ),
        *({"sort": sort} for sort in ("issued", "due", "-due", "amount", "-amount", "number", "-number")),
        {"customer": "customer"},
        {"amount_from": "1000"},
        {"after": f"2099-01-01~{'f' * 32}"},
        {"before": f"1999-01-01~{'0' * 32}"},
    ],
    "billing:payment_list": [
        *({"q": word} for word in (SHARED, "PAY")),
        *({"state": state} for state in ("unapplied", "reversed")),
        {"method": "cheque"},
        {"customer": "customer"},
    ],
    "billing:payment_create": [{"find": SHARED}, {"customer": "customer"}, {"invoice": "invoice"}],
    "billing:invoice_create": [{"customer": "customer"}],
    "billing:invoice_contacts": [{"customer": "customer"}],
    "billing:customer_suggestions": [{"q": SHARED}, {"q": "NR-"}, {}],
    "billing:item_suggestions": [{"q": "Item"}],
}


def test_a_restricted_member_never_meets_the_mark(world, people, hidden):
    wrong = [
        f"{method} {address} tells {mark}"
        for name, address in questions(world.owned, hidden)
        for method in ("GET", "POST")
        for mark in marks_in(ask(people["owner"], method, address))
    ]
    assert not wrong, report(wrong)


def test_an_administrator_meets_it_on_all_these_pages(world, people, hidden):
    met = {
        name
        for name, address in questions(world.owned, hidden)
        if marks_in(ask(people["administrator"], "GET", address))
    }

    of_the_customer = {name for name, address in questions(world.owned, hidden) if str(hidden.customer.pk) in address}
    assert met >= SHOWING
    assert of_the_customer - met <= {"billing:customer_archive", "billing:customer_restore"}


def test_search_finds_ones_own_customer_of_the_same_name(world, people, hidden):
    with in_company(world.company):
        world.owned.customer.name = f"{SHARED} Acme"
        world.owned.customer.save()
    for name in ("billing:customer_list", "billing:customer_suggestions"):
        found = ask(people["owner"], "GET", f"{route(name).address(world.owned)}?q={SHARED}")
        assert f"{SHARED} Acme" in found.body.decode()


def test_every_count_and_sum_is_what_it_would_be_without_them(world, people):
    """Not a byte of a restricted member's pages changes when things happen to other customers."""
    pages = [
        one.address(world.owned)
        for one in all_routes()
        if "." in one.guard and not one.arguments and one.name not in OF_ALL_COMPANIES
    ]
    before = {address: steady(ask(people["owner"], "GET", address)) for address in pages}

    with in_company(world.company):
        records(world.company)

    assert [address for address in pages if steady(ask(people["owner"], "GET", address)) != before[address]] == []


def marks_in(response: Any) -> list[str]:
    text = legible(response).lower()
    return [mark for mark in (MARK, SUM, PRICE) if mark.lower().encode() in text]
