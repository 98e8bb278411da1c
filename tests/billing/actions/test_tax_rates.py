from decimal import Decimal

import pytest

from audit.models import BillingEvent
from billing.actions import tax_rates
from billing.errors import NameTaken, TaxRateRefused
from billing.models import TaxRate
from tests import books
from tests.books import AT, BY


def create(company, name="VAT", percent="19", category="S"):
    return tax_rates.create(company=company, name=name, percent=Decimal(percent), category=category, by=BY, at=AT)


def test_a_rate_is_archived_and_made_anew_under_its_name(company):
    old = create(company, percent="19")
    with pytest.raises(NameTaken, match="There is a tax rate “VAT” already"):
        create(company, percent="20")

    tax_rates.archive(tax_rate=old, by=BY, at=AT)
    new = create(company, percent="20")

    old.refresh_from_db()
    assert (old.percent, old.archived_at, new.percent) == (19, AT, 20)
    assert list(BillingEvent.objects.order_by("id").values_list("action", "object_label")) == [
        ("tax_rate.created", "VAT 19%"),
        ("tax_rate.archived", "VAT 19%"),
        ("tax_rate.created", "VAT 20%"),
    ]
    with pytest.raises(TaxRateRefused, match="archived already"):
        tax_rates.archive(tax_rate=old, by=BY, at=AT)


@pytest.mark.parametrize(
    ("percent", "category", "sentence"),
    [
        ("100.5", "S", "at most 100%"),
        ("0", "S", "needs its reason"),
        ("19", "Z", "must have the rate 0%"),
        ("5", "AE", "must have the rate 0%"),
        ("1.00001", "S", "more than 4 decimals"),
        ("-1", "S", "between 0%"),
    ],
)
def test_create_refuses_what_contradicts_itself(company, percent, category, sentence):
    with pytest.raises(TaxRateRefused, match=sentence):
        create(company, percent=percent, category=category)
    assert not TaxRate.objects.exists()


@pytest.mark.parametrize(("percent", "category"), [("100", "S"), ("0.0001", "S"), ("0", "Z"), ("0", "E")])
def test_create_takes_the_bounds(company, percent, category):
    assert create(company, percent=percent, category=category).percent == Decimal(percent)


@pytest.mark.parametrize("verb", ["create", "archive"])
def test_no_change_without_its_entry(company, verb, monkeypatch):
    rate = books.tax_rate(company)
    before = list(TaxRate.objects.values())
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "create": lambda: create(company, name="Other"),
        "archive": lambda: tax_rates.archive(tax_rate=rate, by=BY, at=AT),
    }[verb]

    with pytest.raises(LookupError):
        call()
    assert list(TaxRate.objects.values()) == before
