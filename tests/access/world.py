"""A company with one of everything, and asking for a page of it without leaving a trace."""

import re
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions import mailed_links
from accounts.models import (
    AccessReview,
    Alert,
    ApiKey,
    Approval,
    Company,
    EmailChange,
    FactorReset,
    Invitation,
    MailedLink,
    Membership,
    OwnershipTransfer,
    Passkey,
    TotpDevice,
    User,
)
from accounts.permissions import Permission
from accounts.scoping import in_company
from audit import sealing
from audit.actions import saved_views, streams
from audit.actors import Actor
from audit.models import BillingEvent, Checkpoint, Export, SecurityEvent, Stream
from audit.tiles import WIDTH, relative_path
from billing import emails
from billing.actions import attempts, invoices, notes, sellers
from billing.gateways.sandbox import SandboxGateway
from billing.models import (
    Customer,
    CustomField,
    CustomFieldValue,
    EmailMessage,
    Invoice,
    PaymentAttempt,
    SandboxCharge,
)
from invoiced.mailbox.backend import EmailBackend
from portal.actions import links
from portal.models import Link
from security.tokens import new_token, token_hash
from tests import books, make, visitors
from tests.access.people import member
from tests.visitors import Browser

WHY = {"by": books.BY, "at": books.AT}
DAY = timedelta(days=1)
ENDPOINT = "https://siem.example/intake"
Purpose = MailedLink.Purpose
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def harbour() -> SimpleNamespace:
    """A company: a customer with an owner, another whom nobody owns, and a rival company beside it.

    Beside the records of each customer are those of one person's account, in `owned` the owner's, and of that
    person's place in the team.
    """
    company = visitors.company("Harbour")
    owner = member(company, "account_manager", "Owner")
    colleague = member(company, "employee", "Otto")
    with in_company(company):
        seller = books.seller(company)
        sellers.set_logo(seller=seller, png=PNG, **WHY)
        owned = records_of(company, books.customer(company, "Acme", owner=owner.user), owner)
        other = records_of(company, books.customer(company, "Borealis"), colleague)
    world = SimpleNamespace(company=company, owner=owner, owned=owned, other=other, rival=rival())
    seal(world.owned, world.other, world.rival.owned, at=timezone.now() - timedelta(minutes=1))
    return world


def rival() -> SimpleNamespace:
    """Another company, with the same things in it."""
    company = visitors.company("Rival")
    owner = member(company, "account_manager", "Rita")
    with in_company(company):
        owned = records_of(company, books.customer(company, "Cargo", owner=owner.user), owner)
    return SimpleNamespace(company=company, owner=owner, owned=owned)


def records_of(company: Company, customer: Any, membership: Membership) -> SimpleNamespace:
    """Of each kind of record one that belongs to the customer, in the state in which its page has most to say.

    Of each kind that belongs to a person's account or to their place in the team, one of this member's.
    """
    contact = books.contact(customer)
    issued = books.issued(customer, contact=contact)
    paid = books.issued(customer)
    payment = books.payment(customer, "130", [books.payments.Use(paid.pk, paid.balance)])
    written_off = invoices.write_off(invoice=books.issued(customer), reason="insolvent", **WHY)
    disputed = invoices.dispute(invoice=books.issued(customer), reason="damaged", **WHY)
    email = EmailMessage.objects.create(
        company=company,
        customer=customer,
        invoice=issued,
        kind=EmailMessage.Kind.INVOICE,
        status=EmailMessage.Status.FAILED,
        recipient=contact.email,
        failure="mailbox full",
        queued_at=books.AT,
    )
    notes.create(customer=customer, invoice=issued, text="rings back", **WHY)
    attempt, charge = attempt_at(issued, Actor.contact(contact))
    address = links.create(invoice=issued, recipient=contact.email, by=books.BY, at=timezone.now())
    link = Link.objects.get(invoice=issued)
    account, place = account_of(company, membership.user), place_of(membership, issued)
    account.tokens |= place.tokens | {"portal:link": address.rsplit("/", 2)[-2]}
    return SimpleNamespace(
        **vars(place) | vars(account) | vars(reading_of(membership)),
        customer=customer,
        contact=contact,
        draft=books.draft(customer),
        invoice=issued,
        paid=paid,
        written_off=written_off,
        disputed=disputed,
        payment=payment,
        allocation=payment.allocations.get(),
        email=email,
        item=books.item(company, f"Item {customer.number}"),
        tax_rate=books.tax_rate(company, name=f"Tax {customer.number}"),
        attempt=attempt,
        charge=charge,
        link=link,
        custom_field=custom_field_of(customer),
        mailbox_letter=letter_of(email),
    )


