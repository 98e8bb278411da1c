"""Who was asked into a company and has not come yet."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.models import Company, Invitation, MailedLink, Membership, User


def waiting_invitations(company: Company) -> QuerySet[Invitation]:
    """Those that were neither accepted nor withdrawn, the expired ones too: they can be sent again."""
    waiting = Invitation.objects.filter(company=company, accepted_at__isnull=True, withdrawn_at__isnull=True)
    return waiting.select_related("own_role", "invited_by__user").order_by("email")


def listed_invitations(company: Company, at: datetime) -> QuerySet[Invitation]:
    """The same as pages show them, each with `has_expired`."""
    expired = ExpressionWrapper(Q(expires_at__lte=at), output_field=BooleanField())
    return waiting_invitations(company).annotate(has_expired=expired)


def invitation_of(link: MailedLink) -> Invitation | None:
    """The invitation a mailed link leads to."""
    if link.subject_id is None:
        return None
    found = Invitation.objects.select_related("company", "own_role", "invited_by__user")
    return found.filter(pk=link.subject_id).first()


def has_account(email: str) -> bool:
    """Whether whoever has this address signs in with it, or once did."""
    return User.objects.filter(email=email).exists()


def not_to_be_invited(company: Company, emails: Collection[str]) -> dict[str, str]:
    """Of these addresses those that need no invitation, each with the reason.

    It tells of this company alone: whether an address has an account elsewhere makes no difference.
    """
    members = Membership.objects.present().filter(company=company, user__email__in=emails).select_related("user")
    invited = waiting_invitations(company).filter(email__in=emails)
    return {one.user.email: _of_member(one) for one in members} | {
        one.email: f"{one.email} is already invited. Send that invitation again, or withdraw it." for one in invited
    }


def _of_member(membership: Membership) -> str:
    if membership.suspended_at:
        return f"{membership.user.email} is a member who is suspended. Reactivate them on the team page instead."
    return f"{membership.user.email} is already a member."
