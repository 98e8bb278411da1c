"""What people send with each form about who may do and see what, and the entries that leaves."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from accounts.models import (
    AccessReview,
    Approval,
    Company,
    Invitation,
    Membership,
    OwnershipTransfer,
    ReviewedMember,
)
from accounts.permissions import Permission
from accounts.queries.restrictions import words_of
from accounts.queries.reviews import mark_of
from tests import make
from tests.access import bodies
from tests.access.account_changes import ADDRESS, NEW, NOBODY
from tests.access.changes import ADA, Change, Scene, of, says

GUEST, RIVA = "member Guest", "member Riva"
FIELD = {"name": "Harbour basin", "kind": "choice", "choices": "North\nSouth", "position": 3, "in_list": "on"}
ROLE = {"name": "Pilot", "description": "Brings them in", "permissions": [Permission.CUSTOMER_VIEW]}
KEY = {"name": "Nightly", "permissions": [Permission.CUSTOMER_VIEW], "sees": "mine", "lasts": "30"}
SAVED = {"mode": "owner", "save": "1"}
# The company was offered to the member of all this, who is no administrator any more and cannot accept.
OFFER_ENDED = f"ownership.withdrawn {ADA}"


def ada(scene: Scene) -> Membership:
    return Membership.objects.get(company=scene.company, user__email=ADDRESS)


def waiting_for_second(*kinds: str) -> Callable[[Scene], None]:
    """The company lets these kinds of acts wait for a second person."""

    def given(scene: Scene) -> None:
        Company.objects.filter(pk=scene.company.pk).update(approvals={kind: {} for kind in kinds})

    return given


def suspended(scene: Scene) -> None:
    Membership.objects.filter(pk=scene.owned.member.pk).update(suspended_at=timezone.now())


def without_records(scene: Scene) -> None:
    """A member who has left nothing to be done."""
    scene.owned.member = make.member("employee", company=scene.company)


def passed_to_another(scene: Scene) -> dict[str, Any]:
    return {"heir": scene.other.person.pk}


def adas_company(scene: Scene) -> None:
    """Ada owns the company, which is offered to nobody."""
    OwnershipTransfer.objects.filter(company=scene.company).delete()
    Membership.objects.filter(company=scene.company, is_owner=True).update(is_owner=False)
    Membership.objects.filter(pk=ada(scene).pk).update(is_owner=True)


def offered_by_ada(scene: Scene) -> None:
    offered = scene.owned.ownership
    adas_company(scene)
    offered.offered_by = ada(scene)
    offered.save()


def offered_to_ada(scene: Scene) -> None:
    OwnershipTransfer.objects.filter(pk=scene.owned.ownership.pk).update(offered_to=ada(scene))


def another_administrator(scene: Scene) -> dict[str, Any]:
    others = Membership.objects.filter(company=scene.company, role="administrator").exclude(user__email=ADDRESS)
    return {"to": others.live().filter(user__is_active=True).first().pk}


def invited(email: str = "guest@harbour.example", role: str = "read_only") -> Callable[[Scene], None]:
    """Ada, who may do so, asked this person in."""

    def given(scene: Scene) -> None:
        invitation = Invitation.objects.filter(pk=scene.owned.invitation.pk)
        invitation.update(email=email, role=role, invited_by=ada(scene))

    return given


def invited_by_who_may_not(scene: Scene) -> None:
    """Who invited this guest is an account manager by now."""
    Invitation.objects.filter(pk=scene.owned.invitation.pk).update(invited_by=scene.owner)


def ticked(scene: Scene) -> dict[str, Any]:
    return {"members": [as_seen(scene.owned.member), as_seen(scene.other.member)]}


def as_seen(member: Membership) -> str:
    """What the review's form sends of a member who is ticked."""
    return f"{member.pk} {mark_of(Membership.objects.get(pk=member.pk))}"


def all_but_one_confirmed(scene: Scene) -> None:
    """A review is under way, in which one member is left."""
    review = AccessReview.objects.create(company=scene.company, started_at=timezone.now())
    day = {"confirmed_by": scene.owner.user, "confirmed_at": timezone.now()}
    for member in Membership.objects.present().filter(company=scene.company).exclude(pk=scene.owned.member.pk):
        words = {"role_name": member.role_name, "restriction": words_of(member)}
        ReviewedMember.objects.create(review=review, membership=member, **day, **words)


def role_is_held(scene: Scene) -> None:
    """One member has the role, another was offered it."""
    fields = {"role": "", "own_role": scene.owned.role}
    Membership.objects.filter(pk=scene.owned.member.pk).update(**fields)
    Invitation.objects.filter(pk=scene.owned.invitation.pk).update(**fields)


