import pytest

from audit.models import BillingEvent
from billing.actions import notes
from billing.models import Note
from tests import books
from tests.books import AT, BY


def test_a_note_says_who_wrote_it_and_is_part_of_the_customers_history(acme):
    invoice = books.issued(acme)

    notes.create(customer=acme, text="Asked for a copy", by=BY, at=AT)
    notes.create(customer=acme, text="Wrong address", invoice=invoice, by=BY, at=AT)

    assert sorted(Note.objects.values_list("text", "author_label", "invoice__number")) == [
        ("Asked for a copy", "tests", None),
        ("Wrong address", "tests", "INV-000001"),
    ]
    written = BillingEvent.objects.filter(action="note.written", customer_id=acme.pk).order_by("id")
    assert [entry.sentence for entry in written] == ["wrote a note on Acme", "wrote a note on invoice INV-000001"]


def test_no_note_without_its_entry(acme, monkeypatch):
    monkeypatch.setattr("audit.log.record", books.fail)

    with pytest.raises(LookupError):
        notes.create(customer=acme, text="Asked for a copy", by=BY, at=AT)
    assert not Note.objects.exists()
