"""What must not make a password: what is known of the person, and the passwords they had."""

from accounts.models import FormerPassword, Membership, User

REMEMBERED = 4


def known_of(user: User) -> list[str]:
    """What somebody who knows the person would try: their name, their address, the companies they work in."""
    companies = Membership.objects.live().filter(user=user).values_list("company__name", flat=True)
    return [user.email, user.name, *companies]


def last_hashes(user: User) -> list[str]:
    """The last four passwords of a person, the present one first, as hashes."""
    present = [user.password] if user.has_usable_password() else []
    former = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-id")
    return [*present, *former.values_list("password", flat=True)[: REMEMBERED - 1]]