def custom_field_of(customer: Customer) -> CustomField:
    """A field of the company's own, in which this customer has its own number."""
    company = customer.company
    field = CustomField.objects.create(
        company=company, name=f"Region {customer.number}", kind="text", in_list=True, created_at=books.AT
    )
    CustomFieldValue.objects.create(company=company, customer=customer, field=field, value=customer.number)
    return field


def place_of(membership: Membership, invoice: Invoice) -> SimpleNamespace:
    """What there is to a member's place in the team: a role, somebody asked in, a key, an act that waits."""
    company, at, name = membership.company, timezone.now(), membership.user.name
    email = f"guest-of-{membership.user.email}"
    inviter = Membership.objects.filter(company=company, role="administrator").first() or membership
    invitation = Invitation.objects.create(
        company=company,
        email=email,
        role="read_only",
        invited_by=inviter,
        invited_at=at,
        sent_at=at,
        expires_at=at + DAY,
    )
    return SimpleNamespace(
        member=membership,
        role=make.role(company, Permission.CUSTOMER_VIEW, name=f"Clerk of {name}"),
        invitation=invitation,
        api_key=key_of(membership),
        ownership=offer_of(membership, at),
        access_review=AccessReview.objects.create(company=company, started_at=books.AT, finished_at=at),
        approval=Approval.objects.create(
            company=company,
            kind="write_off",
            object_type="invoice",
            object_id=str(invoice.pk),
            object_label=str(invoice),
            customer_id=invoice.customer_id,
            amount=invoice.balance.plain(),
            payload={"invoice": str(invoice.pk)},
            requested_by=membership,
            requested_at=at,
            expires_at=at + DAY,
        ),
        tokens={"accounts:invitation_accept": mailed(None, Purpose.ACCEPT_INVITATION, about=invitation)},
    )


def offer_of(membership: Membership, at: datetime) -> OwnershipTransfer:
    """An offer of the company to this member, open if it is the company's first."""
    company = membership.company
    owner, _ = Membership.objects.get_or_create(
        company=company,
        is_owner=True,
        defaults={"user": make.user(name="Oona"), "role": "administrator", "created_at": books.AT},
    )
    is_first = not OwnershipTransfer.objects.filter(company=company).exists()
    return OwnershipTransfer.objects.create(
        company=company,
        offered_by=owner,
        offered_to=membership,
        offered_at=at,
        expires_at=at + DAY,
        ended_at=None if is_first else at,
        outcome="" if is_first else "withdrawn",
    )


def key_of(membership: Membership, *permissions: str) -> ApiKey:
    """A key for programs, whose secret nobody knows."""
    return ApiKey.objects.create(
        company=membership.company,
        membership=membership,
        name=f"Key of {membership.user.name}",
        hint="inv_",
        key_hash=token_hash(new_token()),
        permissions=[*permissions],
        created_at=books.AT,
        expires_at=timezone.now() + 90 * DAY,
    )


def reading_of(membership: Membership) -> SimpleNamespace:
    """What there is to a reader of the logs: a shared view of each, a file taken away, an alert, the stream."""
    company, user, by = membership.company, membership.user, Actor.member(membership.user)
    views = {
        f"{log}_view": saved_views.save(
            company=company, user=user, of=log, name=f"View of {user}", query="", is_shared=True, by=by, at=books.AT
        )
        for log in ("billing", "security")
    }
    times = {"started_at": books.AT, "moved_at": books.AT, "finished_at": books.AT}
    Export.objects.create(company_id=company.pk, user_id=user.pk, log="billing", format="csv", rows_done=7, **times)
    stream = Stream.objects.filter(company_id=company.pk).first()
    if stream is None:
        stream, _ = streams.set_up(company=company, url=ENDPOINT, is_from_now=False, by=by, at=books.AT)
    alert = Alert.objects.create(
        company=company, kind="role_changed", cause=str(user.pk), sentence=f"{user} changed a role", at=books.AT
    )
    entry = SecurityEvent.objects.get(object_id=stream.pk)
    return SimpleNamespace(**views, alert=alert, stream=stream, security_entry=entry)


