"""The customers of somebody who leaves get a new owner, with an entry for each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions import members
from accounts.models import Letter, Membership
from accounts.scoping import in_company
from audit import log
from audit.models import BillingEvent
from billing.actions import owners as owner_actions
from billing.models import Customer
from tests import books, visitors
from tests.accounts.letter_box import delivered, text
from tests.books import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo(company):
    return visitors.member(company, "employee", "Bo")


@pytest.fixture
def cy(company):
    return visitors.member(company, "employee", "Cy")


def revoke(member, heir=None):
    return members.revoke(membership=member, granter=None, heir=heir, by=books.BY, at=AT)


def owners(company):
    return {customer.name: str(customer.owner or "") for customer in Customer.objects.select_related("owner")}


def test_they_pass_to_the_heir_the_archived_ones_too(company, bo, cy):
    books.customer(company, "Acme", owner=bo.user)
    books.customer(company, "Borealis", owner=bo.user, archived_at=AT)
    books.customer(company, "Cedar", owner=cy.user)
    books.customer(company, "Dune")

    revoke(bo, heir=cy.user)

    assert owners(company) == {"Acme": "Cy", "Borealis": "Cy", "Cedar": "Cy", "Dune": ""}
    entries = BillingEvent.objects.filter(action="customer.handed_over").order_by("object_label")
    assert [(str(entry), entry.changes, entry.customer_id is not None) for entry in entries] == [
        ("tests passed customer Acme on from Bo to Cy", {"owner": ["Bo", "Cy"]}, True),
        ("tests passed customer Borealis on from Bo to Cy", {"owner": ["Bo", "Cy"]}, True),
    ]
    letters = {letter["To"]: text(letter) for letter in delivered()}
    assert "gave you what they looked after: 2 customers." in letters[cy.user.email]


def test_more_than_a_query_takes_pass_too(company, bo, cy, monkeypatch):
    monkeypatch.setattr(owner_actions, "IDS_A_QUERY", 2)
    for name in ("Acme", "Borealis", "Cedar"):
        books.customer(company, name, owner=bo.user)

    revoke(bo, heir=cy.user)

    assert owners(company) == dict.fromkeys(("Acme", "Borealis", "Cedar"), "Cy")
    [told] = [letter for letter in delivered() if letter["To"] == cy.user.email]
    assert "3 customers" in text(told)


def test_the_heir_is_told_only_of_those_they_see(company, bo, cy):
    seen = books.customer(company, "Acme", owner=bo.user)
    books.customer(company, "Borealis", owner=bo.user)
    Membership.objects.filter(pk=cy.pk).update(restriction="customers", customer_ids=[str(seen.pk)])

    hand_over(bo, cy)
    Customer.objects.filter(pk=seen.pk).update(owner=None)
    hand_over(cy, bo)
    hand_over(bo, cy)

    [*_, told] = [text(letter) for letter in delivered() if letter["To"] == cy.user.email]
    assert "gave you what they looked after: 1 customer." in told
    assert Letter.objects.filter(user=cy.user).count() == 1


def test_or_to_nobody(company, bo):
    books.customer(company, "Acme", owner=bo.user)

    revoke(bo)

    assert owners(company) == {"Acme": ""}
    entry = BillingEvent.objects.get(action="customer.handed_over")
    assert (str(entry), entry.changes) == (
        "tests passed customer Acme on from Bo to nobody",
        {"owner": ["Bo", None]},
    )


def test_their_customers_of_another_company_stay_theirs(company, bo, cy):
    rival = visitors.company("Rival")
    Membership.objects.create(company=rival, user=bo.user, role="employee", created_at=AT)
    with in_company(rival):
        books.customer(rival, "Elsewhere", owner=bo.user)

    revoke(bo, heir=cy.user)

    with in_company(rival):
        assert Customer.objects.get().owner == bo.user


def test_the_cost_does_not_grow_with_the_customers(company, bo, cy, django_assert_num_queries):
    for number in range(3):
        books.customer(company, f"Customer {number}", owner=bo.user)

    with CaptureQueriesContext(connection) as few:
        hand_over(bo, cy)

    for number in range(20):
        books.customer(company, f"Another {number}", owner=cy.user)
    with django_assert_num_queries(len(few)):
        hand_over(cy, bo)


def test_no_change_without_its_entry(monkeypatch, company, bo, cy):
    books.customer(company, "Acme", owner=bo.user)

    def failing(*args, **details):
        raise RuntimeError

    monkeypatch.setattr(log, "record_many", failing)
    with pytest.raises(RuntimeError):
        revoke(bo, heir=cy.user)

    assert owners(company) == {"Acme": "Bo"}
    assert Membership.objects.get(pk=bo.pk).is_live


def hand_over(member, heir):
    owner_actions.hand_over(membership=member, heir=heir.user, by=books.BY, at=AT)
