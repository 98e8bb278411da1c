"""The one gate for new passwords, whatever they are for: signing up, an invitation, a change or a reset."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from accounts.errors import PasswordNotAllowed
from accounts.models import FormerPassword, User
from accounts.queries.passwords import REMEMBERED, known_of, last_hashes
from security.passwords import strength


def accept(password: str, *, user: User, about: Iterable[str] = ()) -> str:
    """The hash to store for a password that keeps every rule; `about` is what else is known of the person.

    Slow by intent, up to five password hashes: call it outside a transaction.
    """
    reasons = strength(password, [*known_of(user), *about]).reasons
    if reasons:
        raise PasswordNotAllowed(reasons)
    if any(check_password(password, former) for former in last_hashes(user)):
        raise PasswordNotAllowed([f"You have used this password before. Choose one unlike your last {REMEMBERED}."])
    return make_password(password)


def replace(user: User, hashed: str, *, at: datetime) -> None:
    """Store a new password in the caller's transaction, and keep the one it replaces among the last four."""
    if user.has_usable_password():
        FormerPassword.objects.create(user=user, password=user.password, replaced_at=at)
    former = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-id")
    FormerPassword.objects.filter(pk__in=list(former.values_list("pk", flat=True)[REMEMBERED - 1 :])).delete()
    user.password = hashed
    user.save(update_fields=["password"])
