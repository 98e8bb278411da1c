"""What whoever owns the database does to the logs, and what a check then finds."""

from django.db import connection

from audit import log_keys
from audit.models import BillingEvent, Checkpoint, Leaf
from audit.notes import Checkpoint as Head
from audit.verifying.check import Verification, begin
from tests.emptying import triggers_resting


def as_owner(change):
    """Do something as the owner of the database, whom no trigger stops."""
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        result = change()
        connection.check_constraints()
        return result


def everything_found(**options):
    """What a check finds and warns of."""
    verification, found = Verification(begin(**options)), []
    while not verification.is_done:
        found += verification.go_on()
    return found


def findings(**options):
    """The same but for the warnings that entries bear other times, which tests have given them on purpose."""
    return [one for one in everything_found(**options) if one.what != "entry_dated"]


def named(found):
    """What was found, and where."""
    return {(one.what, one.index) for one in found}


def leaf(entry):
    return Leaf.objects.filter(entry_id=entry.pk)


def row(entry):
    return type(entry)._base_manager.filter(pk=entry.pk)


def says(finding, entry, *, index, number):
    """Whether a finding tells which entry it is about."""
    company = str(entry.company_id or "")
    log_name = "billing" if isinstance(entry, BillingEvent) else "security"
    return (finding.log, finding.entry, finding.index, finding.number, finding.company) == (
        log_name,
        str(entry.pk),
        index,
        number,
        company,
    )


def sign(size, root, signer, at):
    """Keep a checkpoint that some key signed."""
    text = Head(log_keys.origin(), size, root).text
    note = f"{text}\n{signer.sign(text)}{signer.cosign(text, int(at.timestamp()))}"
    return Checkpoint.objects.create(size=size, root=root, note=note, signed_at=at)
