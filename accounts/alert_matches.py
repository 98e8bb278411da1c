"""Which entries are an alert by themselves."""

from datetime import date, timedelta
from typing import Any

from audit.models import Envelope
from audit.queries import MANY

MONTH = timedelta(days=31)
STRENGTH = ["off", "advised", "required"]
PERIODS = ("grace_days", "idle_minutes", "session_hours")


def always(entry: Envelope) -> bool:
    return True


def never(entry: Envelope) -> bool:
    return False


def is_not_the_first_device(entry: Envelope) -> bool:
    """That of the very first sign-in is no news: it is how an account begins to be used."""
    of_the_person = type(entry)._base_manager.filter(action=entry.action, actor_id=entry.actor_id)
    earlier = of_the_person.filter(at__lte=entry.at).exclude(pk=entry.pk)
    return bool(earlier.exists())


def loosens(entry: Envelope) -> bool:
    """Whether sign-in rules demand less than before, or let sessions last longer."""
    changes: Any = entry.changes or {}
    longer = any(name in changes and _is_more(changes[name]) for name in PERIODS)
    factor = changes.get("second_factor")
    passkey = changes.get("passkey_for_administrators")
    return longer or (factor is not None and _is_weaker(factor)) or passkey == [True, False]


def takes_everything(entry: Envelope) -> bool:
    """Whether a list of customers or a log left that is long, or that nothing but many days narrowed."""
    noun = entry.action.partition(".")[0]
    data: Any = entry.data
    if noun not in ("customer", "log"):
        return False
    return data.get("at_least", 0) > MANY or _is_everything(data.get("filters") or {}, entry.at.date())


def _is_everything(filters: dict[str, str], today: date) -> bool:
    """Whether filters leave more than a month: days alone, from no first day or from over 31 days before the last."""
    if not filters.keys() <= {"since", "until"}:
        return False
    try:
        since = date.fromisoformat(filters.get("since", ""))
        until = min(date.fromisoformat(filters.get("until", "")), today) if "until" in filters else today
    except ValueError:
        return True
    return until - since > MONTH


def _is_more(pair: list[int]) -> bool:
    before, after = pair
    return after > before


def _is_weaker(pair: list[str]) -> bool:
    before, after = pair
    return STRENGTH.index(after) < STRENGTH.index(before)
