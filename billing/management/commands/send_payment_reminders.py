import datetime
import logging
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Company
from accounts.scoping import in_company
from audit.actors import Actor
from billing.actions import dunning
from billing.errors import BillingError
from billing.models import Invoice
from billing.queries.reminders import due_reminders

BY = Actor.automation("send_payment_reminders", "Automatic reminders")

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the payment reminders that are due. Safe to run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=datetime.date.fromisoformat, default=None)
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *, as_of: datetime.date | None, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        counts: Counter[str] = Counter()
        for company in Company.objects.order_by("pk"):
            try:
                with in_company(company):
                    for invoice, step in list(due_reminders(as_of or company.today(at), at)):
                        counts[self._remind(invoice, step, at, dry_run)] += 1
            except Exception:
                counts["failed"] += 1
                logger.exception("reminders of company %s failed", company.pk)
        self.stdout.write(f"{counts['sent']} sent, {counts['skipped']} skipped, {counts['failed']} failed")
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} failed; the log says why")

    def _remind(self, invoice: Invoice, step: str, at: datetime.datetime, dry_run: bool) -> str:
        """What became of it. A reminder that fails does not keep the others from going out."""
        if dry_run:
            self.stdout.write(f"would remind {invoice.customer} of {invoice}: {step}")
            return "skipped"
        try:
            dunning.send_reminder(invoice=invoice, step=step, by=BY, at=at)
        except BillingError as refusal:
            logger.info("reminder of %s skipped: %s", invoice.pk, refusal)
            return "skipped"
        except Exception:
            logger.exception("reminder of %s failed", invoice.pk)
            return "failed"
        return "sent"
