"""Whether whoever a letter is for may still know what it tells when it leaves."""

from uuid import UUID

from django.urls import Resolver404, resolve

from accounts.access import Access
from accounts.models import Letter, Membership
from accounts.queries.approvals import approvals_shown_to
from accounts.scoping import in_company
from audit.actors import Actor


def may_know(letter: Letter) -> bool:
    """What a company wrote to one of its members, as long as they are one and its page would be shown to them."""
    if letter.user is None or letter.company is None:
        return True
    members = Membership.objects.live().select_related("user", "company", "own_role")
    member = members.filter(user=letter.user, company=letter.company).first()
    if member is None:
        return False
    request_id = _request_id(letter.facts.get("page", ""))
    return request_id is None or _is_shown(request_id, member)


def _request_id(page: str) -> UUID | None:
    """The request for a second person whose page it is, if it is that of one."""
    try:
        found = resolve(page)
    except Resolver404:
        return None
    return found.kwargs["id"] if found.view_name == "accounts:approval_detail" else None


def _is_shown(request_id: UUID, member: Membership) -> bool:
    access = Access.of(member, Actor.member(member.user))
    with in_company(member.company):
        return approvals_shown_to(access).filter(pk=request_id).exists()
