"""Letting the log's checkpoints leave the machine: what was mailed cannot be rewritten."""

from datetime import datetime

from django.db import transaction

from accounts import events, letters
from accounts.models import AlertSettings, Company
from accounts.queries.checkpoint_mail import is_to_mail, recent_checkpoint
from audit import log
from audit.actors import Actor


@transaction.atomic
def mail(*, company: Company, by: Actor, at: datetime) -> bool:
    """Mail the latest checkpoint to the addresses a company names, once on each day of its calendar; whether it was.

    Where none was signed within a day nothing leaves, and the first that is signed on that day still does.
    """
    settings = AlertSettings.objects.select_for_update(of=("self",)).select_related("company").get(pk=company.pk)
    checkpoint = recent_checkpoint(at)
    if checkpoint is None or not is_to_mail(settings, at):
        return False
    settings.checkpoint_mailed_on = settings.company.today(at)
    settings.save(update_fields=["checkpoint_mailed_on"])
    recipients = settings.checkpoint_addresses
    log.record(events.CHECKPOINT_MAILED, target=company, by=by, at=at, size=checkpoint.size, recipients=recipients)
    for address in recipients:
        facts = {"size": str(checkpoint.size)}
        letters.queue("checkpoint", user=None, to=address, company=company, at=at, facts=facts)
    return True
