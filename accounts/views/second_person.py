"""Asking for a second person in place of the act that needs one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.utils import timezone

from accounts.actions import approvals
from accounts.approvals import Kind
from accounts.errors import AccountsError, SecondPersonNeeded
from accounts.queries.approvals import usable
from security import refused_ids

WAITS = "This waits until a second person agrees. Those who can have been told, and you get a letter."


def ask(request: Any, needed: SecondPersonNeeded, reason: str = "") -> str:
    """Put it before those who could agree; what to say to whoever asked. May be refused like any act."""
    access = request.access
    approvals.ask(**needed.asked, membership=access.membership, reason=reason, by=access.actor, at=timezone.now())
    return WAITS


def ask_or_say(request: Any, refusal: AccountsError) -> None:
    """Of an act without a form: ask, where that is what is missing, else say why it was refused."""
    if not isinstance(refusal, SecondPersonNeeded):
        messages.error(request, str(refusal))
        return
    try:
        messages.info(request, ask(request, refusal))
    except AccountsError as final:
        messages.error(request, str(final))


def agreed_to(request: Any, kind: Kind) -> dict[str, Any]:
    """What somebody agreed to, of the request named in the address; nothing for any other."""
    try:
        id = UUID(request.GET.get("approval", ""))
    except ValueError:
        return {}
    approval = usable(request.access.membership, kind, timezone.now()).filter(pk=id).first()
    refused_ids.note_unless(approval, request, str(id))
    return approval.payload if approval else {}
