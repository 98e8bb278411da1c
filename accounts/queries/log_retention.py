"""What choosing another time would erase."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Company
from audit import retention
from audit.models import LOGS

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is kept at an instant: from which day on, and how many older entries wait to be erased."""

    months: int
    first_day: date
    count: int

    @property
    def entries(self) -> str:
        return in_words(self.count)


def in_words(count: int) -> str:
    """How many entries, of which no more than a limit were counted."""
    if count > COUNTED:
        return f"more than {COUNTED:,} entries"
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def outlook(company: Company, months: int, at: datetime) -> Outlook:
    """What a company would keep that kept what its entries say for so many months."""
    until = retention.kept_since(at, months, company.time_zone)
    due = [retention.erasable(log, company.pk, until) for log in LOGS.values()]
    return Outlook(months, company.today(until), retention.count_up_to(COUNTED, *due))
