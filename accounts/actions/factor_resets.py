"""A fresh start for whoever lost every factor: agreed to by an administrator, announced, carried out a day later.

Everything that decides about a request holds its person, so that no two wait for each other.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts import events, letters, locks
from accounts.actions import granting, lost_factors, mailed_links, notices, second_factors
from accounts.errors import FactorResetRefused, LinkNotLive
from accounts.models import FactorReset, MailedLink, Membership, Passkey, RecoveryCode, TotpDevice, User
from accounts.permissions import Permission
from accounts.queries.factor_resets import administrators_around, is_administrator, is_live_member
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor
from audit.registry import EventType

DELAY = timedelta(hours=24)
UNTIL_THE_WORKER_COMES = timedelta(hours=1)
DECIDED_WITHIN = timedelta(days=7)
DECIDED = "This request was decided or withdrawn in the meantime."
NO_ADMINISTRATOR = "You do not administer the company that was asked any more. Ask somebody who does."
NOT_ONES_OWN = "Nobody decides about their own second factor. Ask another administrator."
NOT_ANOTHER_COMPANY = "Only an administrator of another of their companies stops this. Ask one of yours."
STAYS_CLOSED = "This account is closed, and only an administrator of the company that was asked opens it."
OF_ANOTHER_COMPANY = "an administrator of another of their companies"
Outcome = FactorReset.Outcome


@transaction.atomic
def approve(*, reset: FactorReset, approver: User, by: Actor, at: datetime) -> None:
    """Agree: in a day's time, unless somebody stops it, the person starts afresh. All concerned are told now."""
    if approver == reset.user:
        raise FactorResetRefused(NOT_ONES_OWN)
    locks.user(reset.user_id)
    if not is_administrator(approver.pk, reset.company_id):
        raise FactorResetRefused(NO_ADMINISTRATOR)
    due = at + DELAY
    undecided = FactorReset.objects.filter(pk=reset.pk, ended_at__isnull=True, approved_at__isnull=True)
    if not undecided.update(approved_by=approver, approved_at=at, due_at=due):
        raise FactorResetRefused(DECIDED)
    _record(events.FACTOR_RESET_APPROVED, reset.user, reset.company_id, by, at)
    link = mailed_links.create(
        MailedLink.Purpose.CANCEL_FACTOR_RESET,
        user=reset.user,
        at=at,
        lasts=DELAY + UNTIL_THE_WORKER_COMES,
        subject_id=reset.pk,
    )
    told = {"approver": str(approver), "due": due.isoformat()}
    letters.queue(
        "factor_reset_approved",
        user=reset.user,
        to=reset.user.email,
        at=at,
        facts=told,
        link=link,
        company=reset.company,
    )
    told |= {"person": str(reset.user), "page": reverse("accounts:team")}
    for other in administrators_around(reset.user, reset.company_id):
        is_of_company = other.company_id == reset.company_id
        facts = told | {"approver": str(approver) if is_of_company else OF_ANOTHER_COMPANY}
        letters.queue(
            "factor_reset_announced", user=other.user, to=other.user.email, at=at, facts=facts, company=other.company
        )


@transaction.atomic
def refuse(*, reset: FactorReset, refuser: Membership, by: Actor, at: datetime) -> None:
    """Leave the person's factors as they are, also after somebody agreed.

    An administrator of the company that was asked declares them to be the person's, which opens a closed account.
    Others who decide about the person there, and administrators of the person's other companies, do not: what they
    stop is asked anew.
    """
    if refuser.user_id == reset.user_id:
        raise FactorResetRefused(NOT_ONES_OWN)
    locks.company(refuser.company_id)
    user = locks.user(reset.user_id)
    _refuse_to_decide(refuser, user, reset)
    opens = may_open(refuser, reset)
    if user.needs_fresh_start and not opens and not _is_agreed_to(reset):
        raise FactorResetRefused(STAYS_CLOSED)
    _end(reset, Outcome.REFUSED, at)
    if opens:
        _open_with_its_factors(user)
    _record(events.FACTOR_RESET_REFUSED, reset.user, reset.company_id, by, at)
    told = {"refuser": str(refuser)}
    letters.queue(
        "factor_reset_refused", user=reset.user, to=reset.user.email, at=at, facts=told, company=reset.company
    )
    if user.needs_fresh_start and not opens:
        lost_factors.put_to_administrators("factor_reset_needed", user=user, by=by, at=at)


@transaction.atomic
def cancel(*, link: MailedLink, by: Actor, at: datetime) -> None:
    """Stop it with the link of the letter that announced it. Once it is over, the link is as good as used."""
    reset = FactorReset.objects.select_related("user").get(pk=str(link.subject_id))
    locks.user(reset.user_id)
    mailed_links.use(link, at)
    try:
        _end(reset, Outcome.CANCELLED, at)
    except FactorResetRefused:
        raise LinkNotLive(DECIDED) from None
    _open_with_its_factors(reset.user)
    _record(events.FACTOR_RESET_CANCELLED, reset.user, reset.company_id, by, at)


@transaction.atomic
def end_by_signing_in(*, user: User, by: Actor, at: datetime) -> None:
    """Whoever signs in with a factor has not lost it."""
    withdraw(user=user, by=by, at=at)


