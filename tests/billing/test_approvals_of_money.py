"""How much a member writes off alone, what a second person must agree to, and which exports wait for one."""

import re

import pytest

from accounts.actions import approvals
from accounts.approvals import find
from accounts.errors import ApprovalOutdated, ApprovalRefused, SecondPersonNeeded
from accounts.models import Approval, Letter, Membership
from audit.models import BillingEvent, SecurityEvent
from billing.actions import invoices
from billing.errors import InvoiceNotWritable
from billing.models import Customer, LedgerEntry, Seller
from tests import books, make, visitors
from tests.accounts.second_persons import AT, HOUR, switch_on, who

pytestmark = pytest.mark.django_db
WRITES_OFF = ("invoice.view", "invoice.write_off", "customer.view", "approval.view", "approval.decide")


def writer(company, limits=None, **fields):
    """A member of a role that writes off up to limits."""
    name = f"Writer {Membership.objects.count()}"
    role = make.role(
        company, *WRITES_OFF, name=name, limits={"invoice.write_off": limits} if limits is not None else {}
    )
    return make.member(role, company=company, user=make.user(name=name), **fields)


def invoice_of(customer, price, currency="EUR"):
    """An issued invoice over exactly this price."""
    return books.issued(customer, currency=currency, lines=[books.line(price)])


def write_off(invoice, membership, at=AT):
    return invoices.write_off(invoice=invoice, reason="Insolvent", **who(membership, at))


def state(invoice):
    invoice.refresh_from_db()
    return invoice.status


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()).replace("\N{NO-BREAK SPACE}", " "))


def asked_by(membership, invoice, reason="Insolvent"):
    """What is put before a second person by pressing the button of the page."""
    visitors.browser(membership).post(f"/invoices/{invoice.pk}/write-off/", {"reason": reason})
    return Approval.objects.get(object_id=str(invoice.pk), outcome="waiting")


# The limit of a role


@pytest.mark.parametrize(
    ("currency", "price", "limits", "is_allowed"),
    [
        ("EUR", "500", {"EUR": 500}, True),
        ("EUR", "500.01", {"EUR": 500}, False),
        ("EUR", "499.99", {"EUR": 500}, True),
        ("USD", "0.01", {"EUR": 500}, False),
        ("JPY", "500", {"JPY": 500}, True),
        ("JPY", "501", {"JPY": 500}, False),
        ("KWD", "12", {"KWD": 12}, True),
        ("KWD", "12.001", {"KWD": 12}, False),
        ("EUR", "1000000", None, True),
        ("EUR", "0.01", {}, False),
    ],
)
def test_a_role_writes_off_up_to_its_limit(company, acme, currency, price, limits, is_allowed):
    invoice, member = invoice_of(acme, price, currency), writer(company, limits)

    if is_allowed:
        assert write_off(invoice, member).status == "written_off"
        return
    with pytest.raises(InvoiceNotWritable, match="Ask somebody who may"):
        write_off(invoice, member)
    assert state(invoice) == "issued"
    assert not BillingEvent.objects.filter(action="invoice.written_off").exists()


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"EUR": 500}, "Your role writes off up to 500 EUR at a time; this is 612.30 EUR. Ask somebody who may."),
        ({"USD": 500}, "Your role writes off nothing in EUR; this is 612.30 EUR. Ask somebody who may."),
    ],
)
def test_the_page_says_the_limit_before_and_asks_nothing(company, acme, limits, sentence):
    invoice, browser = invoice_of(acme, "612.30"), visitors.browser(writer(company, limits))

    page = browser.get(f"/invoices/{invoice.pk}/write-off/")

    assert sentence in plain(page)
    assert 'name="reason"' not in page.content.decode()
    assert sentence in plain(browser.post(f"/invoices/{invoice.pk}/write-off/", {"reason": "x"}))
    assert state(invoice) == "issued"


def test_the_limit_is_that_of_this_moment(company, acme):
    """What the page showed does not decide."""
    invoice, member = invoice_of(acme, "612.30"), writer(company)
    member.own_role.limits = {"invoice.write_off": {"EUR": 500}}
    member.own_role.save()

    with pytest.raises(InvoiceNotWritable):
        write_off(invoice, Membership.objects.get(pk=member.pk))


