"""Two who decide at the same instant. Real transactions, on both databases."""

import pytest

from accounts.actions import approvals
from accounts.approvals import find
from accounts.errors import ApprovalRefused, SecondPersonNeeded
from accounts.models import Approval
from accounts.scoping import in_company
from audit.models import SecurityEvent
from billing.models import LedgerEntry
from tests import books, visitors
from tests.accounts.second_persons import AT, request_of, switch_on, who
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ("approval.approved", "approval.refused", "approval.withdrawn", "approval.expired", "approval.used")


@pytest.fixture
def company():
    made = visitors.company()
    with in_company(made):
        books.seller(made)
        yield made


@pytest.fixture
def people(company):
    return [visitors.member(company, "administrator", name) for name in ("Ada", "Bo", "Cy")]


@pytest.fixture
def write_off(company, people):
    switch_on(company, write_off={})
    invoice = books.issued(books.customer(company))
    return approvals.ask(kind=find("write_off"), target=invoice, amount=None, **who(people[0]))


def refused(results, *, by=ApprovalRefused):
    assert all(isinstance(result, by) for result in results if isinstance(result, Exception)), results
    return [result for result in results if isinstance(result, Exception)]


def steps():
    return list(SecurityEvent.objects.filter(action__in=STEPS).values_list("action", flat=True))


def test_two_who_agree_at_once_write_off_once(company, people, write_off):
    Approval.objects.update(amount="EUR 100.00")
    _, bo, cy = people

    results = together(company, [lambda one=one: approvals.approve(approval=write_off, **who(one)) for one in (bo, cy)])

    assert len(refused(results)) == 1
    assert steps() == ["approval.approved"]
    assert LedgerEntry.objects.filter(kind=LedgerEntry.Kind.WRITTEN_OFF, amount__lt=0).count() == 1


def test_agreed_to_and_withdrawn_at_once_is_one_of_both(company, people):
    ada, bo, _ = people
    asked = request_of(ada)

    results = together(
        company,
        [
            lambda: approvals.approve(approval=asked, **who(bo)),
            lambda: approvals.withdraw(approval=asked, **who(ada)),
        ],
    )

    assert len(refused(results)) == 1
    asked.refresh_from_db()
    assert steps() == [f"approval.{asked.outcome}"]


def test_asked_twice_at_once_is_one_request(company, people):
    results = together(company, [lambda: request_of(people[0])] * 4)

    assert refused(results) == []
    assert len({approval.pk for approval in results}) == Approval.objects.count() == 1


def test_two_who_agree_to_each_others_requests_do_not_wait_in_a_circle(company, people):
    ada, bo, _ = people
    of_ada, of_bo = request_of(ada), request_of(bo, kind="customer_export", target=company, payload={})

    results = together(
        company,
        [
            lambda: approvals.approve(approval=of_ada, **who(bo)),
            lambda: approvals.approve(approval=of_bo, **who(ada)),
        ],
    )

    assert refused(results) == []
    assert steps() == ["approval.approved"] * 2


def test_an_agreement_used_by_many_at_once_opens_once(company, people):
    ada, bo, _ = people
    asked = request_of(ada, kind="customer_export", target=company, payload={})
    approvals.approve(approval=asked, **who(bo))

    results = together(
        company, [lambda: approvals.use(kind=find("customer_export"), target=company, **who(ada, AT))] * 4
    )

    assert len(refused(results, by=SecondPersonNeeded)) == 3
    assert steps().count("approval.used") == 1
