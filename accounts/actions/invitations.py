"""Asking people into a company. Nobody offers what they do not hold, today or when the offer is taken up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from django.db import transaction

from accounts import events, letters, locks
from accounts.actions import approvals, endings, granting, mailed_links, restricting
from accounts.actions.members import asked_role, role_fields
from accounts.approvals import find, waits
from accounts.errors import GrantRefused, InvitationRefused, TooManyTries
from accounts.models import Company, Invitation, MailedLink, Membership, Role
from accounts.models.invitation import MOST_AT_ONCE
from accounts.models.user import normalise_email
from accounts.permissions import Permission
from accounts.queries.invitations import not_to_be_invited
from accounts.queries.restrictions import words_of
from accounts.roles import SEES_OWN_CUSTOMERS_ONLY, Rights, administers
from audit import log
from audit.actors import Actor
from security import ratelimit
from security.ratelimit import Limit

LASTS = timedelta(days=7)
LETTERS_OF_ONE_COMPANY = Limit("invitations_of_one_company", tries=200, period=timedelta(days=1))
LETTERS_TO_ONE_ADDRESS = Limit("invitations_to_one_address", tries=5, period=timedelta(days=1))
TOO_MANY = {
    LETTERS_OF_ONE_COMPANY: "A company sends {most} invitations a day at most. Try again tomorrow.",
    LETTERS_TO_ONE_ADDRESS: "{address} was sent {most} invitations today. Send the next one tomorrow.",
}
OVER = "This invitation was accepted or withdrawn in the meantime."
ASK_ANEW = (
    "An invitation to a role that decides about others or agrees to what they ask needs a second person. "
    "Withdraw this one and invite anew."
)
SEES_ALL = "Nothing is hidden from an administrator: choose all customers, or another role."
ACCEPT = MailedLink.Purpose.ACCEPT_INVITATION
Restriction = Invitation.Restriction


@transaction.atomic
def invite_many(
    *,
    company: Company,
    emails: Sequence[str],
    role: str | Role,
    restriction: str = Restriction.NONE,
    granter: Membership,
    by: Actor,
    at: datetime,
    is_agreed: bool = False,
) -> list[Invitation]:
    """Offer a role to each of these addresses, or to none if one of them is refused. Each gets a letter.

    Restricted to a list of customers they see none until some are chosen. Account managers see their own customers
    only, unless they are restricted in another way. Where the company wants it, nobody offers a role that
    decides about others, or agrees to what they ask, unless a second person agreed.
    """
    addresses = list(dict.fromkeys(normalise_email(email) for email in emails))
    if not addresses:
        raise InvitationRefused("Enter the address of whoever you invite.")
    if len(addresses) > MOST_AT_ONCE:
        raise InvitationRefused(f"At most {MOST_AT_ONCE} addresses are invited at once; these are {len(addresses)}.")
    if granter.company_id != company.pk or (isinstance(role, Role) and role.company_id != company.pk):
        raise GrantRefused("This role, or whoever gives it, is of another company.")
    if role in SEES_OWN_CUSTOMERS_ONLY and restriction == Restriction.NONE:
        restriction = Restriction.OWNER
    own = granting.granter(granter, Permission.TEAM_EDIT)
    role = granting.current(role)
    if refused := not_to_be_invited(company, addresses):
        raise InvitationRefused(*(refused[address] for address in addresses if address in refused))
    made = [
        Invitation(
            company=company,
            email=address,
            **role_fields(role),
            restriction=restriction,
            invited_by=granter,
            invited_at=at,
            sent_at=at,
            expires_at=at + LASTS,
        )
        for address in addresses
    ]
    offered = made[0]
    refuse_to_offer(offered, own)
    if administers(offered.rights) and not is_agreed:
        approvals.refuse_alone("administrator", locks.company(company.pk), **_asked_together(made))
    for invitation in made:
        invitation.save(force_insert=True)
        log.record(events.INVITATION_CREATED, target=invitation, by=by, at=at, role=invitation.role_name)
        _send(invitation, by, at)
    return made


@transaction.atomic
def resend(*, invitation: Invitation, granter: Membership, by: Actor, at: datetime) -> Invitation:
    """Send it anew, in the name of whoever does and within their rights. The link of the former letter dies."""
    own = granting.granter(granter, Permission.TEAM_EDIT)
    invitation = _waiting(invitation)
    refuse_to_offer(invitation, own)
    if administers(invitation.rights) and waits(granter.company, find("administrator")):
        raise InvitationRefused(ASK_ANEW)
    before = invitation.expires_at
    invitation.invited_by, invitation.sent_at, invitation.expires_at = granter, at, at + LASTS
    invitation.save(update_fields=["invited_by", "sent_at", "expires_at"])
    changes = {"expires_at": [before, invitation.expires_at]}
    log.record(events.INVITATION_RESENT, target=invitation, by=by, at=at, changes=changes)
    mailed_links.withdraw_of(invitation.pk, ACCEPT, at=at)
    _send(invitation, by, at)
    return invitation


@transaction.atomic
def withdraw(*, invitation: Invitation, granter: Membership, by: Actor, at: datetime) -> Invitation:
    """Take an invitation back. Its link does nothing any more. Whoever may invite may do this, whatever it offers."""
    granting.granter(granter, Permission.TEAM_EDIT)
    invitation = _waiting(invitation)
    endings.end_invitation(invitation, at)
    log.record(events.INVITATION_WITHDRAWN, target=invitation, by=by, at=at)
    return invitation


@transaction.atomic
def restrict(
    *,
    invitation: Invitation,
    restriction: str,
    field_values: Mapping[str, Collection[str]] | None = None,
    customer_ids: Collection[str] | None = None,
    granter: Membership | None,
    by: Actor,
    at: datetime,
) -> Invitation:
    """Choose the customers whoever accepts it will see, as long as nobody has."""
    own = granting.granter(granter, Permission.TEAM_EDIT)
    invitation = _waiting(invitation)
    changes = restricting.put(invitation, restriction, field_values, customer_ids)
    if not changes:
        return invitation
    refuse_to_offer(invitation, own)
    invitation.save(update_fields=restricting.COLUMNS)
    sight = words_of(invitation)
    log.record(events.INVITATION_RESTRICTED, target=invitation, by=by, at=at, changes=changes, sight=sight)
    return invitation


def refuse_to_offer(invitation: Invitation, own: Rights | None) -> None:
    """What may be offered by somebody with these rights: asked at inviting, sending again and accepting."""
    if invitation.is_administrator and invitation.is_restricted:
        raise InvitationRefused(SEES_ALL)
    granting.refuse_beyond(own, invitation.rights)


def _asked_together(made: Sequence[Invitation]) -> dict[str, Any]:
    """What a second person is asked: the same addresses are the same request, whenever they are typed."""
    emails = sorted(invitation.email for invitation in made)
    told = {"Invited": ["", ", ".join(emails)], "Role": ["", made[0].role_name]}
    together = Invitation(
        pk=uuid5(made[0].company_id, ",".join(emails)), company=made[0].company, email=", ".join(emails)
    )
    asked = {"emails": emails, "restriction": made[0].restriction, "changes": told}
    return {"target": together, "payload": asked | asked_role(made[0])}


def _waiting(invitation: Invitation) -> Invitation:
    """The invitation under its lock; one that expired can still be sent again."""
    held = locks.invitation(invitation.pk)
    if held.accepted_at or held.withdrawn_at:
        raise InvitationRefused(OVER)
    return held


def _send(invitation: Invitation, by: Actor, at: datetime) -> None:
    company, address = invitation.company, invitation.email
    counts = [LETTERS_OF_ONE_COMPANY.of(str(company.pk)), LETTERS_TO_ONE_ADDRESS.of(str(company.pk), address)]
    if spent := ratelimit.take_each(counts, at=at):
        raise TooManyTries(TOO_MANY[spent.limit].format(address=address, most=spent.limit.tries))
    link = mailed_links.create(ACCEPT, user=None, at=at, lasts=LASTS, subject_id=invitation.pk)
    facts = {"by": by.label, "role": invitation.role_name}
    letters.queue("invitation", user=None, to=address, at=at, facts=facts, link=link, company=company)
