"""Paying online: a row before the provider is asked, and one settlement from what the provider says.

Whoever hears of an outcome first - the customer who returns, the provider's call, the sweep - asks for `settle`;
the row's lock and its final status see to it that the money is recorded once.
"""

import datetime
import logging
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from django_tasks import task

from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.actions import payments
from billing.errors import GatewayUnavailable, InvoiceNotPayable, PaymentRefused
from billing.gateways import GATEWAYS, available
from billing.gateways.gateway import APPROVED, DECLINED, PENDING, Charge, Outcome
from billing.models import Invoice, Payment, PaymentAttempt
from billing.money import Money
from billing.queries.attempts import PATIENCE
from billing.queries.recipients import recipients_of

Status = PaymentAttempt.Status
UNSETTLED = (Status.STARTED, Status.PENDING)
HOUR = datetime.timedelta(hours=1)
TRIES_AN_HOUR = 10
BETWEEN_LOOKS = datetime.timedelta(seconds=10)
NO_ANSWER = "The payment provider did not answer."
SOMEBODY_WAITS = 10  # the priority of a task whose outcome a person is looking at

logger = logging.getLogger(__name__)


@transaction.atomic
def start(
    *, invoice: Invoice, amount: Money, request_key: UUID, gateway: str, by: Actor, at: datetime.datetime
) -> PaymentAttempt:
    """Open an attempt and have the worker ask the provider; the same `request_key` again returns the same attempt.

    One invoice has one attempt at a time, for a second could charge the customer twice: who began it goes on with it.
    """
    locks.customer(invoice.customer_id)
    invoice = locks.invoice(invoice.pk)
    made_before = invoice.attempts.filter(request_key=request_key).first()
    if made_before:
        return made_before
    if gateway not in available():
        raise PaymentRefused("Online payment is not offered. Pay in the way the invoice says.")
    if invoice.status != Invoice.Status.ISSUED or not invoice.balance:
        raise InvoiceNotPayable(f"Nothing is left to pay on {invoice}.")
    if invoice.pending_at:
        raise InvoiceNotPayable(f"A payment of {invoice} is under way already. Wait until it arrives or fails.")
    under_way = _under_way(invoice, by, at)
    if under_way and (under_way.amount, under_way.actor_id) == (amount, by.id):
        return under_way
    if under_way:
        raise InvoiceNotPayable(
            f"A payment of {under_way.amount.plain()} is being made already. Go on with that one, or wait: "
            "if nobody completes it, it ends by itself, within about a day."
        )
    if invoice.attempts.filter(started_at__gt=at - HOUR).count() >= TRIES_AN_HOUR:
        raise PaymentRefused(f"{invoice} was tried to be paid too often. Try again in an hour, or pay in another way.")
    if amount.currency != invoice.currency or not 0 < amount.minor <= invoice.balance.minor:
        raise PaymentRefused(f"Pay more than zero and at most {invoice.balance.plain()}.")
    attempt = PaymentAttempt(
        company_id=invoice.company_id,
        customer_id=invoice.customer_id,
        invoice=invoice,
        request_key=request_key,
        gateway=gateway,
        currency=amount.currency,
        amount=amount,
        actor_id=by.id,
        actor_label=by.label,
        started_at=at,
    )
    attempt.save(force_insert=True)
    log.record(events.ATTEMPT_STARTED, target=attempt, by=by, at=at, amount=amount.plain(), invoice=str(invoice))
    ask_provider.enqueue(str(attempt.company_id), str(attempt.pk))
    return attempt


@transaction.atomic
def hand_over(
    *, attempt: PaymentAttempt, external_id: str, url: str, by: Actor, at: datetime.datetime
) -> PaymentAttempt:
    """Keep where the provider wants the customer to pay."""
    attempt = locks.attempt(attempt.pk)
    if attempt.external_id or attempt.status not in UNSETTLED:
        return attempt
    attempt.external_id, attempt.hand_over_url, attempt.asked_at = external_id, url, at
    attempt.save(update_fields=["external_id", "hand_over_url", "asked_at"])
    log.record(
        events.ATTEMPT_HANDED_OVER,
        target=attempt,
        by=by,
        at=at,
        gateway=GATEWAYS[attempt.gateway].title,
        invoice=str(attempt.invoice),
    )
    return attempt


