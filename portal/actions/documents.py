"""What customers take with them."""

import datetime

from django.db import transaction

from audit import log
from audit.actors import Actor
from billing import events
from billing.models import Invoice


@transaction.atomic
def record_download(*, invoice: Invoice, by: Actor, at: datetime.datetime) -> None:
    """Each download stands in the log: it is the proof that the document reached the customer."""
    log.record(events.INVOICE_DOWNLOADED, target=invoice, by=by, at=at)
