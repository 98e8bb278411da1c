"""What nobody needs any more."""

from datetime import datetime

from accounts.actions import known_devices
from accounts.models import EmailChange, KnownDevice, Letter, MailedLink


def forget_before(day: datetime) -> None:
    """Drop the letters queued before then, and the links, changes of address and known browsers that ran out."""
    Letter.objects.filter(queued_at__lt=day).exclude(status=Letter.Status.QUEUED).delete()
    MailedLink.objects.filter(expires_at__lt=day).delete()
    EmailChange.objects.filter(expires_at__lt=day).delete()
    KnownDevice.objects.filter(last_seen_at__lt=day - known_devices.LASTS).delete()