@transaction.atomic
def settle(*, attempt: PaymentAttempt, outcome: Outcome, by: Actor, at: datetime.datetime) -> PaymentAttempt:
    """Make the provider's word the attempt's: record the payment once, or say why there is none."""
    locks.customer(attempt.customer_id)
    invoice = locks.invoice(attempt.invoice_id)
    attempt = locks.attempt(attempt.pk)
    if attempt.status not in UNSETTLED:
        return attempt
    if outcome.state == APPROVED and outcome.amount == attempt.amount:
        return _succeed(attempt, invoice, by, at)
    if outcome.state == APPROVED:
        return _keep_as_credit(attempt, invoice, outcome.amount, by, at)
    if outcome.state == DECLINED:
        return _fail(attempt, invoice, Status.DECLINED, outcome.failure or "It was declined.", by, at)
    if outcome.state == PENDING and attempt.status != Status.PENDING:
        return _wait(attempt, invoice, by, at)
    return attempt


@transaction.atomic
def give_up(*, attempt: PaymentAttempt, by: Actor, at: datetime.datetime, failure: str = NO_ANSWER) -> PaymentAttempt:
    """Close an attempt that never got a pay page: as nobody saw one, nobody can have paid."""
    locks.customer(attempt.customer_id)
    invoice = locks.invoice(attempt.invoice_id)
    attempt = locks.attempt(attempt.pk)
    if attempt.external_id or attempt.status not in UNSETTLED:
        return attempt
    return _fail(attempt, invoice, Status.FAILED, failure, by, at)


@transaction.atomic
def ask_again(*, attempt: PaymentAttempt, at: datetime.datetime) -> bool:
    """Have the worker ask what became of a charge, unless that was done a moment ago; whether it was not."""
    waiting = PaymentAttempt.objects.filter(
        pk=attempt.pk, status__in=UNSETTLED, external_id__isnull=False, asked_at__lte=at - BETWEEN_LOOKS
    )
    if not waiting.update(asked_at=at):
        return False
    ask_outcome.enqueue(str(attempt.company_id), str(attempt.pk))
    return True


def provider_called(*, gateway: str, external_id: str) -> None:
    """A provider says that something became of a charge: have the worker ask it what."""
    with scopes_disabled():
        attempt = PaymentAttempt.objects.filter(gateway=gateway, external_id=external_id).first()
    if attempt and attempt.status in UNSETTLED:
        ask_outcome.enqueue(str(attempt.company_id), str(attempt.pk))


@task(priority=SOMEBODY_WAITS)
def ask_provider(company_id: str, attempt_id: str) -> None:
    """Have the provider open a charge for what is still owed. Safe to run again: the attempt's id keeps it to one."""
    with scope(company=UUID(company_id)):
        attempt = PaymentAttempt.objects.select_related("invoice").get(pk=attempt_id)
        if attempt.external_id or attempt.status not in UNSETTLED:
            return
        refusal = _no_longer_owed(attempt)
        if refusal:
            give_up(attempt=attempt, by=_automation(attempt), at=timezone.now(), failure=refusal)
            return
        place = GATEWAYS[attempt.gateway].hand_over(
            Charge(
                amount=attempt.amount,
                description=f"Invoice {attempt.invoice}",
                return_url=f"{settings.SITE_URL}{reverse('portal:attempt', args=[attempt.pk])}?returned",
                idempotency_key=str(attempt.pk),
            )
        )
        hand_over(
            attempt=attempt, external_id=place.external_id, url=place.url, by=_automation(attempt), at=timezone.now()
        )


@task(priority=SOMEBODY_WAITS)
def ask_outcome(company_id: str, attempt_id: str) -> None:
    """Ask the provider what became of the charge, and settle by its word. If it is silent, the sweep asks again."""
    with scope(company=UUID(company_id)):
        attempt = PaymentAttempt.objects.get(pk=attempt_id)
        if attempt.status not in UNSETTLED or not attempt.external_id:
            return
        try:
            outcome = GATEWAYS[attempt.gateway].look_up(attempt.external_id)
        except GatewayUnavailable as silence:
            logger.warning("attempt %s: %s", attempt.pk, silence)
            return
        settle(attempt=attempt, outcome=outcome, by=_automation(attempt), at=timezone.now())


def _under_way(invoice: Invoice, by: Actor, at: datetime.datetime) -> PaymentAttempt | None:
    """The attempt whose pay page may still be used. One that waited too long for its page never gets one."""
    for attempt in invoice.attempts.filter(status__in=UNSETTLED).order_by("-started_at"):
        if attempt.external_id or attempt.started_at >= at - PATIENCE:
            return attempt
        give_up(attempt=attempt, by=by, at=at)
    return None


