"""Everything that changes the taxes a company charges. A rate never changes: archive it and create the new one."""

import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import Company
from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.errors import NameTaken, TaxRateRefused
from billing.lines import Tax, TotalsError
from billing.models import TaxRate


@transaction.atomic
def create(
    *,
    company: Company,
    name: str,
    percent: Decimal,
    by: Actor,
    at: datetime.datetime,
    category: str = TaxRate.Category.STANDARD,
) -> TaxRate:
    """Charge a tax from now on, on the lines that name it."""
    _refuse_contradictions(name, percent, category)
    rate = TaxRate(company=company, name=name, percent=percent, category=category)
    try:
        with transaction.atomic():
            rate.save(force_insert=True)
    except IntegrityError as refusal:
        raise NameTaken(f"There is a tax rate “{name}” already. Archive that one first, or choose another name.") from (
            refusal
        )
    log.record(events.TAX_RATE_CREATED, target=rate, by=by, at=at, percent=f"{percent.normalize():f}")
    return rate


@transaction.atomic
def archive(*, tax_rate: TaxRate, by: Actor, at: datetime.datetime) -> TaxRate:
    """No longer charged on new lines; what carries it keeps it."""
    tax_rate = locks.tax_rate(tax_rate.pk)
    if tax_rate.archived_at:
        raise TaxRateRefused(f"{tax_rate} is archived already.")
    tax_rate.archived_at = at
    tax_rate.save(update_fields=["archived_at"])
    log.record(events.TAX_RATE_ARCHIVED, target=tax_rate, by=by, at=at)
    return tax_rate


def _refuse_contradictions(name: str, percent: Decimal, category: str) -> None:
    if percent > 100:
        raise TaxRateRefused("A tax rate is at most 100%.")
    try:
        Tax(name=name, percent=percent, category=category)
    except TotalsError as refusal:
        raise TaxRateRefused(str(refusal)) from refusal
    if category == TaxRate.Category.STANDARD and not percent:
        raise TaxRateRefused("A rate of 0% needs its reason: choose zero rated, exempt or another kind of tax.")
