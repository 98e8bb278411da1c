"""Accepting an invitation, once, by whoever has its address: with the account they have or with a new one.

Everything that decides holds the company first, as everything about its invitations does.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts import events, locks
from accounts.actions import endings, granting, invitations, mailed_links, members, notices, tries, users
from accounts.actions.passwords import NEW_PASSWORDS_FROM_ONE_SOURCE
from accounts.errors import AccountsError, InvitationRefused, LinkNotLive
from accounts.models import Invitation, MailedLink, Membership, User
from accounts.models.user import normalise_email
from accounts.permissions import Permission
from accounts.queries.invitations import invitation_of
from accounts.queries.sign_in import NOBODY
from audit import log
from audit.actors import Actor
from security.address import source

NOT_YOURS = "This invitation is for another address than the one you are signed in with."
CLOSED = "Your account is locked or closed, so it joins no company."
ASK_AGAIN = "Whoever sent this invitation may not offer this role any more, so it is withdrawn. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who has just joined a company."""

    user: User
    membership: Membership


def accept(*, link: MailedLink, user: User, by: Actor, at: datetime) -> Membership:
    """Join with the account one is signed in to. Its address must be the one that was invited."""
    return _unless_withdrawn(_accept(link=link, user=user, by=by, at=at)).membership


def accept_as_new(*, link: MailedLink, name: str, password: str, by: Actor, at: datetime) -> Joined:
    """Make the account of somebody who has none, and join. The link proves the address; `by` is a visitor."""
    tries.take([NEW_PASSWORDS_FROM_ONE_SOURCE.of(source(by.ip))], user=NOBODY, by=by, at=at)
    invitation = get_open(link, at)
    about = [invitation.company.name]
    user = users.prepare(email=invitation.email, name=name, password=password, at=at, about=about)
    return _unless_withdrawn(_accept(link=link, user=user, by=by, at=at, is_new=True))


def get_open(link: MailedLink, at: datetime) -> Invitation:
    """The invitation of a live link, if it can still be accepted."""
    invitation = invitation_of(link)
    if invitation is None or not invitation.is_open(at):
        raise LinkNotLive(mailed_links.REFUSAL)
    return invitation


@transaction.atomic
def _accept(*, link: MailedLink, user: User, by: Actor, at: datetime, is_new: bool = False) -> Joined | None:
    """None if whoever invited could not do so today: then the invitation is withdrawn, which stays so."""
    locks.company(get_open(link, at).company_id)
    if not is_new:
        user = locks.user(user.pk)
    invitation = get_open(link, at)
    inviter = locks.membership(invitation.invited_by_id)
    invitation = locks.invitation(invitation.pk)
    _refuse_others(invitation, user)
    if refusal := _no_longer_offered(inviter, invitation):
        endings.end_invitation(invitation, at)
        log.record(events.INVITATION_REFUSED, target=invitation, by=by, at=at, outcome="refused", reason=refusal)
        return None
    mailed_links.use(link, at)
    if is_new:
        by = replace(by, type="member", id=str(user.pk), label=str(user))
        users.add(user=user, by=by, at=at, company_id=invitation.company_id)
        signed_in = {"company_id": invitation.company_id, "method": "a new account"}
        log.record(events.USER_SIGNED_IN, target=user, by=by, at=at, **signed_in)
    membership = members.add(
        company=invitation.company,
        user=user,
        role=invitation.own_role or invitation.role,
        restriction=invitation.restriction,
        field_values=invitation.field_values,
        customer_ids=invitation.customer_ids,
        by=by,
        at=at,
    )
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    log.record(events.INVITATION_ACCEPTED, target=invitation, by=by, at=at, role=invitation.role_name)
    told = {"email": invitation.email, "role": invitation.role_name}
    notices.tell_member("invitation_accepted", membership=inviter, by=by, at=at, facts=told)
    return Joined(user, membership)


def _refuse_others(invitation: Invitation, user: User) -> None:
    if normalise_email(user.email) != invitation.email:
        raise InvitationRefused(NOT_YOURS)
    if not user.is_active or user.is_locked:
        raise InvitationRefused(CLOSED)


def _no_longer_offered(inviter: Membership, invitation: Invitation) -> str:
    """Why whoever invited could not do so today; empty if they could."""
    if not inviter.user.is_active or inviter.user.is_locked:
        return f"The account of {inviter} is locked or closed."
    try:
        invitations.refuse_to_offer(invitation, granting.granter(inviter, Permission.TEAM_EDIT))
    except AccountsError:
        return f"{inviter} may not offer the role {invitation.role_name} any more."
    return ""


def _unless_withdrawn(joined: Joined | None) -> Joined:
    if joined is None:
        raise InvitationRefused(ASK_AGAIN)
    return joined