def _no_longer_owed(attempt: PaymentAttempt) -> str:
    """Why no charge is opened, if the invoice was voided, written off or paid since the button was pressed."""
    invoice = attempt.invoice
    if invoice.status != Invoice.Status.ISSUED:
        return f"{invoice} is no longer to be paid."
    if invoice.balance < attempt.amount:
        return f"Less than {attempt.amount.plain()} is left to pay on {invoice}."
    return ""


def _succeed(attempt: PaymentAttempt, invoice: Invoice, by: Actor, at: datetime.datetime) -> PaymentAttempt:
    """What the invoice no longer needs, because it was paid or voided meanwhile, stays to the customer's credit."""
    usable = min(attempt.amount, invoice.balance)
    uses = [payments.Use(invoice.pk, usable)] if usable and invoice.status == Invoice.Status.ISSUED else []
    payment = _receive(attempt, invoice, attempt.amount, uses, by, at)
    attempt.status, attempt.settled_at, attempt.payment = Status.SUCCEEDED, at, payment
    attempt.save(update_fields=["status", "settled_at", "payment"])
    _no_longer_pending(invoice)
    log.record(
        events.ATTEMPT_SUCCEEDED,
        target=attempt,
        by=by,
        at=at,
        amount=attempt.amount.plain(),
        invoice=str(invoice),
        payment=str(payment),
    )
    return attempt


def _keep_as_credit(
    attempt: PaymentAttempt, invoice: Invoice, arrived: Money, by: Actor, at: datetime.datetime
) -> PaymentAttempt:
    """Money that is not what was asked for did arrive: it stays to the customer's credit until somebody looks."""
    reported = f"The provider reports {arrived.plain()}"
    if arrived.minor <= 0:
        return _fail(attempt, invoice, Status.FAILED, f"{reported}.", by, at)
    attempt.payment = _receive(attempt, invoice, arrived, [], by, at)
    attempt.save(update_fields=["payment"])
    failure = f"{reported}, kept to the customer's credit as {attempt.payment}."
    return _fail(attempt, invoice, Status.FAILED, failure, by, at)


def _receive(
    attempt: PaymentAttempt,
    invoice: Invoice,
    arrived: Money,
    uses: list[payments.Use],
    by: Actor,
    at: datetime.datetime,
) -> Payment:
    return payments.record(
        customer=attempt.customer,
        amount=arrived,
        received_date=invoice.company.today(at),
        method=Payment.Method.CARD,
        source=Payment.Source.GATEWAY,
        reference=(attempt.external_id or "")[:100],
        request_key=attempt.pk,
        uses=uses,
        receipt_to=_payer(attempt, invoice),
        by=by,
        at=at,
    )


def _fail(
    attempt: PaymentAttempt, invoice: Invoice, status: str, failure: str, by: Actor, at: datetime.datetime
) -> PaymentAttempt:
    attempt.status, attempt.settled_at, attempt.failure = status, at, failure[:300]
    attempt.save(update_fields=["status", "settled_at", "failure"])
    _no_longer_pending(invoice)
    log.record(
        events.ATTEMPT_FAILED,
        target=attempt,
        by=by,
        at=at,
        outcome="failure",
        amount=attempt.amount.plain(),
        invoice=str(invoice),
        failure=attempt.failure,
    )
    return attempt


def _wait(attempt: PaymentAttempt, invoice: Invoice, by: Actor, at: datetime.datetime) -> PaymentAttempt:
    attempt.status = Status.PENDING
    attempt.save(update_fields=["status"])
    invoice.pending_at = at
    invoice.save(update_fields=["pending_at"])
    log.record(
        events.ATTEMPT_PENDING, target=attempt, by=by, at=at, amount=attempt.amount.plain(), invoice=str(invoice)
    )
    return attempt


def _no_longer_pending(invoice: Invoice) -> None:
    if invoice.pending_at and not invoice.attempts.filter(status=Status.PENDING).exists():
        invoice.pending_at = None
        invoice.save(update_fields=["pending_at"])


def _payer(attempt: PaymentAttempt, invoice: Invoice) -> tuple[str, str] | None:
    """Name and address of the contact who paid, else of whoever receives the invoice."""
    contacts = attempt.customer.contacts.filter(archived_at__isnull=True)
    to = [(contact.name, contact.email) for contact in contacts if str(contact.pk) == attempt.actor_id]
    return next(iter(to or recipients_of(invoice)), None)


def _automation(attempt: PaymentAttempt) -> Actor:
    return Actor(
        type="automation",
        id=attempt.gateway,
        label=GATEWAYS[attempt.gateway].title,
        on_behalf_of=attempt.actor_label,
    )