def seal(*all_records: SimpleNamespace, at: datetime) -> None:
    """Everything written so far is sealed and signed; with the records are an entry about them and what was signed."""
    sealing.turn(at)
    checkpoint = Checkpoint.objects.latest("pk")
    for records in all_records:
        records.billing_entry = BillingEvent._base_manager.filter(customer_id=records.customer.pk).latest("at", "pk")
        records.checkpoint, records.tile = checkpoint, relative_path(0, 0, min(checkpoint.size, WIDTH))


def account_of(company: Company, person: User) -> SimpleNamespace:
    """What there is to a person's account: factors, a session elsewhere, changes under way, and a link of each kind."""
    at = timezone.now()
    app, device = make.authenticator(person), make.passkey(person)
    for factors in (TotpDevice, Passkey):
        factors.objects.filter(user=person).update(created_at=books.AT)
    change = EmailChange.objects.create(
        user=person, old_email=person.email, new_email=f"new-{person.email}", started_at=at, expires_at=at + DAY
    )
    reset = FactorReset.objects.create(user=person, company=company, asked_at=at)
    return SimpleNamespace(
        person=person,
        app=app,
        device=device,
        passkey=Passkey.objects.get(user=person),
        session=visitors.sign_in(Browser(), person.memberships.get()),
        email_change=change,
        factor_reset=reset,
        tokens={
            "accounts:reset_password": mailed(person, Purpose.RESET_PASSWORD),
            "accounts:not_me": mailed(person, Purpose.NOT_ME),
            "accounts:unlock": mailed(person, Purpose.UNLOCK),
            "accounts:email_agree": mailed(person, Purpose.OLD_EMAIL, about=change),
            "accounts:factor_reset_cancel": mailed(person, Purpose.CANCEL_FACTOR_RESET, about=reset),
        },
    )


def mailed(person: User | None, purpose: Purpose, *, about: Any = None) -> str:
    """The token of a link that has left in a letter."""
    subject_id = about.pk if about else None
    link = mailed_links.create(purpose, user=person, at=timezone.now(), lasts=DAY, subject_id=subject_id)
    link.token_hash = token_hash(token := new_token())
    link.save()
    return token


def letter_of(email: EmailMessage) -> SimpleNamespace:
    """The e-mail as it lies in the mailbox of a demo."""
    letter = emails.compose(email, timezone.now())
    EmailBackend().send_messages([letter])
    newest = max(Path(settings.EMAIL_FILE_PATH).glob("*.eml"))
    return SimpleNamespace(pk=UUID(newest.stem))


def attempt_at(invoice: Invoice, by: Actor) -> tuple[PaymentAttempt, SandboxCharge]:
    """A payment on its way, handed over to the sandbox gateway."""
    attempt = attempts.start(
        invoice=invoice, amount=invoice.balance, request_key=uuid4(), gateway="sandbox", by=by, at=timezone.now()
    )
    charge = attempts.Charge(
        amount=attempt.amount,
        description=f"Invoice {invoice}",
        return_url=f"https://testserver{reverse('portal:attempt', args=[attempt.pk])}?returned",
        idempotency_key=str(attempt.pk),
    )
    place = SandboxGateway().hand_over(charge)
    attempts.hand_over(attempt=attempt, external_id=place.external_id, url=place.url, by=by, at=timezone.now())
    return attempt, SandboxCharge.objects.get(pk=place.external_id)


def ask(browser: Browser, method: str, address: str, body: Any = None, **extra: Any) -> Any:
    """What the browser is answered. Afterwards nothing has happened: neither in the database nor in the browser."""
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        if method == "POST":
            response = browser.post(address, body or {}, **extra)
        else:
            response = browser.generic(method, address, **extra)
        response.body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    browser.cookies = cookies
    return response


CHANGES_EACH_TIME = [
    rb'(?<=name="csrfmiddlewaretoken" value=")[^"]+',
    rb'(?<=nonce=")[^"]+',
    rb'(?<=name="request_key" value=")[^"]+',
    rb'(?<=name="draft_id" value=")[^"]+',
    rb'(?<=name="passkey_state" value=")[^"]+',
    rb'(?<=name="confirm-state" value=")[^"]+',
    rb'(?<=data-passkey=")[^"]+',
]


def steady(response: Any) -> bytes:
    """The body of an answer without what is new in every answer."""
    text: bytes = response.body.replace(response.headers["X-Request-Id"].encode(), b"REQUEST")
    for pattern in CHANGES_EACH_TIME:
        text = re.sub(pattern, b"", text)
    return text
