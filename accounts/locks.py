"""Row locks, always company before user before membership, always inside a transaction."""

from uuid import UUID

from accounts.models import Company, Membership, User


def company(id: UUID) -> Company:
    """The company, held until the transaction ends."""
    return Company.objects.select_for_update().get(pk=id)


def user(id: UUID) -> User:
    """The user, held until the transaction ends. Rows that only refer to the person may still be written."""
    return User.objects.select_for_update(no_key=True).get(pk=id)


def membership(id: UUID) -> Membership:
    """The membership, held until the transaction ends."""
    return Membership.objects.select_for_update(of=("self",)).select_related("user", "company", "own_role").get(pk=id)
