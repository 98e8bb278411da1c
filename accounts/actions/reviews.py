"""Looking through who has access: each member is confirmed by somebody else, in the words of that day."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts import events, letters, locks
from accounts.actions import granting
from accounts.errors import ReviewRefused
from accounts.models import AccessReview, Company, Membership, ReviewedMember
from accounts.permissions import Permission
from accounts.queries.memberships import administrators, team
from accounts.queries.restrictions import words_of
from accounts.queries.reviews import is_to_remind, mark_of, open_review, sole_judges, unconfirmed
from audit import log
from audit.actors import Actor

NOBODY_CHOSEN = "Tick the members you looked at and want to keep as they are."
NOT_ONESELF = "Nobody confirms their own access while somebody else can. Ask another administrator to confirm yours."
CHANGED = "{} may do or see something else by now than what you saw. Look at the list again."
GONE = "Somebody you ticked is no longer a member. Look at the list again."


@transaction.atomic
def confirm(
    *, company: Company, memberships: Collection[Membership], judge: Membership, by: Actor, at: datetime
) -> AccessReview:
    """Keep that these members should stay what they are. The review is finished once all were confirmed.

    The first confirmation begins a review. Without anybody chosen it only finishes one in which nobody is left.
    `memberships` are as the judge saw them: who changed since is looked at again, also after a confirmation.
    """
    granting.granter(judge, Permission.TEAM_EDIT)
    present = {member.pk: member for member in team(company)}
    review = open_review(company)
    if not memberships and (review is None or unconfirmed(review)):
        raise ReviewRefused(NOBODY_CHOSEN)
    if judge.company_id != company.pk or not {one.pk for one in memberships} <= present.keys():
        raise ReviewRefused(GONE)
    for seen in memberships:
        if mark_of(seen) != mark_of(present[seen.pk]):
            raise ReviewRefused(CHANGED.format(seen))
    if judge.pk in {member.pk for member in memberships} - sole_judges(list(present.values())):
        raise ReviewRefused(NOT_ONESELF)
    review = review or _begin(company, by, at)
    chosen = {seen.pk for seen in memberships}
    for member in unconfirmed(review):
        if member.pk in chosen:
            _confirm(review, member, judge, by, at)
    if not unconfirmed(review):
        review.finished_at = at
        review.save(update_fields=["finished_at"])
        log.record(events.ACCESS_REVIEW_FINISHED, target=review, by=by, at=at)
    return review


@transaction.atomic
def record_export(*, review: AccessReview, by: Actor, at: datetime) -> None:
    """Somebody took a review away as a file."""
    log.record(events.ACCESS_REVIEW_EXPORTED, target=review, by=by, at=at)


@transaction.atomic
def remind(*, company: Company, by: Actor, at: datetime) -> bool:
    """Tell the administrators, once, that a review is due; whether they were told now."""
    company = locks.company(company.pk)
    if not is_to_remind(company, at):
        return False
    company.review_reminded_at = at
    company.save(update_fields=["review_reminded_at"])
    log.record(events.ACCESS_REVIEW_ANNOUNCED, target=company, by=by, at=at)
    for one in administrators(company).select_related("user"):
        letters.queue("review_due", user=one.user, to=one.user.email, company=company, at=at)
    return True


def _begin(company: Company, by: Actor, at: datetime) -> AccessReview:
    review = AccessReview.objects.create(company=company, started_at=at)
    log.record(events.ACCESS_REVIEW_STARTED, target=review, by=by, at=at)
    return review


def _confirm(review: AccessReview, member: Membership, judge: Membership, by: Actor, at: datetime) -> None:
    role, sight = member.role_name, words_of(member)
    words = {"role_name": role, "restriction": sight, "confirmed_by": judge.user, "confirmed_at": at}
    ReviewedMember.objects.update_or_create(review=review, membership=member, defaults=words)
    log.record(events.MEMBER_CONFIRMED, target=member, by=by, at=at, role=role, sight=sight)
