"""The only doors through which views reach what is a person's own, and what members asked of their administrators."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import Access
from accounts.models import (
    AccessReview,
    Alert,
    ApiKey,
    Approval,
    FactorReset,
    Invitation,
    Membership,
    OwnershipTransfer,
    Passkey,
    Role,
    Session,
    TotpDevice,
    User,
)
from accounts.queries import roles
from accounts.queries.alerts import alerts_shown_to
from accounts.queries.approvals import approvals_shown_to
from accounts.queries.factor_resets import open_resets
from accounts.queries.invitations import listed_invitations
from accounts.queries.log_erasing import Person, person
from accounts.queries.memberships import team
from accounts.queries.ownership import open_offers
from accounts.queries.restrictions import named_for
from accounts.queries.reviews import finished_reviews


def factor_resets(access: Access) -> QuerySet[FactorReset]:
    """What members of this company asked for and what is not over."""
    return open_resets(access.company)


def get_factor_reset(access: Access, id: UUID) -> FactorReset:
    """The request, if it is one of a member here and not over; otherwise 404."""
    return get_object_or_404(factor_resets(access), pk=id)


def get_factor_reset_to_approve(access: Access, id: UUID) -> FactorReset:
    """The request, if it was put to this very company; otherwise 404. Refusing is for any company of the person."""
    return get_object_or_404(factor_resets(access).filter(company=access.company), pk=id)


def get_api_key(access: Access, id: UUID) -> ApiKey:
    """The API key, if it is one of this company, whatever became of it; otherwise 404."""
    keys = ApiKey.objects.select_related("company", "membership__user", "membership__own_role")
    [key] = named_for(access, [get_object_or_404(keys, company=access.company, pk=id)])
    return key


def invitations(access: Access, at: datetime) -> QuerySet[Invitation]:
    """Who was asked into this company and has not come yet, each with `has_expired`."""
    return listed_invitations(access.company, at)


def get_invitation(access: Access, id: UUID, at: datetime) -> Invitation:
    """The invitation, if it is one of this company and was neither accepted nor withdrawn; otherwise 404."""
    return get_object_or_404(invitations(access, at), pk=id)


def get_member(access: Access, id: UUID) -> Membership:
    """The member, if they belong to this company, suspended or not; otherwise 404."""
    [member] = named_for(access, [get_object_or_404(team(access.company), pk=id)])
    member.company = access.company
    return member


def get_ownership_offer_to(access: Access, id: UUID, at: datetime) -> OwnershipTransfer:
    """The offer of this company, if it was made to this very member and can be accepted; otherwise 404."""
    return get_object_or_404(open_offers(access.membership, at), pk=id, offered_to=access.membership)


def get_ownership_offer_by(access: Access, id: UUID, at: datetime) -> OwnershipTransfer:
    """The offer of this company, if this very member made it and it can be accepted; otherwise 404."""
    return get_object_or_404(open_offers(access.membership, at), pk=id, offered_by=access.membership)


def get_finished_review(access: Access, id: UUID) -> AccessReview:
    """The access review, if it is a finished one of this company; otherwise 404."""
    return get_object_or_404(finished_reviews(access.company), pk=id)


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


def get_role(access: Access, key: str) -> roles.AnyRole:
    """The built-in role, or the one of this company; otherwise 404."""
    role = roles.get_role(access.company, key)
    if role is None:
        raise Http404
    return role


def get_own_role(access: Access, key: str) -> Role:
    """The role, if this company made it; a built-in one is 404, because nobody changes it."""
    role = get_role(access, key)
    if not isinstance(role, Role):
        raise Http404
    return role


def get_approval(access: Access, id: UUID) -> Approval:
    """The request for a second person, if it is this member's own or one they could do themselves; otherwise 404."""
    return get_object_or_404(approvals_shown_to(access), pk=id)


def get_alert(access: Access, id: UUID) -> Alert:
    """The alert, if this member is shown it; otherwise 404."""
    return get_object_or_404(alerts_shown_to(access), pk=id)


def get_person_in_logs(access: Access, kind: str, id: UUID) -> Person:
    """The person, if they were ever in the team of this company or its logs speak of them as a contact; else 404."""
    found = person(access.company, kind, id)
    if found is None:
        raise Http404
    return found
