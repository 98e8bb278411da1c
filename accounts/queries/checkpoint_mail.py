"""Who gets the log's checkpoint by mail today, and which one it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import AlertSettings, Company
from audit import log_keys
from audit.models import Checkpoint
from audit.published import published_note, signer_in_words

NOT_OLDER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MailedCheckpoint:
    """A checkpoint as it is mailed: the signed note with what witnesses added, and what is needed to check it."""

    note: str
    size: int
    signed_at: datetime
    origin: str
    verifier_key: str


def recent_checkpoint(at: datetime) -> Checkpoint | None:
    """The one signed last, if that was within a day: an older one proves nothing about today."""
    return Checkpoint.objects.filter(signed_at__gt=at - NOT_OLDER).order_by("-pk").first()


def companies_to_mail(at: datetime) -> list[Company]:
    """Those that name addresses for it and were not mailed yet on this day of their calendar."""
    rows = AlertSettings.objects.exclude(checkpoint_addresses=[]).select_related("company").order_by("pk")
    return [row.company for row in rows if is_to_mail(row, at)]


def is_to_mail(settings: AlertSettings, at: datetime) -> bool:
    """A clock that is set back mails no day again."""
    mailed, today = settings.checkpoint_mailed_on, settings.company.today(at)
    return bool(settings.checkpoint_addresses) and (mailed is None or mailed < today)


def checkpoint_of(size: int) -> MailedCheckpoint:
    """The latest checkpoint over so many entries, as it is mailed."""
    checkpoint = Checkpoint.objects.filter(size=size).order_by("-pk")[0]
    return MailedCheckpoint(
        note=published_note(checkpoint),
        size=checkpoint.size,
        signed_at=checkpoint.signed_at,
        origin=log_keys.origin(),
        verifier_key=signer_in_words(checkpoint),
    )
