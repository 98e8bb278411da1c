"""Payment terms: how they are written, when an invoice is due, and until when paying early earns a discount."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

LONGEST_DAYS = 999
LONGEST_INPUT = 60

_EARLY = re.compile(r"(?P<percent>[0-9]+(?:\.[0-9]{1,4})?) ?(?:%|/) ?(?P<days>[0-9]+)(?: ?days?)?(?: |, ?)(?P<rest>.+)")
_RECEIPT = re.compile(r"(?:due|payable)? ?(?:on|upon) receipt")
_NET = re.compile(r"(?:net|n/) ?(?P<days>[0-9]+)(?: ?days?)?|(?P<only>[0-9]+) ?days?")
_MONTH_END = re.compile(r"(?:eom|end of (?:the )?month)(?: ?\+? ?(?P<days>[0-9]+)(?: ?days?)?)?")


class TermsError(ValueError):
    """Terms that cannot be read or kept; the message is a sentence for the person who entered them."""


class EarlyDiscount(NamedTuple):
    """So many percent off when paid within so many days of issue."""

    percent: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Due `days` after issue, or after the end of the month of issue."""

    days: int
    from_month_end: bool = False
    early_discount: EarlyDiscount | None = None

    def __post_init__(self) -> None:
        early = self.early_discount
        if not (0 <= self.days <= LONGEST_DAYS and (early is None or 0 <= early.days <= LONGEST_DAYS)):
            raise TermsError(f"Payment terms can give at most {LONGEST_DAYS} days.")
        if early and not 0 < early.percent < 100:
            raise TermsError("An early payment discount must be more than 0% and less than 100%.")
        if early and not self.from_month_end and early.days >= self.days:
            raise TermsError("The days for the early payment discount must be fewer than the days to pay.")

    @property
    def label(self) -> str:
        """The one way these terms are written; `parse` reads it back."""
        if self.from_month_end:
            due = f"EOM + {self.days}" if self.days else "EOM"
        elif self.days:
            due = f"NET {self.days}"
        else:
            due = "Due on receipt"
        if self.early_discount is None:
            return due
        return f"{self.early_discount.percent:f}% {self.early_discount.days} {due}"

    def due_date(self, issue_date: date) -> date:
        """The day by which an invoice issued that day must be paid."""
        _check_day(issue_date)
        if self.from_month_end:
            issue_date = issue_date.replace(day=calendar.monthrange(issue_date.year, issue_date.month)[1])
        return _days_after(issue_date, self.days)

    def early_discount_until(self, issue_date: date) -> date | None:
        """The last day on which paying earns the early discount, never after the due date."""
        if self.early_discount is None:
            return None
        due_date = self.due_date(issue_date)
        return min(_days_after(issue_date, self.early_discount.days), due_date)


def parse(text: str) -> Terms:
    """Read terms as people write them, whatever the case and spacing."""
    if not isinstance(text, str) or len(text) > LONGEST_INPUT:
        raise TermsError(_how_to_write())
    written = " ".join(text.split()).casefold()
    early = _EARLY.fullmatch(written)
    if early is None:
        return _due(written)
    terms = _due(early["rest"])
    discount = EarlyDiscount(percent=Decimal(early["percent"]), days=int(early["days"]))
    return Terms(terms.days, terms.from_month_end, discount)


def _due(written: str) -> Terms:
    if _RECEIPT.fullmatch(written):
        return Terms(0)
    if found := _NET.fullmatch(written):
        return Terms(int(found["days"] or found["only"]))
    if found := _MONTH_END.fullmatch(written):
        return Terms(int(found["days"] or 0), from_month_end=True)
    raise TermsError(_how_to_write())


def _check_day(issue_date: date) -> None:
    if not isinstance(issue_date, date) or isinstance(issue_date, datetime):
        raise TermsError("Payment terms count from a calendar day.")


def _days_after(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise TermsError("These terms lead beyond the end of the calendar. Choose an earlier issue date.") from None


def _how_to_write() -> str:
    return (
        "These payment terms cannot be read. Write them like “NET 30”, “Due on receipt”, “EOM + 15” or “2% 10 NET 30”."
    )
