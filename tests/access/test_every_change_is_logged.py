"""Every address that changes something writes exactly the entries listed here; one that is refused writes none."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.actions import email_changes, mailed_links
from accounts.models import MailedLink, Membership, TotpDevice, User
from accounts.scoping import in_company
from accounts.sessions import begin_set_up
from audit.models import BillingEvent, SecurityEvent
from security.tokens import token_hash
from tests import books, make, visitors
from tests.access import bodies
from tests.access.routes import route
from tests.access.test_matrix import rows
from tests.access.world import PNG
from tests.house.code import report


def nothing(scene: SimpleNamespace) -> dict[str, Any]:
    return {}


class Change(NamedTuple):
    """Who sends what where, and the entries it writes: action, type of actor, name of actor."""

    route: str
    who: str
    entries: list[str]
    sends: Callable[[SimpleNamespace], dict[str, Any]] = nothing
    given: Callable[[SimpleNamespace], Any] = lambda scene: None
    query: Callable[[SimpleNamespace], str] = lambda scene: ""


def of(body: Callable[..., dict[str, Any]], **changed: Any) -> Callable[[SimpleNamespace], dict[str, Any]]:
    return lambda scene: body(**changed)


def says(**fields: Any) -> Callable[[SimpleNamespace], dict[str, Any]]:
    return lambda scene: fields


def a_draft(**pressed: Any) -> Callable[[SimpleNamespace], dict[str, Any]]:
    return lambda scene: bodies.invoice(scene.owned, **pressed)


def nothing_open(scene: SimpleNamespace) -> None:
    """A customer who owes nothing, in place of the one who does."""
    scene.owned.customer = books.customer(scene.company, "Delta")


def archived(scene: SimpleNamespace) -> None:
    nothing_open(scene)
    scene.owned.customer.archived_at = books.AT
    scene.owned.customer.save()


def item_archived(scene: SimpleNamespace) -> None:
    scene.owned.item.archived_at = books.AT
    scene.owned.item.save()


def without_attempt(scene: SimpleNamespace) -> None:
    scene.owned.attempt.status = "declined"
    scene.owned.attempt.save()


def not_viewed(scene: SimpleNamespace) -> None:
    type(scene.owned.invoice).objects.filter(pk=scene.owned.invoice.pk).update(viewed_at=None)


def second_company(scene: SimpleNamespace) -> None:
    Membership.objects.create(company=scene.rival.company, user=scene.user, role="read_only", created_at=books.AT)


def mailed(purpose: str) -> Callable[[SimpleNamespace], None]:
    """A link that acts for Ada, in a letter to her."""

    def given(scene: SimpleNamespace) -> None:
        ada = User.objects.get(email="ada@harbour.example")
        link = mailed_links.create(purpose, user=ada, at=timezone.now(), lasts=timedelta(minutes=1))
        scene.owned.token = "token"
        MailedLink.objects.filter(pk=link.pk).update(token_hash=token_hash(scene.owned.token))

    return given


def address_changing(scene: SimpleNamespace) -> None:
    """Ada has asked for another address, and the letters have left."""
    ada = User.objects.get(email="ada@harbour.example")
    email_changes.start(user=ada, new_email="new@harbour.example", by=books.BY, at=timezone.now())
    scene.owned.token = "token"
    new = MailedLink.objects.filter(user=ada, purpose=MailedLink.Purpose.NEW_EMAIL)
    new.update(token_hash=token_hash(scene.owned.token))


def with_app(scene: SimpleNamespace) -> None:
    """An authenticator app, whose code was shown when signing in."""
    scene.device = make.authenticator(scene.user)
    scene.browser.post("/sign-in/code/", {"code": make.code(scene.device, steps=-1)})


def app_to_confirm(scene: SimpleNamespace) -> None:
    scene.device = make.authenticator(scene.user)
    scene.device.confirmed = False
    scene.device.save()
    session = scene.browser.session
    begin_set_up(SimpleNamespace(session=session), scene.device, timezone.now())
    session.save()


def code(scene: SimpleNamespace) -> dict[str, str]:
    return {"code": make.code(scene.device)}


ADA = "member Ada"
ANA = "contact Ana"
NOBODY = "visitor Somebody not signed in"
NEW = "nine slow barges under fog"
CHANGES = [
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.signed_in {ADA}"],
        says(email="ada@harbour.example", password=make.PASSWORD),
    ),
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.sign_in_failed {NOBODY}"],
        says(email="ada@harbour.example", password="guessed"),
    ),
    Change("accounts:sign_in_code", "half", ["user.signed_in member Half"], code),
    Change("accounts:sign_in_code", "half", ["factor.failed member Half"], says(code="000000")),
    Change("accounts:sign_out", "administrator", [f"user.signed_out {ADA}"]),
    Change(
        "accounts:switch_company",
        "administrator",
        [f"company.entered {ADA}"],
        lambda scene: {"company": scene.rival.company.pk},
        second_company,
    ),
    Change(
        "accounts:forgot_password",
        "anonymous",
        [f"password_reset.asked {NOBODY}"],
        says(email="ada@harbour.example"),
    ),
    Change(
        "accounts:reset_password",
        "anonymous",
        [f"user.password_reset {NOBODY}"],
        says(new=NEW),
        mailed(MailedLink.Purpose.RESET_PASSWORD),
    ),
    Change("accounts:not_me", "anonymous", [f"account.locked {NOBODY}"], given=mailed(MailedLink.Purpose.NOT_ME)),
    Change("accounts:unlock", "anonymous", [f"wait.lifted {NOBODY}"], given=mailed(MailedLink.Purpose.UNLOCK)),
    Change("accounts:email_agree", "anonymous", [f"email_change.agreed {NOBODY}"], given=address_changing),
    Change(
        "accounts:email_change",
        "administrator",
        [f"email_change.started {ADA}"],
        says(new_email="new@harbour.example"),
    ),
    Change("accounts:email_change_cancel", "administrator", [f"email_change.stopped {ADA}"], given=address_changing),
    Change(
        "accounts:security_change_password",
        "administrator",
        [f"user.password_changed {ADA}"],
        says(current=make.PASSWORD, new=NEW),
    ),
    Change(
        "accounts:security_authenticator_start",
        "administrator",
        [f"factor.started {ADA}"],
        says(current=make.PASSWORD),
    ),
    Change(
        "accounts:security_authenticator_confirm", "administrator", [f"factor.enrolled {ADA}"], code, app_to_confirm
    ),
    Change("accounts:security_authenticator_remove", "administrator", [f"factor.removed {ADA}"], code, with_app),
    Change(
        "accounts:security_replace_recovery_codes", "administrator", [f"recovery_codes.replaced {ADA}"], code, with_app
    ),
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
    Change("billing:company_settings", "administrator", [f"seller.changed {ADA}"], of(bodies.company)),
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
# Addresses that take a form and change nothing.
CHANGES_NOTHING = {
    "accounts:password_strength": "judges what is typed and keeps nothing of it",
    "health": "answers whoever asks, however they ask",
}
# Who may do none of this to these records, each for another reason.
NOT_THEIRS = ("anonymous", "manager", "read_only", "rival", "half", "other")
# That a member was refused is itself an entry, in the security log.
REFUSED = {"manager": "access.refused member Max", "read_only": "access.refused member Rea"}
# What needs no record of somebody's: others may do it too, each in their own company or with their own account.
ANYBODYS = {
    "portal:link",
    "portal:sandbox",
    "portal:end",
    "billing:customer_create",
    "billing:invoice_create",
    "billing:invoice_export",
    "billing:invoice_preview",
    "billing:item_create",
    "billing:tax_rate_create",
    "billing:company_settings",
    "billing:logo_upload",
    "billing:logo_remove",
}
MAY_BE_EMPTY = {"billing:invoice_send"}


@pytest.fixture
def stage(world, people):
    """Ada has a password here, as whoever signs in or changes it must."""
    ada = User.objects.get(email="ada@harbour.example")
    ada.set_password(make.PASSWORD)
    ada.save()
    visitors.sign_in(people["administrator"], ada.memberships.get())
    half = User.objects.get(email="half@harbour.example")
    return SimpleNamespace(world=world, people=people, users={"administrator": ada, "half": half})


def test_every_address_that_takes_a_form_is_listed():
    taking = {row.route for row in rows() if row.method == "POST" and set(row.cells.values()) & {"200", "302", "404"}}

    assert {change.route for change in CHANGES} == {*taking} - {*CHANGES_NOTHING}


def test_a_change_writes_its_entries(stage):
    wrong = []
    for change in CHANGES:
        entries = written(stage, change, change.who)
        if entries != change.entries:
            wrong.append(f"{change.route} writes {entries}, not {change.entries}")
    assert not wrong, report(wrong)


def test_who_may_not_writes_nothing(stage):
    wrong = [
        f"{change.route} as {who}: {entry}"
        for change in CHANGES
        if change.route not in ANYBODYS and not change.route.startswith("accounts:")
        for who in NOT_THEIRS
        for entry in written(stage, change, who)
        if entry != REFUSED.get(who)
    ]
    assert not wrong, report(wrong)


def test_who_lacks_the_permission_writes_nothing(stage):
    wrong = [
        f"{change.route} as {who}: {entry}"
        for change in CHANGES
        if change.route.startswith("billing:")
        for who in ("anonymous", "read_only", "half", "customer")
        for entry in written(stage, change, who)
        if entry != REFUSED.get(who)
    ]
    assert not wrong, report(wrong)


def test_an_empty_form_writes_nothing(stage):
    wrong = [
        f"{change.route}: {entry}"
        for change in CHANGES
        if change.sends is not nothing and change.route not in MAY_BE_EMPTY
        for entry in written(stage, change._replace(sends=nothing), change.who)
    ]
    assert not wrong, report(wrong)


def written(stage, change, who):
    """The entries one sending writes; afterwards nothing of it is left."""
    world, browser = stage.world, stage.people[who]
    scene = SimpleNamespace(**vars(world), user=stage.users.get(change.who), browser=browser, device=None)
    scene.owned = SimpleNamespace(**vars(world.owned))
    scene.device = TotpDevice.objects.filter(user=scene.user).first()
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        with in_company(world.company):
            change.given(scene)
        before = ids_in_logs()
        response = browser.post(route(change.route).address(scene.owned) + change.query(scene), change.sends(scene))
        if response.streaming:
            list(response)
        entries = [entry for entry in logs() if entry.pk not in before]
        transaction.set_rollback(True)
    browser.cookies = cookies
    return [f"{entry.action} {entry.actor_type} {entry.actor_label}" for entry in entries]


def logs():
    with scopes_disabled():
        return [*BillingEvent.objects.order_by("pk"), *SecurityEvent.objects.order_by("pk")]


def ids_in_logs():
    return {entry.pk for entry in logs()}
