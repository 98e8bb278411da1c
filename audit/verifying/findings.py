"""What a check finds: which entry, and what is not as it was sealed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `at` is when the entry was written, as text; "" where none is known.

    A warning is told of in every check, and does not make one fail.
    """

    what: str
    sentence: str
    log: str = ""
    entry: str = ""
    index: int | None = None
    number: int | None = None
    company: str = ""
    at: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        places = [
            self.entry and f"{self.log} entry {self.entry}",
            self.number is not None and f"number {self.number}",
            self.company and f"company {self.company}",
            self.index is not None and f"index {self.index}",
            self.at and f"of {self.at}",
        ]
        place = ", ".join(part for part in places if part)
        return f"{self.sentence} ({place})" if place else self.sentence


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the leaves, its ids and its time as text."""

    index: int
    log: str
    entry: str
    company: str | None
    number: int
    hash: bytes
    sealed_at: str

    def finding(self, what: str, sentence: str, at: str = "", is_warning: bool = False) -> Finding:
        return Finding(
            what,
            sentence,
            log=self.log,
            entry=uuid_text(self.entry),
            index=self.index,
            number=self.number,
            company=uuid_text(self.company),
            at=at or f"sealed {self.sealed_at}",
            is_warning=is_warning,
        )


def uuid_text(stored: Any) -> str:
    """A UUID as people write it, however the database hands it out; "" for none, and as it stands what is no UUID."""
    try:
        return str(UUID(str(stored))) if stored else ""
    except ValueError:
        return str(stored)
