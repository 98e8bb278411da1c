"""Requests for a second person, written out for the list and for the page of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.urls import reverse

from accounts.access import Access
from accounts.approvals import USED_WITHIN, find
from accounts.models import Approval
from accounts.permissions import Permission
from accounts.queries.approvals import approvals_shown_to, over, waiting, why_not_decide
from audit.paging import Page, page
from audit.registry import link

BADGES = {"waiting": "pending", "approved": "good", "refused": "bad", "withdrawn": "archived", "expired": "archived"}


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One line of the list."""

    approval: Approval
    act: str
    badge: str
    outcome: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """One request: what it is about, and what its reader can do with it."""

    row: ApprovalRow
    about: str | None
    changes: Sequence[tuple[str, str, str]]
    is_waiting: bool
    is_done_by_agreeing: bool
    may_decide: bool
    why_not: str
    may_withdraw: bool
    door: str | None
    use_until: datetime | None


def listed(access: Access, at: datetime, *, is_over: bool, older_than: str = "", newer_than: str = "") -> Page:
    """A page of those that wait, or of those that are over, newest first."""
    chosen = (over if is_over else waiting)(approvals_shown_to(access), at)
    found = page(chosen.annotate(at=F("requested_at")), older_than=older_than, newer_than=newer_than)
    rows = [row_of(approval, access, at) for approval in found.entries]
    return Page(rows, newer_than=found.newer_than, older_than=found.older_than)


def row_of(approval: Approval, access: Access, at: datetime) -> ApprovalRow:
    outcome = Approval.Outcome(approval.outcome)
    if outcome == Approval.Outcome.WAITING and not approval.is_waiting(at):
        outcome = Approval.Outcome.EXPIRED
    return ApprovalRow(
        approval=approval,
        act=find(approval.kind).title,
        badge=BADGES[outcome],
        outcome=str(outcome.label),
        is_own=approval.requested_by.user_id == access.user.pk,
    )


def detail_of(approval: Approval, access: Access, at: datetime) -> ApprovalPage:
    """The page of one request for one reader."""
    kind, row, is_waiting = find(approval.kind), row_of(approval, access, at), approval.is_waiting(at)
    why_not = why_not_decide(approval, access.membership) if is_waiting and not row.is_own else ""
    changes = approval.payload.get("changes", {})
    until = approval.decided_at + USED_WITHIN if approval.decided_at and kind.door else None
    is_agreed = approval.outcome == Approval.Outcome.APPROVED
    can_use = row.is_own and is_agreed and until and until > at and not approval.used_at
    return ApprovalPage(
        row=row,
        about=link(approval.object_type, approval.object_id),
        changes=[(name, before, after) for name, (before, after) in changes.items()],
        is_waiting=is_waiting,
        is_done_by_agreeing=kind.perform is not None,
        may_decide=is_waiting and not row.is_own and not why_not and access.can(Permission.APPROVAL_DECIDE),
        why_not=why_not,
        may_withdraw=is_waiting and row.is_own,
        door=f"{reverse(kind.door)}?approval={approval.pk}" if can_use else None,
        use_until=until if can_use else None,
    )
