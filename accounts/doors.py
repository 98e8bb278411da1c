"""The only doors through which views reach what is a person's own, and what members asked of their administrators."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import Access
from accounts.models import FactorReset, Passkey, Session, TotpDevice, User
from accounts.queries.factor_resets import open_resets


def factor_resets(access: Access) -> QuerySet[FactorReset]:
    """What members of this company asked for and what is not over."""
    return open_resets(access.company)


def get_factor_reset(access: Access, id: UUID) -> FactorReset:
    """The request, if it is one of a member here and not over; otherwise 404."""
    return get_object_or_404(factor_resets(access), pk=id)


def get_factor_reset_to_approve(access: Access, id: UUID) -> FactorReset:
    """The request, if it was put to this very company; otherwise 404. Refusing is for any company of the person."""
    return get_object_or_404(factor_resets(access).filter(company=access.company), pk=id)


def get_app(user: User, id: UUID) -> TotpDevice:
    """The authenticator app in use, if it is this person's; otherwise 404."""
    return get_object_or_404(TotpDevice, user=user, confirmed=True, pk=id)


def get_passkey(user: User, id: int) -> Passkey:
    """The passkey in use, if it is this person's; otherwise 404."""
    return get_object_or_404(Passkey, user=user, confirmed=True, pk=id)


def get_other_session(user: User, current: Session, id: UUID) -> Session:
    """The session, if it is one this person has elsewhere; otherwise 404."""
    others = Session.objects.filter(user=user).exclude(pk=current.pk)
    return get_object_or_404(others.select_related("company"), pk=id)
