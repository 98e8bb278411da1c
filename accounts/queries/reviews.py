"""Whether it was looked through in time who has access, by whom, and what there is still to look at."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import QuerySet

from accounts.models import AccessReview, Company, Membership, ReviewedMember
from accounts.permissions import Permission
from accounts.queries.memberships import team
from accounts.queries.restrictions import named

EVERY = timedelta(days=183)
HEAD = ("Member", "E-mail address", "Role", "Customers", "Confirmed by", "Confirmed at (UTC)")


@dataclass(frozen=True, slots=True)
class Row:
    """A member under review, what was confirmed of them if it holds, and whether the one who looks may confirm it."""

    member: Membership
    confirmation: ReviewedMember | None
    may_confirm: bool
    has_changed: bool

    @property
    def is_offered(self) -> bool:
        """Whether there is something to tick."""
        return self.may_confirm and self.confirmation is None

    @property
    def tick(self) -> str:
        """What the form sends back of a member who is ticked: who it is, and what was seen of them."""
        return f"{self.member.pk} {mark_of(self.member)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a company stands with its reviews: when the next is due, and the one under way."""

    due_at: datetime
    is_due: bool
    under_way: AccessReview | None


def standing_of(company: Company, at: datetime) -> Standing:
    """Due half a year after the last finished review, or after the company began."""
    due = due_at(company)
    return Standing(due, due <= at, open_review(company))


def due_at(company: Company) -> datetime:
    """When the next review is due."""
    last = finished_reviews(company).values_list("finished_at", flat=True).first()
    return (last or company.created_at) + EVERY


def open_review(company: Company) -> AccessReview | None:
    """The review under way."""
    return AccessReview.objects.filter(company=company, finished_at__isnull=True).first()


def finished_reviews(company: Company) -> QuerySet[AccessReview]:
    """The reviews that came to an end, the last first."""
    finished = AccessReview.objects.filter(company=company, finished_at__isnull=False)
    return finished.order_by("-finished_at", "-pk")


def rows_of(company: Company, judge: Membership) -> list[Row]:
    """Every member there is now, as the review under way has it. Who joined meanwhile is among them."""
    review, members = open_review(company), named(company, team(company))
    confirmations = {one.membership_id: one for one in confirmed_in(review)} if review else {}
    own_too = judge.pk in sole_judges(members)
    return [
        Row(
            member,
            confirmation if confirmation and still_holds(confirmation, member) else None,
            may_confirm=own_too or member.pk != judge.pk,
            has_changed=confirmation is not None and not still_holds(confirmation, member),
        )
        for member, confirmation in ((member, confirmations.get(member.pk)) for member in members)
    ]


def still_holds(confirmation: ReviewedMember, member: Membership) -> bool:
    """Whether a member has the role and sees the customers that were confirmed of them. Takes one that is `named`."""
    return (confirmation.role_name, confirmation.restriction) == (member.role_name, member.restriction_words)


def mark_of(member: Membership) -> str:
    """A short mark of what a member may do and see at this moment: another mark, another access."""
    rights = member.rights
    limits = {permission.value: dict(most) for permission, most in rights.limits.items()}
    may = [member.role_key, member.role_name, sorted(permission.value for permission in rights.permissions), limits]
    sees = [member.restriction, member.field_values, member.customer_ids]
    return sha256(json.dumps([may, sees], sort_keys=True).encode()).hexdigest()[:32]


def sole_judges(members: list[Membership]) -> set[object]:
    """The one member who may review access, if there is no other: they alone confirm themselves."""
    judges = [one.pk for one in members if may_review(one)]
    return set(judges) if len(judges) == 1 else set()


def may_review(member: Membership) -> bool:
    """Whether a member could confirm others today."""
    is_here = member.is_live and member.user.is_active and not member.user.is_locked
    return is_here and not member.is_restricted and Permission.TEAM_EDIT in member.rights.permissions


def confirmed_in(review: AccessReview) -> QuerySet[ReviewedMember]:
    """What was confirmed in a review, in the order of the members' names."""
    confirmations = ReviewedMember.objects.filter(review=review).select_related("membership__user", "confirmed_by")
    return confirmations.order_by("membership__user__name", "membership__user__email")


def unconfirmed(review: AccessReview) -> list[Membership]:
    """The members there are now who were not confirmed in it as what they are now."""
    members = named(review.company, team(review.company))
    holding = {one.membership_id: one for one in confirmed_in(review)}
    return [member for member in members if member.pk not in holding or not still_holds(holding[member.pk], member)]


def table_of(review: AccessReview) -> list[list[str]]:
    """A review as rows of a table, under `HEAD`."""
    return [
        [
            one.membership.user.name,
            one.membership.user.email,
            one.role_name,
            one.restriction,
            str(one.confirmed_by),
            f"{one.confirmed_at:%Y-%m-%d %H:%M}",
        ]
        for one in confirmed_in(review)
    ]


def companies_to_remind(at: datetime) -> list[Company]:
    """Those whose review is due and whose administrators were not told since it is."""
    started = Company.objects.filter(created_at__lte=at - EVERY).order_by("pk")
    return [company for company in started if is_to_remind(company, at)]


def is_to_remind(company: Company, at: datetime) -> bool:
    due, reminded = due_at(company), company.review_reminded_at
    return due <= at and (reminded is None or reminded < due)
