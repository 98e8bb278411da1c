from datetime import timedelta

import pytest
from django.db.models import Q

from audit.models import BillingEvent
from audit.paging import Search, page, pages
from tests.audit import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(parcel_sent, company_id):
    """Eleven entries, four of them at the same instant and two back-dated."""
    offsets = [0, 1, 2, 2, 2, 2, 3, 4, -5, 1, 6]
    for number, offset in enumerate(offsets):
        make.recorded(
            parcel_sent,
            make.Parcel(company_id, label=f"P-{number}"),
            at=make.NOON + timedelta(seconds=offset, microseconds=offset % 2),
            place="Riga",
        )
    return BillingEvent.objects.all()


def labels(entries):
    return [entry.object_label for entry in entries]


def everything(rows):
    return labels(rows.order_by("-at", "-id"))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 10, 11, 12])
def test_older_pages_show_every_entry_once(rows, size):
    seen, position = [], ""
    while position is not None:
        found = page(rows, older_than=position, size=size)
        seen += labels(found.entries)
        position = found.older_than

    assert seen == everything(rows)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_newer_pages_lead_back_to_the_newest(rows, size):
    first = found = page(rows, size=size)
    while found.older_than:
        found = page(rows, older_than=found.older_than, size=size)
    seen = labels(found.entries)
    while found.newer_than:
        found = page(rows, newer_than=found.newer_than, size=size)
        seen = [label for label in labels(found.entries) if label not in seen] + seen

    assert seen == everything(rows)
    assert found.entries == first.entries


def test_an_entry_that_arrives_meanwhile_moves_nothing(rows, parcel_sent, company_id):
    first = page(rows, size=4)
    make.recorded(parcel_sent, make.Parcel(company_id), at=make.NOON + timedelta(hours=1), place="Riga")

    assert labels(page(rows, older_than=first.older_than, size=4).entries) == everything(rows)[5:9]


@pytest.mark.parametrize(
    "position", ["x", "1.x", ".", "9" * 30 + "." + "0" * 32, "9" * 9000 + "." + "0" * 32, "-1", "\x00", "٣.٣"]
)
def test_a_position_that_means_nothing_is_the_newest_page(rows, position):
    assert page(rows, older_than=position, size=3) == page(rows, size=3)
    assert page(rows, newer_than=position, size=3) == page(rows, size=3)


def test_an_empty_log_has_one_empty_page(rows):
    empty = page(rows.none())

    assert (empty.entries, empty.newer_than, empty.older_than) == ([], None, None)


def test_past_the_end_there_is_a_way_back(rows):
    last = page(rows, older_than=page(rows, size=10).older_than, size=10)
    beyond = page(rows.filter(object_label="P-0"), older_than=f"0.{'0' * 32}", size=10)

    assert (len(last.entries), last.older_than, last.newer_than is None) == (1, None, False)
    assert (beyond.entries, beyond.newer_than) == ([], None)


@pytest.mark.parametrize("size", [1, 3, 20])
@pytest.mark.parametrize("most", [1, 2, 5, 100])
def test_looking_through_goes_on_where_it_stopped_and_finds_everything_once(rows, size, most, monkeypatch):
    monkeypatch.setattr("audit.paging.LOOKED_THROUGH", most)
    monkeypatch.setattr("audit.paging.FURTHER_ON", most)
    rest = Q(object_label__in=["P-0", "P-3", "P-4", "P-8", "P-10"])
    lanes = [rows.filter(object_label="P-3"), rows.exclude(object_label="P-3")]
    expected = [entry.object_label for entry in rows.filter(rest).order_by("-at", "-id")]

    for search in (Search([rows], rest), Search(lanes, rest), Search(lanes)):
        seen, position, last = [], "", None
        while position is not None:
            last = page(search, older_than=position, size=size)
            seen += [entry.object_label for entry in last.entries]
            position = last.older_than
        found = [entry.object_label for piece in pages(search, size) for entry in piece]
        assert seen == found == (expected if search.rest else everything(rows))


def test_a_page_of_newer_entries_may_stop_before_it_found_any(rows, monkeypatch):
    monkeypatch.setattr("audit.paging.FURTHER_ON", 2)
    search = Search([rows], Q(object_label__in=["P-8", "P-10"]))
    found, seen = page(search, newer_than=f"0.{'0' * 32}", size=2), []
    while found.newer_than:
        seen = [entry.object_label for entry in found.entries] + seen
        found = page(search, newer_than=found.newer_than, size=2)

    assert [*(entry.object_label for entry in found.entries)] == ["P-10", "P-8"]
    assert seen in ([], ["P-8"], ["P-10", "P-8"])
