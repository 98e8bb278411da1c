"""How far a company's log stream has come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from audit.models import Leaf, Stream


@dataclass(frozen=True, slots=True)
class Progress:
    """Up to which number was delivered, which is the last there is, and since when the first of the rest waits."""

    stream: Stream
    last: int
    waiting_since: datetime | None

    @property
    def delivered(self) -> int:
        return self.stream.next_number - 1

    @property
    def behind(self) -> int:
        return max(0, self.last - self.delivered)

    @property
    def state(self) -> str:
        """In one word: given_up, paused, failing or live."""
        if self.stream.paused_at:
            return "given_up" if self.stream.was_given_up else "paused"
        return "failing" if self.stream.failure else "live"


def progress(company_id: UUID) -> Progress | None:
    """Of the company's stream; None where it has none."""
    stream = Stream.objects.filter(company_id=company_id).first()
    if stream is None:
        return None
    places = Leaf.objects.filter(company_id=company_id)
    waiting = places.filter(number=stream.next_number).values_list("sealed_at", flat=True).first()
    return Progress(stream, last_number(company_id), waiting)


def last_number(company_id: UUID) -> int:
    """The number of a company's latest sealed entry, 0 where there is none."""
    return Leaf.objects.filter(company_id=company_id).aggregate(last=Max("number"))["last"] or 0
