"""What nobody needs any more."""

from datetime import datetime

from accounts.models import EmailChange, Letter, MailedLink


def forget_before(day: datetime) -> None:
    """Drop the letters queued, and the links and changes of address that ran out, before then."""
    Letter.objects.filter(queued_at__lt=day).exclude(status=Letter.Status.QUEUED).delete()
    MailedLink.objects.filter(expires_at__lt=day).delete()
    EmailChange.objects.filter(expires_at__lt=day).delete()
