"""What a person has set up as second factor."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef

from accounts.models import Passkey, RecoveryCode, TotpDevice, User


class Kinds(NamedTuple):
    """Which kinds of second factor somebody has set up; true if there is any."""

    app: bool
    passkey: bool

    def __bool__(self) -> bool:
        return self.app or self.passkey


def kinds_of(user: User) -> Kinds:
    """Which kinds of second factor a person has set up, in one query."""
    apps = TotpDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    passkeys = Passkey.objects.filter(user=OuterRef("pk"), confirmed=True)
    found = User.objects.filter(pk=user.pk).values_list(Exists(apps), Exists(passkeys)).first()
    return Kinds(*(found or (False, False)))


def has_second_factor(user: User) -> bool:
    """Whether a password alone does not sign this person in."""
    return bool(kinds_of(user))


def factors_of(user: User) -> list[TotpDevice | Passkey]:
    """Everything a person has set up: the apps, then the passkeys."""
    return [*apps_of(user), *passkeys_of(user)]


def passkeys_of(user: User) -> list[Passkey]:
    """The passkeys in use, oldest first."""
    return list(Passkey.objects.filter(user=user, confirmed=True).order_by("created_at", "pk"))


def apps_of(user: User) -> list[TotpDevice]:
    """The authenticator apps in use, oldest first."""
    return list(TotpDevice.objects.filter(user=user, confirmed=True).order_by("created_at", "pk"))


def pending_device(user: User) -> TotpDevice | None:
    """The authenticator app being set up, not yet confirmed with a code."""
    return TotpDevice.objects.filter(user=user, confirmed=False).first()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes can still be used."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()
