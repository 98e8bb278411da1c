"""For how long entries say what they say, and that what is left afterwards is only that."""

import calendar
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from audit import log, retention
from audit.actions import erasing
from audit.models import BillingEvent, Leaf, LogSettings, SecurityEvent
from audit.triggers import EMPTIED_COLUMNS
from security.ids import uuid7
from tests.audit import make

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2019, 6, 1, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


def instant(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("at", "months", "zone", "since"),
    [
        ("2026-03-12T12:00Z", 24, "UTC", "2024-03-12T00:00Z"),
        ("2026-03-12T12:00Z", 72, "UTC", "2020-03-12T00:00Z"),
        ("2026-03-31T12:00Z", 25, "UTC", "2024-02-29T00:00Z"),
        ("2026-03-31T12:00Z", 37, "UTC", "2023-02-28T00:00Z"),
        ("2028-02-29T12:00Z", 24, "UTC", "2026-02-28T00:00Z"),
        ("2028-02-29T12:00Z", 48, "UTC", "2024-02-29T00:00Z"),
        ("2026-12-31T12:00Z", 13, "UTC", "2025-11-30T00:00Z"),
        ("2026-01-31T12:00Z", 23, "UTC", "2024-02-29T00:00Z"),
        ("2026-03-12T23:30Z", 24, "Europe/Berlin", "2024-03-12T23:00Z"),
        ("2026-03-12T02:00Z", 24, "America/New_York", "2024-03-11T04:00Z"),
        ("2026-07-01T12:00Z", 24, "Pacific/Kiritimati", "2024-07-01T10:00Z"),
    ],
)
def test_the_time_is_counted_in_months_of_the_company_s_calendar(at, months, zone, since):
    assert retention.kept_since(instant(at), months, zone) == instant(since)