def test_a_second_person_does_not_lift_the_limit(company, acme):
    switch_on(company, write_off={})
    invoice, member = invoice_of(acme, "612.30"), writer(company, {"EUR": 500})
    writer(company)

    with pytest.raises(InvoiceNotWritable, match="up to 500 EUR"):
        write_off(invoice, member)


# A second person


@pytest.fixture
def ada(company):
    return writer(company)


@pytest.fixture
def bo(company):
    return writer(company)


@pytest.fixture
def invoice(acme):
    return invoice_of(acme, "612.30")


@pytest.fixture
def waiting(company, ada, bo, invoice):
    switch_on(company, write_off={"EUR": 500})
    return asked_by(ada, invoice)


def test_what_is_within_the_limit_of_the_rules_is_written_off_at_once(company, acme, ada, bo):
    switch_on(company, write_off={"EUR": 500})

    assert write_off(invoice_of(acme, "500"), ada).status == "written_off"
    with pytest.raises(SecondPersonNeeded):
        write_off(invoice_of(acme, "500.01"), ada)


def test_the_page_says_that_it_will_wait_and_carries_the_reason(company, ada, bo, invoice):
    switch_on(company, write_off={"EUR": 500})
    browser = visitors.browser(ada)

    assert "A second person has to agree" in plain(browser.get(f"/invoices/{invoice.pk}/write-off/"))
    answer = browser.post(f"/invoices/{invoice.pk}/write-off/", {"reason": "Insolvent"}, follow=True)

    assert "This waits until a second person agrees" in plain(answer)
    approval = Approval.objects.get()
    assert (approval.amount, approval.reason, approval.object_label) == ("EUR 612.30", "Insolvent", "INV-000001")
    assert approval.customer_id == invoice.customer_id
    assert state(invoice) == "issued"
    assert "This waits for a second person already" in plain(browser.get(f"/invoices/{invoice.pk}/write-off/"))


def test_pressing_twice_asks_once(waiting, ada, invoice):
    assert asked_by(ada, invoice) == waiting
    assert Approval.objects.count() == 1


def test_agreeing_writes_it_off_in_both_names(waiting, ada, bo, invoice):
    approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))

    assert (state(invoice), invoice.amount_written_off.plain()) == ("written_off", "EUR 612.30")
    entry = BillingEvent.objects.get(action="invoice.written_off")
    assert (entry.actor_label, entry.on_behalf_of, entry.reason) == (str(bo), str(ada), "Insolvent")
    assert list(
        SecurityEvent.objects.filter(object_type="approval").order_by("id").values_list("action", flat=True)
    ) == [
        "approval.asked",
        "approval.approved",
    ]


def test_a_balance_that_changed_is_not_written_off(waiting, bo, invoice):
    books.paid(invoice, "100")
    posted = LedgerEntry.objects.count()

    with pytest.raises(ApprovalOutdated, match=r"INV-000001 owes EUR 512\.30 by now"):
        approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))

    waiting.refresh_from_db()
    assert (state(invoice), waiting.outcome, LedgerEntry.objects.count()) == ("issued", "expired", posted)
    assert not BillingEvent.objects.filter(action="invoice.written_off").exists()


def test_an_invoice_that_was_paid_meanwhile_ends_the_request(waiting, bo, invoice):
    books.paid(invoice)

    with pytest.raises(ApprovalOutdated, match="something left to pay"):
        approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))
    waiting.refresh_from_db()
    assert waiting.outcome == "expired"


def test_an_approver_with_too_low_a_limit_leaves_it_to_others(waiting, company, bo, invoice):
    little = writer(company, {"EUR": 600})

    with pytest.raises(ApprovalRefused, match=r"This is EUR 612\.30, more than your role may give up"):
        approvals.approve(approval=waiting, **who(little, waiting.requested_at + HOUR))
    assert state(invoice) == "issued"
    approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))
    assert state(invoice) == "written_off"


