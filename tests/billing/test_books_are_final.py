"""What the database itself refuses, whatever the code does."""

import datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from billing.actions import payments
from billing.models import Allocation, Payment
from tests import books

WHO = {"by": books.BY, "at": books.AT}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"currency": "USD"},
        {"number": "PAY-9"},
        {"received_date": datetime.date(2020, 1, 1)},
        {"recorded_at": books.AT - datetime.timedelta(days=1)},
        {"customer_id": uuid4()},
    ],
)
def test_the_database_refuses_to_change_or_remove_a_payment(acme, change):
    payment = books.payment(acme)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk)._raw_delete("default")


def test_the_database_refuses_to_undo_a_reversal(acme):
    payment = payments.reverse(payment=books.payment(acme), reason="It bounced", **WHO)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(reversed_at=None)


@pytest.mark.parametrize("change", [{"amount": 1}, {"payment_id": uuid4()}, {"invoice_id": uuid4()}])
def test_the_database_refuses_to_change_or_remove_an_allocation(acme, change):
    allocation = books.paid(books.issued(acme)).allocations.get()

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk)._raw_delete("default")


def test_the_database_lets_an_allocation_be_released_once(acme):
    allocation = books.paid(books.issued(acme)).allocations.get()
    payments.release(allocation=allocation, **WHO)

    for moment in (None, books.AT + datetime.timedelta(days=1)):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Allocation.objects.filter(pk=allocation.pk).update(released_at=moment)
