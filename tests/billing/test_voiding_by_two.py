"""Voiding gives up what is owed as a write-off does: the same limits hold, and the same second person."""

import pytest

from accounts.actions import approvals
from accounts.errors import ApprovalOutdated
from accounts.models import Approval
from audit.models import BillingEvent
from tests import books, make, visitors
from tests.accounts.second_persons import HOUR, switch_on, who

pytestmark = pytest.mark.django_db
VOIDS = ("invoice.view", "invoice.void", "customer.view", "approval.view", "approval.decide")


def voider(company, name, limits=None):
    role = make.role(company, *VOIDS, name=name, limits={"invoice.void": limits} if limits is not None else {})
    return make.member(role, company=company, user=make.user(name=name))


@pytest.fixture
def invoice(acme):
    return books.issued(acme, lines=[books.line("612.30")])


@pytest.fixture
def ada(company):
    return voider(company, "Ada")


@pytest.fixture
def bo(company):
    return voider(company, "Bo")


def pressed(membership, invoice):
    """The page that follows the button, and what the invoice is then."""
    page = visitors.browser(membership).post(f"/invoices/{invoice.pk}/void/", {"reason": "Wrong"}, follow=True)
    invoice.refresh_from_db()
    return page.content.decode(), invoice.status


@pytest.mark.parametrize(("limit", "status"), [({"EUR": 612}, "issued"), ({"EUR": 613}, "void"), ({}, "issued")])
def test_a_role_voids_up_to_its_limit(company, invoice, limit, status):
    page, found = pressed(voider(company, "Lim", limit), invoice)

    assert found == status
    assert ("Your role voids" in page) == (status == "issued")


def test_the_page_says_the_limit_and_asks_nothing(company, invoice):
    page = visitors.browser(voider(company, "Lim", {"EUR": 500})).get(f"/invoices/{invoice.pk}/void/")

    assert "Your role voids up to 500 EUR at a time; this is 612.30 EUR." in page.content.decode()
    assert 'name="reason"' not in page.content.decode()


def test_above_the_amount_of_the_rule_it_waits(company, ada, bo, invoice):
    switch_on(company, void={"EUR": 500})
    before = visitors.browser(ada).get(f"/invoices/{invoice.pk}/void/").content.decode()

    page, status = pressed(ada, invoice)

    assert "A second person has to agree." in before
    assert "This waits until a second person agrees" in page
    assert (status, Approval.objects.get().amount) == ("issued", "EUR 612.30")


def test_up_to_it_nobody_else_is_needed(company, ada, invoice):
    switch_on(company, void={"EUR": 613})

    assert pressed(ada, invoice)[1] == "void"


def test_agreeing_voids_it_in_both_names(company, ada, bo, invoice):
    switch_on(company, void={})
    pressed(ada, invoice)
    asked = Approval.objects.get()

    approvals.approve(approval=asked, **who(bo, asked.requested_at + HOUR))

    invoice.refresh_from_db()
    entry = BillingEvent.objects.get(action="invoice.voided")
    assert (invoice.status, entry.actor_label, entry.on_behalf_of) == ("void", "Bo", "Ada")


def test_another_amount_than_was_agreed_to_is_not_given_up(company, ada, bo, invoice):
    switch_on(company, void={})
    pressed(ada, invoice)
    asked = Approval.objects.get()
    Approval.objects.update(amount="EUR 600.00")

    with pytest.raises(ApprovalOutdated, match=r"owes EUR 612\.30 by now; it owed EUR 600\.00"):
        approvals.approve(approval=asked, **who(bo, asked.requested_at + HOUR))
    invoice.refresh_from_db()
    assert invoice.status == "issued"


def test_the_role_form_has_a_limit_for_both(company):
    page = visitors.browser(visitors.member(company, "administrator", "Ada")).get("/settings/roles/new/")

    for name in ("limit_invoice_void", "limit_invoice_write_off"):
        assert f'name="{name}"' in page.content.decode()


def test_the_rules_say_that_voiding_gives_up_the_same_money(company):
    page = visitors.browser(visitors.member(company, "administrator", "Ada")).get("/settings/approvals/")

    assert "Voiding an invoice gives up the same money" in page.content.decode()
