"""What a person has set up as second factor."""

from accounts.models import RecoveryCode, TotpDevice, User


def has_second_factor(user: User) -> bool:
    """Whether signing in asks this person for a code."""
    return TotpDevice.objects.filter(user=user, confirmed=True).exists()


def confirmed_device(user: User) -> TotpDevice | None:
    """The authenticator app in use."""
    return TotpDevice.objects.filter(user=user, confirmed=True).first()


def pending_device(user: User) -> TotpDevice | None:
    """The authenticator app being set up, not yet confirmed with a code."""
    return TotpDevice.objects.filter(user=user, confirmed=False).first()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes can still be used."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()
