"""The key of a form makes its second sending the first one again, and nothing else."""

from uuid import uuid4

import pytest

from billing.errors import PaymentRefused
from billing.models import Payment
from tests import books


@pytest.mark.parametrize(
    ("name", "amount", "currency"), [("Bolt", "60", "EUR"), ("Acme", "61", "EUR"), ("Acme", "60", "USD")]
)
def test_a_form_used_for_another_payment_is_refused_without_a_word_about_it(acme, name, amount, currency):
    key = uuid4()
    books.payment(acme, "60", request_key=key)
    customer = acme if name == "Acme" else books.customer(acme.company, name)

    with pytest.raises(PaymentRefused, match=r"^This form was already used for another payment[^0-9]+$"):
        books.payment(customer, amount, request_key=key, currency=currency)
    assert Payment.objects.count() == 1
