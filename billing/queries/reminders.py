import datetime
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from billing.models import Contact, Invoice, Reminder, Seller

Step = Reminder.Step
# Days relative to the due date on which a step may go out: the first and the last.
WINDOWS = {Step.BEFORE_DUE: (-3, 0), Step.AFTER_DUE: (3, 13), Step.LATE: (14, 43)}
QUIET = datetime.timedelta(days=3)


def due_reminders(as_of: datetime.date, at: datetime.datetime) -> Iterator[tuple[Invoice, str]]:
    """The reminders due on the day `as_of`, none twice and none within three days of any other letter about it.

    Disputed invoices, those with a payment under way, those never sent and those nobody could be written to about
    are left alone.
    """
    if not Seller.objects.filter(reminders_enabled=True).exists():
        return
    live = Contact.objects.filter(archived_at__isnull=True)
    receiving = live.filter(customer=OuterRef("customer"), is_primary=True)
    named = live.filter(pk=OuterRef("contact"))
    for step, (first, last) in WINDOWS.items():
        due = Invoice.objects.due_between(as_of - datetime.timedelta(days=last), as_of - datetime.timedelta(days=first))
        quiet = due.filter(
            sent_at__lte=at - QUIET,
            disputed_at__isnull=True,
            pending_at__isnull=True,
            customer__paperless=True,
            customer__archived_at__isnull=True,
        )
        quiet = quiet.filter(~Q(customer__email="") | Exists(receiving) | Exists(named))
        fresh = quiet.exclude(reminders__step=step).exclude(reminders__sent_at__gt=at - QUIET)
        for invoice in fresh.select_related("customer").order_by("due_date", "id").iterator(chunk_size=500):
            yield invoice, step
