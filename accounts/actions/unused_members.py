"""Access that nobody uses is taken back: a warning after 83 days, suspension a week later."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import events, letters, locks
from accounts.actions import judging, members
from accounts.errors import MemberRefused
from accounts.models import Membership
from audit import log
from audit.actors import Actor

WARNED_AFTER = timedelta(days=83)
NOTICE = timedelta(days=7)
SUSPENDED_AFTER = WARNED_AFTER + NOTICE
USED_AGAIN = "{member} was here meanwhile, or left."


@transaction.atomic
def warn(*, membership: Membership, by: Actor, at: datetime) -> Membership:
    """Tell a person once that their access is unused, and when it ends; or that they keep it."""
    member = _held(membership)
    if not member.is_live or member.unused_warned_at or member.used_at > at - WARNED_AFTER:
        raise MemberRefused(USED_AGAIN.format(member=member))
    member.unused_warned_at = at
    member.save(update_fields=["unused_warned_at"])
    log.record(events.MEMBER_UNUSED_WARNED, target=member, by=by, at=at, days=(at - member.used_at).days)
    if _keeps_access(member):
        _tell("unused_kept", member, at)
    else:
        _tell("unused_warning", member, at, due=(at + NOTICE).isoformat())
    return member


@transaction.atomic
def suspend(*, membership: Membership, by: Actor, at: datetime) -> Membership:
    """Suspend who was warned a week ago and has not come. The owner and the last administrator stay."""
    member = _held(membership)
    warned_at = member.unused_warned_at
    if not member.is_live or not warned_at or warned_at > at - NOTICE or member.used_at > at - SUSPENDED_AFTER:
        raise MemberRefused(USED_AGAIN.format(member=member))
    judging.refuse_to_lose(member)
    ended = members.shut_out(member, by, at)
    days = (at - member.used_at).days
    log.record(events.MEMBER_UNUSED_SUSPENDED, target=member, by=by, at=at, days=days, sessions_ended=ended)
    _tell("unused_suspended", member, at)
    return member


def _held(membership: Membership) -> Membership:
    locks.company(membership.company_id)
    return locks.membership(membership.pk)


def _keeps_access(member: Membership) -> bool:
    return member.is_owner or judging.is_last_administrator(member)


def _tell(kind: str, member: Membership, at: datetime, **facts: str) -> None:
    letters.queue(kind, user=member.user, to=member.user.email, company=member.company, at=at, facts=facts)
