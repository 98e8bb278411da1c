from audit.models import Leaf
from tests.audit import make


def test_what_is_sealed_has_its_place(sealed_log, parcel_sent, company_id, settings):
    entry = make.recorded(parcel_sent, make.Parcel(company_id), place="Riga")

    checkpoint = sealed_log()

    assert (checkpoint.size, Leaf.objects.get().entry_id) == (1, entry.pk)
    assert (settings.LOG_DIR / "checkpoint").read_text(encoding="utf-8") == checkpoint.note
