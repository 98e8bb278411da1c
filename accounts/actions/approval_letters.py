"""Telling by letter what waits for a second person, and what became of it."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts import letters
from accounts.actions import notices
from accounts.approvals import find
from accounts.models import Approval, Membership
from audit.actors import Actor

DONE = "They agreed, and it is done."
TO_FINISH = "They agreed. You have 24 hours to do it, once: open the request."
NOT_AGREED = "They did not agree: {}"


def needed(approval: Approval, judges: Iterable[Membership], *, by: Actor, at: datetime) -> None:
    """To everybody who could agree."""
    for judge in judges:
        notices.tell_member("approval_needed", membership=judge, by=by, at=at, facts=_facts(approval))


def decided(approval: Approval, *, by: Actor, at: datetime) -> None:
    """To whoever asked, if they are still there, by the one who decided."""
    if not approval.requested_by.is_live:
        return
    outcome = NOT_AGREED.format(approval.decision_reason)
    if approval.outcome == Approval.Outcome.APPROVED:
        outcome = DONE if find(approval.kind).perform else TO_FINISH
    facts = _facts(approval) | {"outcome": outcome}
    notices.tell_member("approval_decided", membership=approval.requested_by, by=by, at=at, facts=facts)


def lapsed(approval: Approval, *, at: datetime) -> None:
    """To whoever asked, if they are still there: nobody decided, or it does not fit any more."""
    if not approval.requested_by.is_live:
        return
    user = approval.requested_by.user
    facts = _facts(approval) | {"outcome": approval.decision_reason}
    letters.queue("approval_expired", user=user, to=user.email, company=approval.company, at=at, facts=facts)


def _facts(approval: Approval) -> dict[str, str]:
    about = ", ".join(filter(None, (approval.object_label, approval.amount)))
    page = reverse("accounts:approval_detail", args=[approval.pk])
    return {"act": find(approval.kind).sentence, "about": about, "page": page}
