import datetime
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Company
from accounts.scoping import in_company
from audit.actors import Actor
from billing.actions import dunning
from billing.queries.reminders import due_reminders

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the payment reminders that are due. Safe to run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=datetime.date.fromisoformat, default=None)
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *, as_of: datetime.date | None, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        sent = failed = 0
        for company in Company.objects.order_by("pk"):
            with in_company(company):
                for invoice, step in list(due_reminders(as_of or company.today(at), at)):
                    if dry_run:
                        self.stdout.write(f"would remind {invoice.customer} of {invoice}: {step}")
                        continue
                    try:
                        dunning.send_reminder(
                            invoice=invoice, step=step, by=Actor.automation("send_payment_reminders"), at=at
                        )
                        sent += 1
                    except Exception:
                        failed += 1
                        logger.exception("reminder of %s failed", invoice.pk)
        self.stdout.write(f"{sent} sent, {failed} failed")
        if failed:
            raise CommandError(f"{failed} reminders failed")