def test_a_requester_whose_limit_was_lowered_gets_nothing(waiting, ada, bo, invoice):
    ada.own_role.limits = {"invoice.write_off": {"EUR": 600}}
    ada.own_role.save()

    with pytest.raises(ApprovalOutdated):
        approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))
    assert state(invoice) == "issued"


@pytest.mark.parametrize("which", ["requester", "approver"])
def test_who_does_not_see_the_customer_any_more(waiting, ada, bo, invoice, which):
    hidden = ada if which == "requester" else bo
    Membership.objects.filter(pk=hidden.pk).update(restriction="owner")

    with pytest.raises(ApprovalRefused):
        approvals.approve(approval=waiting, **who(bo, waiting.requested_at + HOUR))
    assert state(invoice) == "issued"


def test_who_is_restricted_to_the_customer_may_agree(waiting, company, invoice):
    role = make.role(company, *WRITES_OFF, name="Near")
    near = make.member(role, company=company, restriction="customers", customer_ids=[str(invoice.customer_id)])

    approvals.approve(approval=waiting, **who(near, waiting.requested_at + HOUR))
    assert state(invoice) == "written_off"


def test_only_who_sees_the_customer_is_told(company, ada, bo, invoice):
    switch_on(company, write_off={})
    writer(company, restriction="owner")

    asked_by(ada, invoice)

    told = Letter.objects.filter(kind="approval_needed").values_list("recipient", flat=True)
    assert list(told) == [bo.user.email]


def test_nothing_of_a_form_but_its_reason_counts(company, ada, bo, acme, invoice):
    """Amounts, ids and outcomes that somebody adds to the form are ignored."""
    switch_on(company, write_off={})
    other = invoice_of(acme, "5")
    tampered = {
        "reason": "Insolvent",
        "amount": "EUR 0.01",
        "object_id": str(other.pk),
        "outcome": "approved",
        "decided_by": str(bo.pk),
        "payload": '{"balance": 1}',
        "membership": str(bo.pk),
    }

    visitors.browser(ada).post(f"/invoices/{invoice.pk}/write-off/", tampered)

    asked = Approval.objects.get()
    assert (asked.amount, asked.object_id, asked.outcome) == ("EUR 612.30", str(invoice.pk), "waiting")
    assert (asked.requested_by, asked.decided_by, asked.payload) == (ada, None, {})


# Payment instructions


def settings_form(company, **changed):
    seller = books.seller(company)
    return {
        "legal_name": seller.legal_name,
        "currency": "EUR",
        "payment_terms": "NET 30",
        "tax_rounding": seller.tax_rounding,
        "brand_colour": "#1f5eff",
        "bank_details": seller.bank_details,
    } | changed


def test_other_payment_instructions_wait_and_the_rest_is_saved(company):
    ada, bo = (visitors.member(company, "administrator", name) for name in ("Ada", "Bo"))
    switch_on(company, bank_details={})
    browser = visitors.browser(ada)

    page = browser.post(
        "/settings/company/", settings_form(company, bank_details="IBAN DE99", phone="0228 1"), follow=True
    )

    seller = Seller.objects.get()
    assert (seller.bank_details, seller.phone) == ("", "0228 1")
    assert "they wait until a second person agrees" in plain(page)
    assert "Other payment instructions or another footer wait for a second person." in plain(page)
    approval = Approval.objects.get()
    assert approval.payload["changes"] == {"Payment instructions": ["", "IBAN DE99"]}
    assert "IBAN DE99" in plain(visitors.browser(bo).get(f"/approvals/{approval.pk}/"))

    approvals.approve(approval=approval, **who(bo, approval.requested_at + HOUR))

    assert Seller.objects.get().bank_details == "IBAN DE99"
    entry = BillingEvent.objects.get(action="bank_details.changed")
    assert (entry.actor_label, entry.on_behalf_of) == ("Bo", "Ada")