def heir_of_role(scene: Scene) -> dict[str, Any]:
    return {"heir": "read_only", "holders": f"{scene.owned.member.pk} {scene.owned.invitation.pk}"}


def asked_by_who_may(scene: Scene) -> None:
    """Whoever asked may write off, and sees every customer."""
    role = make.role(scene.company, *Permission, name="Everything")
    Membership.objects.filter(pk=scene.owned.member.pk).update(role="", own_role=role, restriction="none")


def asked_by_ada(scene: Scene) -> None:
    Approval.objects.filter(pk=scene.owned.approval.pk).update(requested_by=ada(scene))


def agreed(kind: str, address: str, **sent: Any) -> Callable[[Scene], None]:
    """Ada sent this and was told to wait, and a second person agreed: only she can do it, once."""

    def given(scene: Scene) -> None:
        waiting_for_second(kind)(scene)
        scene.browser.post(address, sent)
        asked, approver = Approval.objects.filter(company=scene.company, kind=kind), another_administrator(scene)["to"]
        asked.update(outcome="approved", decided_by=approver, decided_at=timezone.now())

    return given


def field_archived(scene: Scene) -> None:
    scene.owned.custom_field.archived_at = timezone.now()
    scene.owned.custom_field.save()


def customers_chosen(scene: Scene) -> dict[str, Any]:
    return {"mode": "customers", "customers": scene.owned.customer.number, "save": "1"}


def values_chosen(scene: Scene) -> dict[str, Any]:
    field = scene.owned.custom_field
    return {"mode": "fields", "field_1": field.pk, f"ticked-{field.pk}": [scene.owned.customer.number], "save": "1"}