@transaction.atomic
def withdraw(*, user: User, by: Actor, at: datetime) -> None:
    """End what was asked for a person and is not over. Costs one statement where nothing was."""
    open_ones = FactorReset.objects.filter(user=user, ended_at__isnull=True)
    if open_ones.update(ended_at=at, outcome=Outcome.CANCELLED):
        mailed_links.withdraw(user, MailedLink.Purpose.CANCEL_FACTOR_RESET, at=at)
        _record(events.FACTOR_RESET_CANCELLED, user, home_company_id(user), by, at)


@transaction.atomic
def carry_out(*, reset: FactorReset, by: Actor, at: datetime) -> None:
    """Start afresh when the day is over, if all that it was agreed upon holds still. Who needs it is asked for anew."""
    user = locks.user(reset.user_id)
    if not _may_start_afresh(user, reset):
        _end(reset, Outcome.CANCELLED, at)
        _record(events.FACTOR_RESET_CANCELLED, user, reset.company_id, by, at)
        if user.needs_fresh_start:
            lost_factors.put_to_administrators("factor_reset_needed", user=user, by=by, at=at)
        return
    _end(reset, Outcome.DONE, at, due_at__lte=at)
    _start_afresh(user, reset.company_id, by, at)


@transaction.atomic
def let_lapse(*, reset: FactorReset, by: Actor, at: datetime) -> None:
    """Drop what nobody decided about for a week: who still needs it asks again."""
    locks.user(reset.user_id)
    _end(reset, Outcome.CANCELLED, at, approved_at__isnull=True)
    _record(events.FACTOR_RESET_CANCELLED, reset.user, reset.company_id, by, at)


@transaction.atomic
def carry_out_now(*, user: User, by: Actor, at: datetime) -> None:
    """Start afresh at once, for an only administrator: whoever runs the server vouches for the person."""
    user = locks.user(user.pk)
    FactorReset.objects.filter(user=user, ended_at__isnull=True).update(ended_at=at, outcome=Outcome.DONE)
    _start_afresh(user, home_company_id(user), by, at)


def may_open(refuser: Membership, reset: FactorReset) -> bool:
    """Whether this member's refusal says that the factors are the person's."""
    return refuser.company_id == reset.company_id and is_administrator(refuser.user_id, reset.company_id)


def _refuse_to_decide(refuser: Membership, user: User, reset: FactorReset) -> None:
    """Only who may decide about the person as a member; from another company only its administrators."""
    own = granting.granter(refuser, Permission.TEAM_EDIT)
    member = Membership.objects.live().filter(user=user, company=refuser.company_id).first()
    if member is None:
        raise FactorResetRefused(DECIDED)
    granting.refuse_to_judge(own, refuser, member)
    if refuser.company_id != reset.company_id and not is_administrator(refuser.user_id, refuser.company_id):
        raise FactorResetRefused(NOT_ANOTHER_COMPANY)


def _is_agreed_to(reset: FactorReset) -> bool:
    return FactorReset.objects.filter(pk=reset.pk, ended_at__isnull=True, approved_at__isnull=False).exists()


def _may_start_afresh(user: User, reset: FactorReset) -> bool:
    """Not who left the company that agreed, nor on the word of somebody who does not administer it any more.

    Nor whose account is locked, unless a fresh start is what it needs.
    """
    return (
        (user.needs_fresh_start or not user.is_locked)
        and is_live_member(user, reset.company_id)
        and is_administrator(reset.approved_by_id, reset.company_id)
    )


def _start_afresh(user: User, company_id: UUID | None, by: Actor, at: datetime) -> None:
    """The password alone signs in again, and where a company demands a factor it is asked for at once."""
    for kind in (TotpDevice, Passkey, RecoveryCode):
        kind.objects.filter(user=user).delete()
    user.needs_fresh_start = False
    user.save(update_fields=["needs_fresh_start"])
    second_factors.end_sessions(user=user, keep=None, by=by, at=at)
    mailed_links.withdraw(user, MailedLink.Purpose.CANCEL_FACTOR_RESET, at=at)
    _record(events.FACTOR_RESET_DONE, user, company_id, by, at)
    notices.tell("factor_reset_done", user=user, by=by, at=at)


def _open_with_its_factors(user: User) -> None:
    """The factors were declared to be the person's, so the account needs no fresh start."""
    User.objects.filter(pk=user.pk).update(needs_fresh_start=False)


def _end(reset: FactorReset, outcome: Outcome, at: datetime, **only_if: Any) -> None:
    """One statement decides who ends it: of two at once, the second is refused."""
    open_one = FactorReset.objects.filter(pk=reset.pk, ended_at__isnull=True, **only_if)
    if not open_one.update(ended_at=at, outcome=outcome):
        raise FactorResetRefused(DECIDED)
    mailed_links.withdraw(reset.user, MailedLink.Purpose.CANCEL_FACTOR_RESET, at=at)


def _record(event: EventType, user: User, company_id: UUID | None, by: Actor, at: datetime) -> None:
    log.record(event, target=user, by=by, at=at, company_id=company_id)