def test_the_footer_tells_customers_where_to_pay_as_well(company):
    ada, bo = (visitors.member(company, "administrator", name) for name in ("Ada", "Bo"))
    switch_on(company, bank_details={})
    footer = "New account: IBAN DE99"

    visitors.browser(ada).post("/settings/company/", settings_form(company, footer=footer))
    approval = Approval.objects.get()

    assert (Seller.objects.get().footer, approval.payload["changes"]) == ("", {"Footer": ["", footer]})
    approvals.approve(approval=approval, **who(bo, approval.requested_at + HOUR))
    assert Seller.objects.get().footer == footer


def test_the_rest_alone_waits_for_nobody(company):
    ada = visitors.member(company, "administrator", "Ada")
    switch_on(company, bank_details={})

    visitors.browser(ada).post("/settings/company/", settings_form(company, phone="0228 1"))

    assert Seller.objects.get().phone == "0228 1"
    assert not Approval.objects.exists()


def test_nothing_is_saved_where_nobody_could_agree(company):
    ada = visitors.member(company, "administrator", "Ada")
    switch_on(company, bank_details={})

    page = visitors.browser(ada).post("/settings/company/", settings_form(company, bank_details="IBAN", phone="New"))

    assert "nobody else here may agree" in plain(page)
    assert (Seller.objects.get().bank_details, Seller.objects.get().phone) == ("", "")


# The export of all customers

EXPORT = "/customers/export/"


@pytest.fixture
def exporter(company, acme, borealis):
    member = visitors.member(company, "employee", "Cy")
    switch_on(company, customer_export={})
    return member


def is_file(response):
    return response.status_code == 200 and response["Content-Type"].startswith("text/csv")


def test_all_customers_leave_once_a_second_person_agreed(company, exporter):
    bo, browser = visitors.member(company, "employee", "Bo"), visitors.browser(exporter)

    assert browser.post(EXPORT).status_code == 302
    assert not BillingEvent.objects.filter(action__contains="export").exists()
    approval = Approval.objects.get()
    approvals.approve(approval=approval, **who(bo, approval.requested_at))

    assert is_file(browser.post(EXPORT))
    assert browser.post(EXPORT).status_code == 302


@pytest.mark.parametrize("query", ["", "?sort=-name", "?show=", "?after=x"])
def test_no_address_of_the_whole_list_gets_round_it(company, exporter, query):
    visitors.member(company, "employee", "Bo")

    assert not is_file(visitors.browser(exporter).post(EXPORT + query))


def test_a_part_of_them_waits_as_well(company, exporter):
    """Many small lists are all of them, too."""
    visitors.member(company, "employee", "Bo")

    assert not is_file(visitors.browser(exporter).post(EXPORT + "?q=Acme"))
    assert Approval.objects.get().payload == {
        "filters": {"q": "Acme"},
        "changes": {"Customers": ["", "Search customers: Acme"]},
    }


def test_exactly_the_list_that_was_agreed_to_leaves(company, exporter):
    bo, browser = visitors.member(company, "employee", "Bo"), visitors.browser(exporter)
    browser.post(EXPORT + "?q=Acme")
    approval = Approval.objects.get()
    approvals.approve(approval=approval, **who(bo, approval.requested_at))

    assert not is_file(browser.post(EXPORT))
    assert not is_file(browser.post(EXPORT + "?q=Borealis"))
    assert browser.get(f"/customers/?approval={approval.pk}").url == "/customers/?q=Acme"
    assert is_file(browser.post(EXPORT + "?q=Acme&sort=-name"))
    assert not is_file(browser.post(EXPORT + "?q=Acme"))


def test_who_is_restricted_takes_what_they_see(company, exporter):
    Customer.objects.update(owner=exporter.user)
    Membership.objects.filter(pk=exporter.pk).update(restriction="owner")

    assert is_file(visitors.browser(exporter).post(EXPORT))


def test_every_kind_of_act_is_known():
    """What a company can let wait; refunds are declared when there are any."""
    for code in ("write_off", "void", "bank_details", "administrator", "customer_export", "api_key", "approval_rules"):
        assert find(code).code == code


def test_the_export_says_where_nobody_else_could_agree(company, exporter):
    page = visitors.browser(exporter).post(EXPORT, follow=True)

    assert "nobody else here may agree" in plain(page)
    assert not Approval.objects.exists()
