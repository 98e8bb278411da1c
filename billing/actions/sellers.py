"""Everything that changes how a company presents itself on its documents, and how it bills unless told otherwise."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.actions import approvals, granting
from accounts.approvals import find, waits
from accounts.models import Approval, Company, Membership
from accounts.permissions import Permission
from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.actions.changes import set_changed
from billing.models import Logo, Seller, Sequence
from billing.money import exponent

SERIES = {Sequence.Kind.INVOICE: "INV", Sequence.Kind.PAYMENT: "PAY", Sequence.Kind.CUSTOMER: "CUS"}

WHERE_TO_PAY = {"bank_details": "Payment instructions", "footer": "Footer"}
"""What tells customers where their money goes, with its name: every invoice shows the footer, too."""


@transaction.atomic
def create(*, company: Company, currency: str = "EUR", by: Actor, at: datetime.datetime) -> Seller:
    """Make a new company ready to bill: its profile, and its number series from 1."""
    exponent(currency)
    seller = Seller(company=company, legal_name=company.name, currency=currency)
    seller.save(force_insert=True)
    Sequence.objects.bulk_create(
        [Sequence(company=company, kind=kind, series=series) for kind, series in SERIES.items()]
    )
    log.record(events.SELLER_CREATED, target=seller, by=by, at=at)
    return seller


@transaction.atomic
def change(*, seller: Seller, details: Mapping[str, Any], by: Actor, at: datetime.datetime) -> Seller:
    """Change the profile from now on; issued documents keep the copy they were issued with.

    Where customers are told to pay is a change of its own, with an entry of its own.
    """
    seller = locks.seller(seller.pk)
    changes = set_changed(seller, details)
    seller.save(update_fields=list(changes))
    paid_elsewhere = {name: pair for name, pair in changes.items() if name in WHERE_TO_PAY}
    profile = {name: pair for name, pair in changes.items() if name not in WHERE_TO_PAY}
    for event, part in ((events.BANK_DETAILS_CHANGED, paid_elsewhere), (events.SELLER_CHANGED, profile)):
        if part:
            log.record(event, target=seller, by=by, at=at, changes=part)
    return seller


@transaction.atomic
def change_or_ask(
    *, seller: Seller, details: Mapping[str, Any], membership: Membership, by: Actor, at: datetime.datetime
) -> Approval | None:
    """As `change`, by a member. Where the company wants it, telling customers to pay elsewhere waits for a second
    person; the rest counts at once. Returns what waits, if anything does.
    """
    holder, kind = granting.holder(membership, Permission.SETTINGS_EDIT), find("bank_details")
    seller, details = locks.seller(seller.pk), dict(details)
    before = where_to_pay(seller)
    waiting = None
    if pays_elsewhere(seller, details) and waits(holder.company, kind):
        after = {name: details.pop(name) for name in WHERE_TO_PAY}
        changes = {title: [before[name], after[name]] for name, title in WHERE_TO_PAY.items()}
        told = {title: pair for title, pair in changes.items() if pair[0] != pair[1]}
        payload = {"before": before, "after": after, "changes": told}
        waiting = approvals.ask(kind=kind, membership=holder, target=seller, payload=payload, by=by, at=at)
    change(seller=seller, details=details, by=by, at=at)
    return waiting


def where_to_pay(seller: Seller) -> dict[str, str]:
    """What its invoices say about it."""
    return {name: getattr(seller, name) for name in WHERE_TO_PAY}


def pays_elsewhere(seller: Seller, details: Mapping[str, Any]) -> bool:
    """Whether these details would tell customers something else."""
    return any(details[name] != told for name, told in where_to_pay(seller).items())


@transaction.atomic
def set_logo(*, seller: Seller, png: bytes, by: Actor, at: datetime.datetime) -> Logo:
    """Print this picture, re-encoded before, on documents from now on."""
    seller = locks.seller(seller.pk)
    logo, _ = Logo.objects.update_or_create(company_id=seller.company_id, defaults={"png": png, "uploaded_at": at})
    log.record(events.LOGO_CHANGED, target=seller, by=by, at=at, size=len(png))
    return logo


@transaction.atomic
def remove_logo(*, seller: Seller, by: Actor, at: datetime.datetime) -> None:
    """Print no picture from now on."""
    seller = locks.seller(seller.pk)
    removed, _ = Logo.objects.filter(company_id=seller.company_id).delete()
    if removed:
        log.record(events.LOGO_REMOVED, target=seller, by=by, at=at)
