"""Asking for a second person, deciding about it, and doing what was agreed to.

Everything that decides holds company, members and request in this order and judges them anew: what somebody may do
and see, and what the act is about, may have changed since it was asked for.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from accounts import events, locks
from accounts.actions import approval_letters
from accounts.approvals import LASTS, Amount, Kind, find, holds, waits
from accounts.errors import AccountsError, ApprovalOutdated, ApprovalRefused, SecondPersonNeeded
from accounts.models import Approval, Company, Membership
from accounts.queries.approvals import OVER, deciders, is_agreed, is_there, may_still, sees, usable, why_not_decide
from audit import log
from audit.actors import Actor
from audit.registry import EventType
from security import ratelimit
from security.ratelimit import Limit

NOT_HELD = "You may not do this any more. Ask an administrator."
CONCERNS_ALL = "This concerns all customers, and you see only some. Ask somebody who sees them all."
NOBODY = (
    "This waits for a second person, and nobody else here may agree to it. "
    "Ask an administrator to give somebody the right to."
)
REPLACED = "Asked for anew with other details."
NOT_IN_TIME = "Nobody decided within three days."
LEFT = "Whoever asked for it has left."
NOT_THEIRS = "Only whoever asked can withdraw a request."
LOST = "{} may not do this any more, so nothing was done."
ASKED_BY_ONE = Limit("approvals_asked_by_one", tries=20, period=timedelta(hours=1))
MOST_WAITING = 50
TOO_OFTEN = f"You asked for a second person {ASKED_BY_ONE.tries} times within an hour. Try again in an hour."
TOO_MANY = f"{MOST_WAITING} of your requests wait already. Withdraw some, or wait until somebody decides."
Outcome = Approval.Outcome


def refuse_alone(code: str, company: Company, **asked: Any) -> None:
    """Refuse what the company lets wait for a second person; the error holds what to ask for."""
    kind = find(code)
    if waits(company, kind, asked.get("amount")):
        raise SecondPersonNeeded(kind=kind, **asked)


@transaction.atomic
def ask(
    *,
    kind: Kind,
    membership: Membership,
    target: models.Model,
    by: Actor,
    at: datetime,
    payload: dict[str, Any] | None = None,
    amount: Amount | None = None,
    reason: str = "",
) -> Approval:
    """Put an act before those who could agree to it. Asking for the same again changes nothing."""
    requester = locks.membership(membership.pk)
    about = {"object_type": str(target._meta.model_name), "object_id": str(target.pk)}
    what = {"payload": payload or {}, "amount": str(amount or "")}
    customer_id = target.pk if about["object_type"] == "customer" else getattr(target, "customer_id", None)
    if customer_id is None and requester.is_restricted:
        raise ApprovalRefused(CONCERNS_ALL)
    if not (requester.is_live and holds(kind, requester.rights, amount) and sees(requester, customer_id)):
        raise ApprovalRefused(NOT_HELD)
    judges = deciders(requester.company, kind, amount=amount, customer_id=customer_id)
    judges = [judge for judge in judges if judge.user_id != requester.user_id]
    if not judges:
        raise ApprovalRefused(NOBODY)
    before = Approval.objects.filter(**about, kind=kind.code, requested_by=requester, outcome=Outcome.WAITING).first()
    if before and before.is_waiting(at) and {"payload": before.payload, "amount": before.amount} == what:
        return before
    _refuse_flood(requester, at)
    if before:
        _end(before, Outcome.WITHDRAWN, events.APPROVAL_WITHDRAWN, by, at, reason=REPLACED)
    approval = Approval.objects.create(
        **about,
        **what,
        company=requester.company,
        kind=kind.code,
        object_label=str(target)[:200],
        customer_id=customer_id,
        reason=reason,
        requested_by=requester,
        requested_at=at,
        expires_at=at + LASTS,
    )
    _record(events.APPROVAL_ASKED, approval, by, at, reason=reason)
    approval_letters.needed(approval, judges, by=by, at=at)
    return approval


def approve(*, approval: Approval, membership: Membership, by: Actor, at: datetime) -> Approval:
    """Agree. What can be done without its requester is done now; what does not fit any more ends the request."""
    try:
        return _approve(approval, membership, by, at)
    except ApprovalOutdated as outdated:
        _lapse(approval, str(outdated), by, at)
        raise


@transaction.atomic
def refuse(*, approval: Approval, membership: Membership, reason: str, by: Actor, at: datetime) -> Approval:
    """Do not agree, and say why."""
    approval, judge = _judged(approval, membership, at)
    _end(approval, Outcome.REFUSED, events.APPROVAL_REFUSED, by, at, reason=reason, decided_by=judge)
    approval_letters.decided(approval, by=by, at=at)
    return approval


@transaction.atomic
def withdraw(*, approval: Approval, membership: Membership, by: Actor, at: datetime) -> Approval:
    """Take back what one asked for oneself."""
    approval = locks.approval(approval.pk)
    if approval.requested_by.user_id != membership.user_id:
        raise ApprovalRefused(NOT_THEIRS)
    _refuse_unless_waiting(approval, at)
    _end(approval, Outcome.WITHDRAWN, events.APPROVAL_WITHDRAWN, by, at)
    return approval


@transaction.atomic
def end_of(*, membership: Membership, by: Actor, at: datetime) -> int:
    """End what somebody who leaves had asked for and nobody decided about; how many requests."""
    waiting = Approval.objects.filter(requested_by=membership, outcome=Outcome.WAITING).order_by("pk")
    ended = [locks.approval(approval.pk) for approval in waiting]
    for approval in ended:
        _end(approval, Outcome.WITHDRAWN, events.APPROVAL_EXPIRED, by, at, reason=LEFT)
    return len(ended)


def expire(*, approval: Approval, by: Actor, at: datetime) -> None:
    """End what nobody decided in time."""
    _lapse(approval, NOT_IN_TIME, by, at)


@transaction.atomic
def use(
    *,
    kind: Kind,
    membership: Membership,
    target: models.Model,
    payload: dict[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> Approval:
    """Use up an agreement to what only its requester can finish, in the transaction of what they do.

    It holds for exactly what was asked for, once, within a day; without one, a second person is needed.
    """
    locks.company(membership.company_id)
    requester = locks.membership(membership.pk)
    agreed = [one for one in usable(requester, kind, at).filter(object_id=str(target.pk)) if _is_still(one, payload)]
    approval = next(iter(agreed), None)
    if approval is None:
        raise SecondPersonNeeded(kind=kind, target=target, payload=payload)
    if not may_still(approval, requester):
        raise ApprovalRefused(NOT_HELD)
    approval.used_at = at
    approval.save(update_fields=["used_at"])
    _record(events.APPROVAL_USED, approval, by, at)
    return approval


@transaction.atomic
def _approve(approval: Approval, membership: Membership, by: Actor, at: datetime) -> Approval:
    locks.company(approval.company_id)
    members = locks.memberships([membership.pk, approval.requested_by_id])
    approval, approver = _judged(approval, membership, at)
    requester, kind = members[approval.requested_by_id], find(approval.kind)
    if not may_still(approval, requester):
        raise ApprovalOutdated(LOST.format(requester))
    _end(approval, Outcome.APPROVED, events.APPROVAL_APPROVED, by, at, decided_by=approver)
    approval_letters.decided(approval, by=by, at=at)
    if kind.perform:
        for_another = replace(by, on_behalf_of=str(requester))
        try:
            kind.perform(approval=approval, requester=requester, approver=approver, by=for_another, at=at)
        except ApprovalRefused:
            raise
        except AccountsError as refusal:
            raise ApprovalOutdated(str(refusal)) from refusal
    return approval


def _is_still(approval: Approval, payload: dict[str, Any] | None) -> bool:
    """Whether exactly this was agreed to, by somebody who could agree to it now."""
    if approval.decided_by_id is None or approval.payload != (payload or {}):
        return False
    return is_agreed(approval, locks.membership(approval.decided_by_id))


def _judged(approval: Approval, membership: Membership, at: datetime) -> tuple[Approval, Membership]:
    """The request and its judge, held; refused unless it waits and they may decide about it now."""
    judge = locks.membership(membership.pk)
    approval = locks.approval(approval.pk)
    _refuse_unless_waiting(approval, at)
    if not (is_there(judge) and judge.company_id == approval.company_id):
        raise ApprovalRefused(NOT_HELD)
    if why := why_not_decide(approval, judge):
        raise ApprovalRefused(why)
    return approval, judge


def _refuse_flood(requester: Membership, at: datetime) -> None:
    """Each request is a letter to everybody who could agree."""
    waiting = Approval.objects.filter(requested_by=requester, outcome=Outcome.WAITING, expires_at__gt=at)
    if waiting.count() >= MOST_WAITING:
        raise ApprovalRefused(TOO_MANY)
    if not ratelimit.take(ASKED_BY_ONE, str(requester.pk), at=at):
        raise ApprovalRefused(TOO_OFTEN)


@transaction.atomic
def _lapse(approval: Approval, reason: str, by: Actor, at: datetime) -> None:
    approval = locks.approval(approval.pk)
    if approval.outcome == Outcome.WAITING:
        _end(approval, Outcome.EXPIRED, events.APPROVAL_EXPIRED, by, at, reason=reason)
        approval_letters.lapsed(approval, at=at)


def _refuse_unless_waiting(approval: Approval, at: datetime) -> None:
    if not approval.is_waiting(at):
        raise ApprovalRefused(OVER)


def _end(
    approval: Approval,
    outcome: Outcome,
    event: EventType,
    by: Actor,
    at: datetime,
    *,
    reason: str = "",
    decided_by: Membership | None = None,
) -> None:
    approval.outcome, approval.decided_at, approval.decision_reason = outcome, at, reason
    approval.decided_by = decided_by
    approval.save(update_fields=["outcome", "decided_at", "decision_reason", "decided_by"])
    _record(event, approval, by, at, reason=reason)


def _record(event: EventType, approval: Approval, by: Actor, at: datetime, reason: str = "") -> None:
    act, requester = find(approval.kind).sentence, str(approval.requested_by)
    log.record(event, target=approval, by=by, at=at, reason=reason, act=act, requester=requester)
