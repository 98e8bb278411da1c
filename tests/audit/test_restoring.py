"""An older backup is all there is: the log goes on from it, as docs/operations/README.md says."""

from datetime import timedelta

import pytest

from audit import proofs, sealing, signed
from audit.models import BillingEvent, Check, Checkpoint, Leaf, SealerState
from tests.audit import make, sealed
from tests.audit.tampering import as_owner, findings

pytestmark = pytest.mark.django_db


def restore(size):
    """What is left of the database when it is restored from a backup of so many entries."""
    lost = list(Leaf.objects.filter(index__gte=size).values_list("entry_id", flat=True))
    Checkpoint.objects.filter(size__gt=size).delete()
    Leaf.objects.filter(index__gte=size).delete()
    BillingEvent._base_manager.filter(pk__in=lost).delete()


def test_the_log_goes_on_from_an_older_backup_without_an_alert(company_id, sealed_log):
    sealed.entries(company_id, 10)
    sealed_log()
    sealed.entries(company_id, 600)
    sealed_log()
    as_owner(lambda: restore(10))
    signed.memory().unlink()
    signed.shown().unlink()

    for turn, count in enumerate((1, 1, 300, 1, 250, 1), start=2):
        entry = sealed.entries(company_id, count)[-1]
        sealing.turn(make.NOON + turn * timedelta(seconds=10))

        assert SealerState.objects.get().problem == ""
        proofs.of_entry("billing", entry).close()
        assert findings() == []
    assert Checkpoint.objects.latest("pk").size == 564
    assert not Check.objects.exists()
