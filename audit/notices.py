"""What is found between two daily checks: it is kept beside them, and is not one of them."""

from datetime import datetime

from audit.models import Check


def keep(what: str, sentence: str, size: int, at: datetime) -> None:
    """Keep it where the page Proof shows it and alerts tell of it; `size` is how many entries the log has."""
    Check.objects.create(
        kind=Check.Kind.NOTICE,
        started_at=at,
        finished_at=at,
        size=size,
        position=size,
        findings=[{"what": what, "sentence": sentence, "index": None, "company": ""}],
        outcome=Check.Outcome.FAILED,
    )
