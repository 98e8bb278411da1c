"""Handing a company over: it passes when the administrator to whom it was offered accepts."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import events, locks
from accounts.actions import endings, notices
from accounts.errors import OwnershipRefused
from accounts.models import Company, Membership, OwnershipTransfer
from accounts.queries.memberships import acting_administrators, administrators
from accounts.queries.ownership import owner_of
from audit import log
from audit.actors import Actor

LASTS = timedelta(days=7)
ENDED = "This offer was accepted, withdrawn or ran out meanwhile."
NOT_THE_OWNER = "Only the owner of a company offers it to somebody else."
NO_ADMINISTRATOR = "{person} does not administer {company}. Choose somebody who does."
Outcome = OwnershipTransfer.Outcome


@transaction.atomic
def offer(*, owner: Membership, to: Membership, by: Actor, at: datetime) -> OwnershipTransfer:
    """Offer the company to another administrator, who has seven days to accept. One offer at a time."""
    company = locks.company(owner.company_id)
    owner = locks.membership(owner.pk)
    if not (owner.is_owner and owner.is_live):
        raise OwnershipRefused(NOT_THE_OWNER)
    if to == owner:
        raise OwnershipRefused(f"You own {company} already. Choose another administrator.")
    _refuse_unless_administrator(to, company)
    endings.end_outdated_ownership_offers(company.pk, at)
    if waiting := OwnershipTransfer.objects.filter(company=company, ended_at__isnull=True).first():
        raise OwnershipRefused(f"{company} is offered to {waiting.offered_to} already. Take that offer back first.")
    made = OwnershipTransfer.objects.create(
        company=company, offered_by=owner, offered_to=to, offered_at=at, expires_at=at + LASTS
    )
    log.record(events.OWNERSHIP_OFFERED, target=company, by=by, at=at, person=str(to))
    told = {"person": str(to), "due": made.expires_at.isoformat()}
    for kind, membership in (("ownership_offered", to), ("ownership_offer_sent", owner)):
        notices.tell_member(kind, membership=membership, by=by, at=at, facts=told)
    return made


@transaction.atomic
def accept(*, transfer: OwnershipTransfer, by: Actor, at: datetime) -> OwnershipTransfer:
    """Take the company over. Who owned it stays its administrator."""
    transfer = _end(transfer, Outcome.ACCEPTED, at)
    former, owner = locks.membership(transfer.offered_by_id), locks.membership(transfer.offered_to_id)
    if not former.is_owner:
        raise OwnershipRefused(ENDED)
    _refuse_unless_administrator(owner, transfer.company)
    _pass(former, owner)
    changes = {"owner": [str(former), str(owner)]}
    log.record(events.OWNERSHIP_PASSED, target=transfer.company, by=by, at=at, changes=changes, former=str(former))
    for membership in (former, owner):
        told = {"owner": str(owner), "former": str(former)}
        notices.tell_member("ownership_passed", membership=membership, by=by, at=at, facts=told)
    return transfer


@transaction.atomic
def decline(*, transfer: OwnershipTransfer, by: Actor, at: datetime) -> OwnershipTransfer:
    """Leave the company with its owner."""
    transfer = _end(transfer, Outcome.DECLINED, at)
    log.record(events.OWNERSHIP_DECLINED, target=transfer.company, by=by, at=at)
    notices.tell_member("ownership_declined", membership=transfer.offered_by, by=by, at=at)
    return transfer


@transaction.atomic
def withdraw(*, transfer: OwnershipTransfer, by: Actor, at: datetime) -> OwnershipTransfer:
    """Take an offer back before it is accepted."""
    transfer = _end(transfer, Outcome.WITHDRAWN, at)
    person = str(transfer.offered_to)
    log.record(events.OWNERSHIP_WITHDRAWN, target=transfer.company, by=by, at=at, person=person)
    notices.tell_member("ownership_withdrawn", membership=transfer.offered_to, by=by, at=at)
    return transfer


@transaction.atomic
def hand_over(*, to: Membership, by: Actor, at: datetime) -> Membership:
    """Make an administrator the owner without the former one, whom nobody reaches. All administrators are told."""
    company = locks.company(to.company_id)
    to = locks.membership(to.pk)
    _refuse_unless_administrator(to, company)
    if to.is_owner:
        raise OwnershipRefused(f"{to} owns {company} already.")
    former = owner_of(company)
    if former:
        endings.end_ownership_offers(former, at)
    _pass(former, to)
    named = str(former or "nobody")
    changes = {"owner": [named, str(to)]}
    log.record(
        events.OWNERSHIP_HANDED_OVER, target=company, by=by, at=at, changes=changes, person=str(to), former=named
    )
    for administrator in administrators(company).select_related("user", "company"):
        told = {"owner": str(to), "former": named}
        notices.tell_member("ownership_passed", membership=administrator, by=by, at=at, facts=told)
    return to


def _end(transfer: OwnershipTransfer, outcome: Outcome, at: datetime) -> OwnershipTransfer:
    """Of two who decide at once, the second is refused: the company is held."""
    locks.company(transfer.company_id)
    found = OwnershipTransfer.objects.select_related("company", "offered_by__user", "offered_to__user")
    transfer = found.get(pk=transfer.pk)
    if not transfer.is_open(at):
        raise OwnershipRefused(ENDED)
    transfer.ended_at, transfer.outcome = at, outcome
    transfer.save(update_fields=["ended_at", "outcome"])
    return transfer


def _pass(former: Membership | None, owner: Membership) -> None:
    """There is one owner at every moment the database sees."""
    if former:
        former.is_owner = False
        former.save(update_fields=["is_owner"])
    owner.is_owner = True
    owner.save(update_fields=["is_owner"])


def _refuse_unless_administrator(membership: Membership, company: Company) -> None:
    if not acting_administrators(company).filter(pk=membership.pk).exists():
        raise OwnershipRefused(NO_ADMINISTRATOR.format(person=membership, company=company))
