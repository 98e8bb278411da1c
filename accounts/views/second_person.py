"""Asking for a second person in place of the act that needs one."""

from typing import Any

from django.contrib import messages
from django.utils import timezone

from accounts.actions import approvals
from accounts.errors import AccountsError, SecondPersonNeeded

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
