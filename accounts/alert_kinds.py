"""What somebody is alerted of: the rules, by kind. An app that owns events declares its own kinds at start-up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from fnmatch import fnmatchcase

from django.core.exceptions import ImproperlyConfigured

from accounts.alert_matches import always, is_not_the_first_device, loosens, never, takes_everything
from audit.models import LOGS, Envelope
from audit.registry import Log, event_types

RAISED = "alert.raised"


class Concern(Enum):
    """Which companies an entry alerts."""

    COMPANY = "the one whose log it is in"
    MEMBER = "each that the person belongs to whose account it is about"
    ADMINISTRATOR = "each that this person administers"
    EVERYBODY = "all that share the log"


@dataclass(frozen=True, slots=True)
class Often:
    """So many entries of a kind by one actor or, with `by_address`, from one IP address are an alert.

    Who was alerted of is then left in peace for `quiet`: an hour of guessing is one alert. The sentence names
    {who}, {times} and {minutes}.
    """

    least: int
    within: timedelta
    sentence: str
    by_address: bool = False
    quiet: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One rule. Its `sentence` follows "You are alerted".

    `actions` are codes of events, or patterns such as "*.exported". An entry that `matches` is enough by itself;
    of others as many are needed as `often` says. A kind without actions is about the log of the whole installation.
    """

    code: str
    name: str
    sentence: str
    actions: tuple[str, ...] = ()
    matches: Callable[[Envelope], bool] = always
    often: Often | None = None
    concerns: Concern = Concern.COMPANY
    can_be_off: bool = True
    ends_by_itself: bool = False

    def covers(self, action: str) -> bool:
        """Whether it may be about events with this code."""
        return any(fnmatchcase(action, pattern) for pattern in self.actions)


SEALER_LATE = AlertKind(
    "sealer_late",
    "Log not sealed",
    "when new entries of the logs are not sealed in time, or the sealer warns of something, such as a wrong clock",
    ends_by_itself=True,
)
WITNESS_UNREACHABLE = AlertKind(
    "witness_unreachable",
    "Witness silent",
    "when the witness of this installation refuses a checkpoint of the logs, or has signed none for an hour",
    ends_by_itself=True,
)
VERIFICATION_FAILED = AlertKind(
    "verification_failed",
    "Check of the log failed",
    "when the check of the logs finds an entry that was changed, removed or inserted",
    can_be_off=False,
)

_kinds: dict[str, AlertKind] = {}


def declare(kind: AlertKind) -> None:
    """Make a kind of alert known. None may be about alerts being raised: it would alert of itself for ever."""
    if kind.code in _kinds:
        raise ImproperlyConfigured(f'The kind of alert "{kind.code}" is declared twice.')
    if kind.covers(RAISED):
        raise ImproperlyConfigured(f'The kind of alert "{kind.code}" would alert of alerts.')
    _kinds[kind.code] = kind


def kinds() -> list[AlertKind]:
    """Every kind there is, in the order they were declared."""
    return list(_kinds.values())


def find(code: str) -> AlertKind | None:
    """The kind of a stored code; None for one this version no longer knows."""
    return _kinds.get(code)


def kinds_about(action: str) -> list[AlertKind]:
    """Those that events with this code may be an alert of."""
    return [kind for kind in _kinds.values() if kind.covers(action)]


def watched() -> list[str]:
    """The codes of all events that any kind is about."""
    return [code for log in LOGS for code in _codes(log) if kinds_about(code)]


def covered(kind: AlertKind, log: Log) -> list[str]:
    """The codes of the events of a log that one kind is about."""
    return [code for code in _codes(log) if kind.covers(code)]


def _codes(log: Log) -> list[str]:
    return [known.code for known in event_types(log)]


for ours in (
    AlertKind(
        "new_device",
        "New device of an administrator",
        "when somebody who administers the company signs in with a browser for the first time",
        actions=("device.added",),
        matches=is_not_the_first_device,
        concerns=Concern.ADMINISTRATOR,
    ),
    AlertKind(
        "factor_removed",
        "Second factor removed or reset",
        "when a member’s second factor is removed, or a fresh start without it is agreed or done",
        actions=("factor.removed", "factor_reset.approved", "factor_reset.done"),
        concerns=Concern.MEMBER,
    ),
    AlertKind(
        "sign_in_rules",
        "Sign-in rules loosened",
        "when signing in demands less than before, or sessions may last longer",
        actions=("policy.changed",),
        matches=loosens,
    ),
    AlertKind(
        "refusals",
        "Many refusals",
        "when one person, key or address is refused, or fails, 10 times within 10 minutes",
        actions=(
            "access.refused",
            "factor.failed",
            "password.refused",
            "record.not_found",
            "tries.refused",
            "user.sign_in_failed",
        ),
        matches=never,
        often=Often(
            10,
            timedelta(minutes=10),
            "{who} was refused, or failed, {times} times within {minutes} minutes",
            by_address=True,
        ),
    ),
    AlertKind(
        "mass_export",
        "Mass export",
        "when all customers, a whole log, over 31 days of one, or over 1,000 customers or entries are exported, "
        "or one person exports lists or logs 3 times within an hour",
        actions=("*.exported",),
        matches=takes_everything,
        often=Often(3, timedelta(hours=1), "{who} exported {times} times within {minutes} minutes"),
    ),
    AlertKind(
        "mass_proofs",
        "Proofs of many histories",
        "when one person downloads the proofs of 20 histories, which hold whole entries, within an hour",
        actions=("log.proved",),
        matches=never,
        often=Often(
            20, timedelta(hours=1), "{who} downloaded the proofs of {times} histories within {minutes} minutes"
        ),
    ),
    AlertKind(
        "api_key_made",
        "API key made",
        "when somebody makes an API key",
        actions=("api_key.made",),
    ),
    AlertKind(
        "ownership_passed",
        "Ownership passed",
        "when the company gets another owner",
        actions=("ownership.passed", "ownership.handed_over"),
    ),
    AlertKind(
        "log_settings",
        "Log settings changed",
        "when somebody changes what is alerted of or how long entries are kept, streams them elsewhere or erases them",
        actions=(
            "log_settings.*",
            "log_retention.*",
            "log_erasing.*",
            "log_stream.made",
            "log_stream.changed",
            "log_stream.paused",
            "log_stream.resumed",
            "log_stream.secret_renewed",
            "log_stream.failed",
            "log_stream.removed",
        ),
        can_be_off=False,
    ),
    AlertKind(
        "log_key",
        "Key of the log replaced",
        "when whoever runs the server replaces the key that signs the logs",
        actions=("log_key.replaced",),
        concerns=Concern.EVERYBODY,
        can_be_off=False,
    ),
    SEALER_LATE,
    WITNESS_UNREACHABLE,
    VERIFICATION_FAILED,
):
    declare(ours)
