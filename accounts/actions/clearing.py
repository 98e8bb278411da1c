"""What nobody needs any more."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.actions import known_devices
from accounts.models import Alert, EmailChange, KnownDevice, Letter, MailedLink
from audit.models import LOGS


def forget_before(day: datetime) -> None:
    """Drop the letters queued before then, and the links, changes of address and known browsers that ran out."""
    Letter.objects.filter(queued_at__lt=day).exclude(status=Letter.Status.QUEUED).delete()
    MailedLink.objects.filter(expires_at__lt=day).delete()
    EmailChange.objects.filter(expires_at__lt=day).delete()
    KnownDevice.objects.filter(last_seen_at__lt=day - known_devices.LASTS).delete()


def forget_erased() -> None:
    """Drop the alerts whose entry was erased: their sentence would go on saying what it said."""
    for name, log in LOGS.items():
        erased = log._base_manager.filter(pk=OuterRef("entry_id"), erased_at__isnull=False)
        Alert._base_manager.filter(Exists(erased), log=name).delete()