@pytest.mark.parametrize("at", ["2025-02-28T01:00Z", "2025-03-01T00:30Z", "2024-02-29T00:30Z", "2026-03-12T12:00Z"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_twelve_months_are_never_less_than_a_leap_year(at, zone):
    since = retention.kept_since(instant(at), 12, zone)

    assert instant(at) - since >= timedelta(days=365 + calendar.isleap(2024), hours=1)


@pytest.fixture
def entries(parcel_sent, door_opened, company_id, sealed_log):
    """An old entry in each log, and a later one."""
    made = {
        (event_type.log, at): make.recorded(event_type, make.Parcel(company_id), at=at, **data)
        for at in (LONG_AGO, NOW)
        for event_type, data in ((parcel_sent, {"place": "Riga"}), (door_opened, {}))
    }
    sealed_log()
    return made


def erase(company_id, until=NOW, at=NOW):
    return erasing.erase_old(company_id=company_id, until=until, at=at)


def test_what_is_older_is_erased_in_both_logs_and_the_rest_says_what_it_said(entries, company_id):
    assert erase(company_id) == 2

    assert list(BillingEvent.objects.order_by("at").values_list("actor_label", "erased_at")) == [
        ("", NOW),
        ("Ada", None),
    ]
    assert list(SecurityEvent.objects.filter(action="door.opened").order_by("at").values_list("ip", "erased_at")) == [
        (None, NOW),
        ("192.0.2.7", None),
    ]


def test_the_entry_about_it_names_what_was_erased_and_nobody(entries, company_id):
    erase(company_id)

    told = list(SecurityEvent.objects.filter(action="log.erased").order_by("pk"))
    assert {len(one.data.pop("kept")) for one in told} == {64}
    assert [one.data for one in told] == [
        {"count": 1, "numbers": [1], "why": "retention"},
        {"count": 1, "numbers": [2], "why": "retention"},
    ]
    assert {(one.company_id, one.actor_type, one.actor_label, one.ip) for one in told} == {
        (company_id, "automation", "Retention of the logs", None)
    }
    assert told[0].sentence == "erased what old entries said, 1 in all (retention)"


def test_an_erased_entry_says_so_in_its_place(entries, company_id):
    erase(company_id)

    erased = BillingEvent.objects.get(pk=entries["billing", LONG_AGO].pk)
    assert str(erased) == (
        "Team member Parcel sent: what this entry said was erased on 12 Mar 2026; its place and hash stand."
    )
    assert (erased.changed_fields, erased.particulars, erased.object_name, erased.device) == ([], [], "", "")
    assert erased.object_id == entries["billing", LONG_AGO].object_id


def test_no_word_of_it_is_left_in_the_table(entries, company_id):
    erase(company_id)

    with connection.cursor() as cursor:
        for table in ("audit_billingevent", "audit_securityevent"):
            texts = " || ".join([*EMPTIED_COLUMNS, "data", "coalesce(changes, '')"])
            cursor.execute(f"SELECT {texts} FROM {table} WHERE erased_at IS NOT NULL")
            assert set(cursor.fetchall()) == {("{}",)}


def test_the_hash_and_the_place_stand(entries, company_id):
    before = list(Leaf.objects.order_by("index").values_list("index", "entry_id", "number"))

    erase(company_id)

    assert list(Leaf.objects.order_by("index").values_list("index", "entry_id", "number")) == before


def test_the_sealer_goes_on_over_erased_entries(entries, company_id, sealed_log):
    erase(company_id)

    assert sealed_log().size == len(entries) + 2


def test_running_again_erases_nothing_and_writes_nothing(entries, company_id):
    erase(company_id)

    assert erase(company_id) == 0
    assert SecurityEvent.objects.filter(action="log.erased").count() == 2


def test_what_tells_of_erasing_is_never_erased(entries, company_id, sealed_log):
    erase(company_id, at=datetime(2019, 12, 1, tzinfo=UTC))
    sealed_log()

    assert erase(company_id) == 0


def test_what_is_not_sealed_waits(parcel_sent, company_id):
    make.recorded(parcel_sent, make.Parcel(company_id), at=LONG_AGO, place="Riga")

    assert erase(company_id) == 0


def test_the_id_of_a_contact_goes_with_what_was_said_of_them(parcel_sent, company_id, sealed_log):
    contact = make.Parcel(company_id)
    contact._meta = type(contact._meta)(model_name="contact")
    make.recorded(parcel_sent, contact, at=LONG_AGO, place="Riga")
    sealed_log()

    erase(company_id)

    assert BillingEvent.objects.get().object_id == ""


def test_another_company_s_entries_and_those_of_none_stay(entries, company_id, door_opened, sealed_log):
    nobody_s = make.recorded(door_opened, make.Parcel(None), at=LONG_AGO)
    sealed_log()

    assert erase(uuid7()) == 0
    assert erase(company_id) == 2
    assert SecurityEvent._base_manager.get(pk=nobody_s.pk).is_erased is False

    assert erase(None) == 1
    told = SecurityEvent._base_manager.get(action="log.erased", company_id=None)
    assert (told.object_id, told.data["numbers"]) == ("", [1])


def test_batches_are_bounded_and_the_next_turn_goes_on(parcel_sent, company_id, sealed_log, monkeypatch):
    monkeypatch.setattr(erasing, "BATCH", 2)
    monkeypatch.setattr(erasing, "AT_A_STRETCH", 2)
    for _ in range(5):
        make.recorded(parcel_sent, make.Parcel(company_id), at=LONG_AGO, place="Riga")
    sealed_log()

    assert [erase(company_id), erase(company_id), erase(company_id)] == [4, 1, 0]
    told = SecurityEvent.objects.filter(action="log.erased").order_by("pk")
    assert [one.data["numbers"] for one in told] == [[1, 2], [3, 4], [5]]


def test_nothing_is_erased_without_its_entry(entries, company_id, monkeypatch):
    monkeypatch.setattr(log, "entry", None)

    with pytest.raises(TypeError):
        erase(company_id)
    assert not BillingEvent.objects.filter(erased_at__isnull=False).exists()


def test_the_database_stops_what_would_erase_too_early(parcel_sent, company_id, sealed_log):
    make.recorded(parcel_sent, make.Parcel(company_id), at=datetime.now(UTC), place="Riga")
    sealed_log()

    with pytest.raises(IntegrityError):
        erase(company_id, until=datetime.now(UTC) + timedelta(days=1))


def test_old_entries_are_found_by_an_index(entries, company_id):
    with CaptureQueriesContext(connection) as queries:
        list(retention.erasable(BillingEvent, company_id, NOW).order_by("at")[:1])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
            assert "billingevent_to_erase" in " ".join(row[3] for row in cursor.fetchall())


def test_whoever_chose_nothing_keeps_what_is_possible(company_id):
    assert retention.kept_months(company_id) == 72
    LogSettings.objects.create(company_id=company_id, kept_months=24)
    assert retention.kept_months(company_id) == 24


@pytest.mark.parametrize("months", [11, 73])
def test_the_database_keeps_the_time_within_bounds(company_id, months):
    with pytest.raises(IntegrityError):
        LogSettings.objects.create(company_id=company_id, kept_months=months)


@pytest.mark.parametrize(("most", "counted"), [(5, 3), (3, 3), (2, 3), (1, 2)])
def test_counting_ends_one_beyond_the_most(entries, company_id, most, counted):
    rows = BillingEvent.objects.all()
    assert retention.count_up_to(most, rows, rows[:1]) == counted