OF_TEAM = [
    Change("accounts:member_role", "administrator", [f"member.role_changed {ADA}", OFFER_ENDED], says(role="employee")),
    Change("accounts:member_role", "administrator", [], says(role="owner")),
    Change(
        "accounts:member_role",
        "administrator",
        [f"approval.asked {ADA}"],
        says(role="administrator"),
        waiting_for_second("administrator"),
    ),
    Change("accounts:member_suspend", "administrator", [f"member.suspended {ADA}", OFFER_ENDED]),
    Change("accounts:member_reactivate", "administrator", [f"member.reactivated {ADA}"], given=suspended),
    Change("accounts:member_reactivate", "administrator", []),
    Change("accounts:member_revoke", "administrator", [f"member.revoked {ADA}"], given=without_records),
    Change(
        "accounts:member_revoke",
        "administrator",
        [
            f"member.revoked {ADA}",
            f"api_key.revoked {ADA}",
            f"approval.expired {ADA}",
            f"invitation.withdrawn {ADA}",
            f"customer.handed_over {ADA}",
            OFFER_ENDED,
        ],
        passed_to_another,
    ),
    Change(
        "accounts:ownership_offer",
        "administrator",
        [f"ownership.offered {ADA}"],
        another_administrator,
        adas_company,
    ),
    Change("accounts:ownership_accept", "administrator", [f"ownership.passed {ADA}"], given=offered_to_ada),
    Change("accounts:ownership_decline", "administrator", [f"ownership.declined {ADA}"], given=offered_to_ada),
    Change("accounts:ownership_withdraw", "administrator", [f"ownership.withdrawn {ADA}"], given=offered_by_ada),
    Change(
        "accounts:invitation_create",
        "administrator",
        [f"invitation.created {ADA}"] * 2,
        says(emails="one@away.example, two@away.example", role="employee", restriction="none"),
    ),
    Change(
        "accounts:invitation_create",
        "administrator",
        [f"approval.asked {ADA}"],
        says(emails="one@away.example", role="administrator", restriction="none"),
        waiting_for_second("administrator"),
    ),
    Change("accounts:invitation_resend", "administrator", [f"invitation.resent {ADA}"]),
    Change("accounts:invitation_withdraw", "administrator", [f"invitation.withdrawn {ADA}"]),
    Change(
        "accounts:invitation_accept",
        "anonymous",
        [
            f"{event} {GUEST}"
            for event in ("user.created", "user.signed_in", "member.added", "invitation.accepted", "device.added")
        ],
        says(name="Guest", password=NEW),
        invited(),
    ),
    Change(
        "accounts:invitation_accept",
        "rival",
        [f"member.added {RIVA}", f"invitation.accepted {RIVA}"],
        given=invited("riva@rival.example"),
    ),
    Change("accounts:invitation_accept", "rival", [], given=invited()),
    Change(
        "accounts:invitation_accept",
        "anonymous",
        [f"invitation.refused {NOBODY}"],
        says(name="Guest", password=NEW),
        invited_by_who_may_not,
    ),
    Change(
        "accounts:access_review",
        "administrator",
        [f"access_review.started {ADA}", f"member.confirmed {ADA}", f"member.confirmed {ADA}"],
        ticked,
    ),
    Change(
        "accounts:access_review",
        "administrator",
        [f"member.confirmed {ADA}", f"access_review.finished {ADA}"],
        lambda scene: {"members": [as_seen(scene.owned.member)]},
        all_but_one_confirmed,
    ),
    Change("accounts:access_review_export", "administrator", [f"access_review.exported {ADA}"]),
    Change("accounts:role_create", "administrator", [f"role.created {ADA}"], says(**ROLE)),
    Change("accounts:role_copy", "administrator", [f"role.created {ADA}"], says(**ROLE)),
    Change("accounts:role_edit", "administrator", [f"role.changed {ADA}"], says(**ROLE)),
    Change("accounts:role_delete", "administrator", [f"role.deleted {ADA}"], says(holders="")),
    Change(
        "accounts:role_delete",
        "administrator",
        [f"role.deleted {ADA}", f"member.role_changed {ADA}", OFFER_ENDED],
        heir_of_role,
        role_is_held,
    ),
    Change(
        "accounts:approval_approve",
        "administrator",
        [f"approval.approved {ADA}", f"invoice.written_off {ADA}"],
        given=asked_by_who_may,
    ),
    Change("accounts:approval_approve", "administrator", [f"approval.expired {ADA}"]),
    Change("accounts:approval_approve", "administrator", [], given=asked_by_ada),
    Change("accounts:approval_refuse", "administrator", [f"approval.refused {ADA}"], says(reason="too much")),
    Change("accounts:approval_withdraw", "administrator", [f"approval.withdrawn {ADA}"], given=asked_by_ada),
    Change("accounts:approval_withdraw", "administrator", []),
    Change(
        "accounts:approval_rules",
        "administrator",
        [f"approval_rules.changed {ADA}"],
        says(write_off="on", write_off_up_to="500 EUR"),
    ),
    Change("accounts:approval_rules", "administrator", [f"approval.asked {ADA}"], given=waiting_for_second("api_key")),
    Change("accounts:api_key_create", "administrator", [f"api_key.made {ADA}"], says(**KEY)),
    Change(
        "accounts:api_key_create",
        "administrator",
        [f"approval.asked {ADA}"],
        says(**KEY),
        waiting_for_second("api_key"),
    ),
    Change(
        "accounts:api_key_create",
        "administrator",
        [f"approval.used {ADA}", f"api_key.made {ADA}"],
        says(**KEY),
        agreed("api_key", "/settings/api-keys/new/", **KEY),
    ),
    Change("accounts:api_key_revoke", "administrator", [f"api_key.revoked {ADA}"]),
    Change("billing:restriction_member", "administrator", [f"member.restriction_changed {ADA}"], customers_chosen),
    Change("billing:restriction_member", "administrator", [f"member.restriction_changed {ADA}"], values_chosen),
    Change("billing:restriction_member", "administrator", [], says(mode="none", preview="1")),
    Change("billing:restriction_invitation", "administrator", [f"invitation.restricted {ADA}"], says(**SAVED)),
    Change("billing:restriction_key", "administrator", [f"api_key.restricted {ADA}"], says(**SAVED)),
    Change("billing:custom_field_create", "administrator", [f"custom_field.created {ADA}"], says(**FIELD)),
    Change(
        "billing:custom_field_edit", "administrator", [f"custom_field.changed {ADA}"], says(**FIELD | {"kind": "text"})
    ),
    Change("billing:custom_field_archive", "administrator", [f"custom_field.archived {ADA}"]),
    Change("billing:custom_field_restore", "administrator", [f"custom_field.restored {ADA}"], given=field_archived),
    Change("billing:customer_export", "administrator", [f"customer.exported {ADA}"]),
    Change(
        "billing:customer_export",
        "administrator",
        [f"approval.asked {ADA}"],
        given=waiting_for_second("customer_export"),
    ),
    Change(
        "billing:customer_export",
        "administrator",
        [f"approval.used {ADA}", f"customer.exported {ADA}"],
        given=agreed("customer_export", "/customers/export/"),
    ),
    Change(
        "billing:customer_export",
        "administrator",
        [f"approval.asked {ADA}"],
        given=waiting_for_second("customer_export"),
        query=lambda scene: "?q=Acme",
    ),
    Change(
        "billing:invoice_write_off",
        "administrator",
        [f"approval.asked {ADA}"],
        says(reason="insolvent"),
        waiting_for_second("write_off"),
    ),
    Change(
        "billing:company_settings",
        "administrator",
        [f"approval.asked {ADA}", f"seller.changed {ADA}"],
        of(bodies.company),
        waiting_for_second("bank_details"),
    ),
]
