from dataclasses import dataclass
from typing import Protocol

from billing.money import Money

APPROVED, DECLINED, PENDING, OPEN = "approved", "declined", "pending", "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What we ask a provider to collect. The same `idempotency_key` never makes a second charge."""

    amount: Money
    description: str
    return_url: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Where the customer goes to pay, and the provider's name for the charge."""

    external_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says became of a charge: one of the four states above, and of how much."""

    state: str
    amount: Money
    failure: str = ""


class Gateway(Protocol):
    """Both calls raise `GatewayUnavailable` when the provider does not answer; they are then tried again."""

    title: str

    def hand_over(self, charge: Charge) -> HandOver: ...

    def look_up(self, external_id: str) -> Outcome: ...
