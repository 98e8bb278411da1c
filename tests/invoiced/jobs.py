"""What makes each schedule, task and command of ours act.

Each function prepares it in a company whose scope is open; those for tasks and commands return what these are given.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from types import SimpleNamespace
from uuid import uuid4

from django.db import transaction

from accounts import letters
from accounts.actions import factor_resets
from accounts.models import AlertSettings, Approval, FactorReset, Membership
from audit import log, sealing
from audit.actors import Actor
from audit.models import LogSettings, SealerState
from billing import emails, events
from billing.actions import attempts, sellers
from billing.models import EmailMessage, Invoice, PaymentAttempt, SandboxCharge
from tests import books, make, visitors
from tests.keys import key

AT = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
VISITOR = Actor.visitor()


def an_invoice_is_late(stage: SimpleNamespace) -> None:
    day = stage.company.today(AT) - 5 * DAY
    books.issued(stage.acme, issue_date=day, due_date=day)
    Invoice.objects.update(sent_at=AT - 6 * DAY)


def an_attempt_was_forgotten(stage: SimpleNamespace) -> None:
    PaymentAttempt.objects.filter(pk=_attempt(stage).pk).update(started_at=AT - DAY)


def bank_details_changed(stage: SimpleNamespace) -> None:
    sellers.change(seller=books.seller(stage.company), details={"bank_details": "IBAN DE99"}, by=make.BY, at=AT)
    sealing.turn(AT)


def the_sealer_has_a_problem(stage: SimpleNamespace) -> None:
    SealerState.objects.update_or_create(
        pk=1, defaults={"seen_at": AT, "problem": "The disk is full.", "problem_since": AT - DAY}
    )


def a_checkpoint_is_wanted(stage: SimpleNamespace) -> None:
    bank_details_changed(stage)
    AlertSettings.objects.create(company=stage.company, checkpoint_addresses=["auditor@example.com"])


def a_reset_was_agreed_to(stage: SimpleNamespace) -> None:
    clerk = visitors.member(stage.company, "employee", "Clerk")
    make.authenticator(clerk.user)
    reset = FactorReset.objects.create(user=clerk.user, company=stage.company, asked_at=AT - 2 * DAY)
    factor_resets.approve(reset=reset, approver=stage.ada.user, by=make.BY, at=AT - 2 * DAY)


def nobody_decided(stage: SimpleNamespace) -> None:
    Approval.objects.create(
        company=stage.company,
        kind="void",
        requested_by=stage.ada,
        requested_at=AT - 4 * DAY,
        expires_at=AT - DAY,
        object_type="invoice",
        object_id=str(uuid4()),
        object_label="INV-1",
    )


def a_key_ends_soon(stage: SimpleNamespace) -> None:
    key(stage.ada, created_at=AT - 30 * DAY, expires_at=AT + DAY)


def nobody_reviewed(stage: SimpleNamespace) -> None:
    type(stage.company).objects.update(created_at=AT - 400 * DAY)


def somebody_stays_away(stage: SimpleNamespace) -> None:
    Membership.objects.filter(pk=visitors.member(stage.company, "employee", "Clerk").pk).update(
        last_seen_at=AT - 84 * DAY
    )


def an_entry_is_old(stage: SimpleNamespace) -> None:
    LogSettings.objects.create(company_id=stage.company.pk, kept_months=12)
    with transaction.atomic():
        log.record(events.CUSTOMER_ARCHIVED, target=stage.acme, by=make.BY, at=AT - 800 * DAY)
    sealing.turn(AT)


def an_old_entry_is_about_somebody(stage: SimpleNamespace) -> list[object]:
    an_entry_is_old(stage)
    return [str(stage.company.pk), [make.BY.id]]


def who_lost_their_factors_asks(stage: SimpleNamespace) -> list[object]:
    clerk = visitors.member(stage.company, "employee", "Clerk")
    make.authenticator(clerk.user)
    return [str(clerk.user.pk), asdict(VISITOR)]


def a_letter_is_refused(stage: SimpleNamespace) -> list[object]:
    with transaction.atomic():
        letter = letters.queue("email_change_taken", user=stage.ada.user, to=stage.ada.user.email, at=AT)
    stage.monkeypatch.setattr(letters, "send", _refuse)
    return [str(letter.pk)]


def an_invoice_is_to_be_sent(stage: SimpleNamespace) -> list[object]:
    with transaction.atomic():
        email = emails.queue(
            EmailMessage.Kind.INVOICE,
            to="ana@customer.example",
            name="Ana",
            customer=stage.acme,
            invoice=books.issued(stage.acme),
            by=make.BY,
            at=AT,
        )
    return [str(stage.company.pk), str(email.pk)]


def an_attempt_began(stage: SimpleNamespace) -> list[object]:
    return [str(stage.company.pk), str(_attempt(stage).pk)]


def a_charge_succeeded(stage: SimpleNamespace) -> list[object]:
    arguments = an_attempt_began(stage)
    attempts.ask_provider.call(*arguments)
    SandboxCharge.objects.update(state="approved")
    return arguments


def somebody_lost_everything(stage: SimpleNamespace) -> list[object]:
    clerk = visitors.member(stage.company, "employee", "Clerk")
    make.authenticator(clerk.user)
    return [clerk.user.email, "--yes"]


def the_owner_is_gone(stage: SimpleNamespace) -> list[object]:
    Membership.objects.filter(pk=stage.ada.pk).update(is_owner=True)
    heir = visitors.member(stage.company, "administrator", "Bo")
    return ["--company", stage.company.name, "--to", heir.user.email, "--yes"]


def something_waits(stage: SimpleNamespace) -> list[object]:
    type(stage.company).objects.update(approvals={"void": {}})
    return [stage.company.name, "--yes"]


def the_log_is_signed(stage: SimpleNamespace) -> list[object]:
    bank_details_changed(stage)
    return []


def reminders_are_due(stage: SimpleNamespace) -> list[object]:
    an_invoice_is_late(stage)
    return []


def _attempt(stage: SimpleNamespace) -> PaymentAttempt:
    invoice = books.issued(stage.acme)
    return attempts.start(
        invoice=invoice, amount=invoice.balance, request_key=uuid4(), gateway="sandbox", by=make.BY, at=AT
    )


def _refuse(letter: object, at: datetime) -> None:
    raise SMTPRecipientsRefused({"ada@ledger.example": (550, b"No such person")})
