"""What people send with each form that changes something, and the entries that leaves: money, customers, the portal."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import books
from tests.access import bodies
from tests.access.world import PNG

Scene = SimpleNamespace


def nothing(scene: Scene) -> dict[str, Any]:
    return {}


class Change(NamedTuple):
    """Who sends what where, and the entries it writes: action, type of actor, name of actor."""

    route: str
    who: str
    entries: list[str]
    sends: Callable[[Scene], dict[str, Any]] = nothing
    given: Callable[[Scene], Any] = lambda scene: None
    query: Callable[[Scene], str] = lambda scene: ""
    afterwards: Callable[[], Any] = lambda: None


def of(body: Callable[..., dict[str, Any]], **changed: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: body(**changed)


def says(**fields: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: fields


def a_draft(**pressed: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: bodies.invoice(scene.owned, **pressed)


def nothing_open(scene: Scene) -> None:
    """A customer who owes nothing, in place of the one who does."""
    scene.owned.customer = books.customer(scene.company, "Delta")


def archived(scene: Scene) -> None:
    nothing_open(scene)
    scene.owned.customer.archived_at = books.AT
    scene.owned.customer.save()


def item_archived(scene: Scene) -> None:
    scene.owned.item.archived_at = books.AT
    scene.owned.item.save()


def without_attempt(scene: Scene) -> None:
    scene.owned.attempt.status = "declined"
    scene.owned.attempt.save()


def not_viewed(scene: Scene) -> None:
    type(scene.owned.invoice).objects.filter(pk=scene.owned.invoice.pk).update(viewed_at=None)


ADA = "member Ada"
ANA = "contact Ana"
OF_BILLING = [
    Change("portal:link", "anonymous", [f"link.opened {ANA}", f"invoice.viewed {ANA}"], given=not_viewed),
    Change(
        "portal:pay",
        "customer",
        [f"attempt.started {ANA}"],
        lambda scene: {"amount": "10", "request_key": uuid4()},
        without_attempt,
    ),
    Change("portal:end", "customer", [f"portal_session.ended {ANA}"]),
    Change("portal:sandbox", "anonymous", [], says(decision="approved")),
    Change("portal:invoice_links", "administrator", [f"link.created {ADA}"]),
    Change("portal:link_revoke", "administrator", [f"link.revoked {ADA}"]),
    Change("billing:customer_create", "administrator", [f"customer.created {ADA}"], of(bodies.customer)),
    Change("billing:customer_edit", "administrator", [f"customer.changed {ADA}"], of(bodies.customer)),
    Change("billing:customer_archive", "administrator", [f"customer.archived {ADA}"], given=nothing_open),
    Change("billing:customer_restore", "administrator", [f"customer.restored {ADA}"], given=archived),
    Change("billing:customer_note_create", "administrator", [f"note.written {ADA}"], says(text="rings back")),
    Change("billing:contact_create", "administrator", [f"contact.created {ADA}"], of(bodies.contact)),
    Change("billing:contact_edit", "administrator", [f"contact.changed {ADA}"], of(bodies.contact)),
    Change("billing:contact_archive", "administrator", [f"contact.archived {ADA}"]),
    Change("billing:item_create", "administrator", [f"item.created {ADA}"], of(bodies.item)),
    Change("billing:item_edit", "administrator", [f"item.changed {ADA}"], of(bodies.item)),
    Change("billing:item_archive", "administrator", [f"item.archived {ADA}"]),
    Change("billing:item_restore", "administrator", [f"item.restored {ADA}"], given=item_archived),
    Change("billing:tax_rate_create", "administrator", [f"tax_rate.created {ADA}"], of(bodies.tax_rate)),
    Change("billing:tax_rate_archive", "administrator", [f"tax_rate.archived {ADA}"]),
    Change(
        "billing:company_settings",
        "administrator",
        [f"bank_details.changed {ADA}", f"seller.changed {ADA}"],
        of(bodies.company),
    ),
    Change(
        "billing:company_settings",
        "stale",
        ["seller.changed member Stella"],
        of(bodies.company, bank_details="", footer=""),
    ),
    Change(
        "billing:logo_upload",
        "administrator",
        [f"logo.changed {ADA}"],
        lambda scene: {"logo": SimpleUploadedFile("logo.png", PNG, "image/png")},
    ),
    Change("billing:logo_remove", "administrator", [f"logo.removed {ADA}"]),
    Change("billing:invoice_export", "administrator", [f"invoice.exported {ADA}"]),
    Change(
        "billing:invoice_bulk",
        "administrator",
        [f"invoice.issued {ADA}"],
        lambda scene: {"bulk": "issue", "selected": scene.owned.draft.pk},
    ),
    Change(
        "billing:invoice_bulk",
        "administrator",
        [f"invoice.sent {ADA}"] * 2,
        lambda scene: {"bulk": "send", "selected": [scene.owned.invoice.pk, scene.other.invoice.pk]},
    ),
    Change("billing:invoice_create", "administrator", [f"invoice.drafted {ADA}"], a_draft()),
    Change(
        "billing:invoice_create",
        "administrator",
        [f"invoice.drafted {ADA}", f"invoice.issued {ADA}"],
        a_draft(issue="1"),
    ),
    Change("billing:invoice_create", "administrator", [], a_draft(add_line="1")),
    Change("billing:invoice_preview", "administrator", [], a_draft()),
    Change("billing:invoice_edit", "administrator", [f"invoice.changed {ADA}"], a_draft()),
    Change("billing:invoice_issue", "administrator", [f"invoice.issued {ADA}"]),
    Change("billing:invoice_send", "administrator", [f"invoice.sent {ADA}"], says(message="Thank you")),
    Change("billing:invoice_mark_sent", "administrator", [f"invoice.marked_sent {ADA}"], says(way="post")),
    Change("billing:invoice_void", "administrator", [f"invoice.voided {ADA}"], says(reason="wrong customer")),
    Change("billing:invoice_write_off", "administrator", [f"invoice.written_off {ADA}"], says(reason="insolvent")),
    Change("billing:invoice_reinstate", "administrator", [f"invoice.reinstated {ADA}"]),
    Change("billing:invoice_dispute", "administrator", [f"invoice.disputed {ADA}"], says(reason="damaged")),
    Change("billing:invoice_settle_dispute", "administrator", [f"invoice.dispute_settled {ADA}"]),
    Change("billing:invoice_duplicate", "administrator", [f"invoice.drafted {ADA}"]),
    Change("billing:invoice_discard", "administrator", [f"invoice.discarded {ADA}"]),
    Change("billing:note_create", "administrator", [f"note.written {ADA}"], says(text="rings back")),
    Change("billing:email_retry", "administrator", [f"email.queued {ADA}"]),
    Change(
        "billing:payment_create",
        "administrator",
        [f"payment.recorded {ADA}"],
        of(bodies.payment),
        query=lambda scene: f"?customer={scene.owned.customer.pk}",
    ),
    Change(
        "billing:payment_allocate",
        "administrator",
        [f"payment.allocated {ADA}"],
        lambda scene: {"invoice": scene.owned.invoice.pk, "amount": "5"},
    ),
    Change("billing:payment_reverse", "administrator", [f"payment.reversed {ADA}"], says(reason="bounced")),
    Change("billing:allocation_release", "administrator", [f"payment.released {ADA}"]),
]
