"""A provider that moves no money: its pay page approves, declines, waits or falls silent, as its visitor chooses."""

import datetime
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from billing.errors import GatewayUnavailable
from billing.gateways.gateway import APPROVED, DECLINED, OPEN, PENDING, Charge, HandOver, Outcome
from billing.models import SandboxCharge

NAME = "sandbox"
State = SandboxCharge.State
STATES: dict[str, str] = {State.OPEN: OPEN, State.APPROVED: APPROVED, State.DECLINED: DECLINED, State.PENDING: PENDING}
FINAL = (State.APPROVED, State.DECLINED)
LIFETIME = datetime.timedelta(hours=24)
DECISIONS = {
    State.APPROVED.value: "Approve the payment",
    State.DECLINED.value: "Decline the payment",
    State.PENDING.value: "Keep it pending",
    State.SILENT.value: "Stop answering",
    State.OPEN.value: "Go back without paying",
}


class SandboxGateway:
    title = "Sandbox gateway"

    def hand_over(self, charge: Charge) -> HandOver:
        made, _ = SandboxCharge.objects.get_or_create(
            idempotency_key=charge.idempotency_key,
            defaults={
                "id": f"sandbox_{secrets.token_urlsafe(24)}",
                "currency": charge.amount.currency,
                "amount": charge.amount,
                "description": charge.description,
                "return_url": charge.return_url,
                "created_at": timezone.now(),
            },
        )
        return HandOver(made.id, settings.SITE_URL + reverse("portal:sandbox", args=[made.id]))

    def look_up(self, external_id: str) -> Outcome:
        charge = SandboxCharge.objects.get(pk=external_id)
        if charge.state == State.SILENT:
            raise GatewayUnavailable("The sandbox gateway does not answer.")
        if has_expired(charge):
            return Outcome(DECLINED, charge.amount, "Nobody completed the payment within a day.")
        failure = "The card was declined." if charge.state == State.DECLINED else ""
        return Outcome(STATES[charge.state], charge.amount, failure)


@transaction.atomic
def decide(charge_id: str, state: str) -> None:
    """What the person on the pay page chose; what was approved, declined or left too long stays so."""
    charge = SandboxCharge.objects.select_for_update().get(pk=charge_id)
    if charge.state not in FINAL and not has_expired(charge):
        charge.state = state
        charge.save(update_fields=["state"])


def forget_undecided(before: datetime.datetime, asked_about: Iterable[str]) -> None:
    """Drop old charges that nobody completed, but those still `asked_about`."""
    SandboxCharge.objects.filter(state=State.OPEN, created_at__lt=before).exclude(pk__in=asked_about).delete()


def has_expired(charge: SandboxCharge) -> bool:
    """Whether the pay page was left undecided for so long that it is closed."""
    return charge.state == State.OPEN and timezone.now() >= charge.created_at + LIFETIME
