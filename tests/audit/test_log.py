from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import log
from audit.actors import Actor
from audit.leaves import TABLES
from audit.models import LOGS, BillingEvent, SecurityEvent
from audit.registry import EventType
from security.ids import uuid7
from tests.audit import make

pytestmark = pytest.mark.django_db


def test_what_is_hashed_is_read_from_the_tables_of_the_logs():
    assert {code: log._meta.db_table for code, log in LOGS.items()} == TABLES


def test_record_keeps_who_what_when_and_from_where(parcel_sent, company_id):
    customer_id = uuid7()
    parcel = make.Parcel(company_id, customer_id)

    made = make.recorded(parcel_sent, parcel, place="Riga", changes={"place": [None, "Riga"]}, reason="Asked by phone")

    entry = BillingEvent.objects.get()
    kept = {field.attname: getattr(entry, field.attname) for field in BillingEvent._meta.concrete_fields}
    assert kept == {
        "id": made.pk,
        "at": make.NOON,
        "company_id": company_id,
        "customer_id": customer_id,
        "actor_type": "member",
        "actor_id": "ada",
        "actor_label": "Ada",
        "on_behalf_of": "",
        "session": "s1",
        "ip": "192.0.2.7",
        "user_agent": "Browser",
        "action": "parcel.sent",
        "object_type": "parcel",
        "object_id": str(parcel.pk),
        "object_label": "P-1",
        "changes": {"place": [None, "Riga"]},
        "data": {"place": "Riga"},
        "outcome": "success",
        "reason": "Asked by phone",
        "request_id": "r1",
        "salt": made.salt,
        "erased_at": None,
    }
    assert len(made.salt) == 16


def test_record_is_one_insert(parcel_sent, company_id):
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        log.record(parcel_sent, target=make.Parcel(company_id), by=make.ADA, at=make.NOON, place="Riga")

    assert [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]] == ["INSERT"]


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused(parcel_sent):
    with pytest.raises(RuntimeError, match=r"inside transaction\.atomic"):
        log.record(parcel_sent, target=make.Parcel(uuid7()), by=make.ADA, at=make.NOON, place="Riga")
    with pytest.raises(RuntimeError, match=r"inside transaction\.atomic"):
        log.record_many([])


def test_an_entry_falls_with_its_transaction(parcel_sent, company_id):
    with transaction.atomic():
        log.record(parcel_sent, target=make.Parcel(company_id), by=make.ADA, at=make.NOON, place="Riga")
        transaction.set_rollback(True)

    assert not BillingEvent.objects.exists()


def test_record_many_writes_each_log_once(parcel_sent, door_opened, company_id):
    parcels = [make.Parcel(company_id, label=f"P-{number}") for number in range(3)]
    entries = [log.entry(parcel_sent, target=parcel, by=make.ADA, at=make.NOON, place="Riga") for parcel in parcels]
    entries.append(log.entry(door_opened, target=parcels[0], by=make.ADA, at=make.NOON))

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        log.record_many(entries)

    assert sum(query["sql"].startswith("INSERT") for query in queries) == 2
    assert sorted(make.sentences(BillingEvent.objects.all())) == [f"Ada sent parcel P-{n} to Riga" for n in range(3)]
    assert make.sentences(SecurityEvent.objects.all()) == ["Ada opened the door of P-0"]


def test_a_customer_and_a_company_are_their_own(parcel_sent):
    company, customer = make.Parcel(None), make.Parcel(uuid7())
    company._meta = type("_meta", (), {"model_name": "company"})
    customer._meta = type("_meta", (), {"model_name": "customer"})

    about_company = log.entry(parcel_sent, target=company, by=make.ADA, at=make.NOON, place="Riga")
    about_customer = log.entry(parcel_sent, target=customer, by=make.ADA, at=make.NOON, place="Riga")

    assert (about_company.company_id, about_company.customer_id) == (company.pk, None)
    assert (about_customer.company_id, about_customer.customer_id) == (customer.company_id, customer.pk)


def test_a_security_entry_may_have_no_company_or_a_given_one(door_opened):
    given = uuid7()

    alone = make.recorded(door_opened, make.Parcel(None), by=Actor.automation("worker"))
    placed = make.recorded(door_opened, make.Parcel(None), company_id=given)

    assert (alone.company_id, alone.actor_label, placed.company_id) == (None, "worker", given)


def test_only_declared_events_are_recorded(parcel_sent, company_id):
    forged = EventType("parcel.sent", "sent parcel {target}", "billing")

    with pytest.raises(ValueError, match=r'"parcel\.sent" is not a declared event'):
        make.recorded(forged, make.Parcel(company_id))


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({}, "also needs: place"),
        ({"place": "Riga", "outcome": "denied"}, '"denied" is not an outcome; known: failure, refused, success'),
        ({"place": "Riga", "changes": {"place": "Riga"}}, r"\[before, after\]"),
        ({"place": "Riga", "changes": {"place": ["Riga"]}}, r"\[before, after\]"),
    ],
)
def test_record_refuses_what_it_could_not_show(parcel_sent, company_id, details, refusal):
    with pytest.raises(ValueError, match=refusal):
        make.recorded(parcel_sent, make.Parcel(company_id), **details)


PACKED = {"place": "Riga", "weight": 3, "fragile": True, "stops": [], "options": {}, "parts": []}


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ({"colour": "red"}, r'"parcel\.packed" does not keep: colour\. Declare it'),
        ({"place": 3}, "keeps place as text, and int is not one"),
        ({"place": None}, "keeps place as text, and NoneType is not one"),
        ({"place": b"Riga"}, "keeps place as text, and bytes is not one"),
        ({"weight": "3"}, "keeps weight as whole number, and str is not one"),
        ({"weight": True}, "keeps weight as whole number, and bool is not one"),
        ({"weight": 0.5}, "keeps weight as whole number, and float is not one"),
        ({"weight": float("nan")}, "keeps weight as whole number, and float is not one"),
        ({"fragile": 1}, "keeps fragile as yes or no, and int is not one"),
        ({"stops": "Riga"}, "keeps stops as list of texts, and str is not one"),
        ({"stops": ["Riga", 3]}, "keeps stops as list of texts, and list is not one"),
        ({"options": {"note": None}}, "keeps options as mapping of texts, and dict is not one"),
        ({"options": {3: "three"}}, "keeps options as mapping of texts, and dict is not one"),
        ({"options": {"deep": {"deeper": "x"}}}, "keeps options as mapping of texts, and dict is not one"),
        ({"parts": [{"weight": 3}]}, "keeps parts as list of mappings of texts, and list is not one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_record_refuses_what_the_event_did_not_declare(parcel_packed, company_id, data, refusal):
    with pytest.raises(ValueError, match=refusal):
        make.recorded(parcel_packed, make.Parcel(company_id), **PACKED | data)
    assert not BillingEvent.objects.exists()


def test_record_refuses_changes_the_event_did_not_declare(door_opened):
    with pytest.raises(ValueError, match=r'"door\.opened" tells of no changed fields'):
        make.recorded(door_opened, make.Parcel(None), changes={"lock": ["shut", "open"]})


def test_record_refuses_a_change_to_a_float(parcel_sent, company_id):
    with pytest.raises(TypeError, match=r"float 0\.1"):
        make.recorded(parcel_sent, make.Parcel(company_id), place="Riga", changes={"weight": [0, 0.1]})


def test_values_of_every_kind_are_kept_as_text_people_can_read(parcel_packed, company_id):
    make.recorded(
        parcel_packed,
        make.Parcel(company_id),
        place=date(2026, 3, 12),
        weight=2**60,
        fragile=True,
        stops=("Rīga", make.NOON),
        options={"weight": Decimal("1.50"), "ways": ["by road", "by sea"]},
        parts=[{"name": "lid"}, {"name": "box"}],
        changes={"count": [None, 2]},
    )

    entry = BillingEvent.objects.get()
    assert entry.changes == {"count": [None, 2]}
    assert entry.data == {
        "place": "2026-03-12",
        "weight": "1152921504606846976",
        "fragile": True,
        "stops": ["Rīga", "2026-03-12T12:00:00+00:00"],
        "options": {"weight": "1.50", "ways": ["by road", "by sea"]},
        "parts": [{"name": "lid"}, {"name": "box"}],
    }


def test_hostile_text_is_stored_and_shown_harmlessly(parcel_sent, company_id):
    parcel = make.Parcel(company_id, label="P\x00-1\x1b[31m \u202egnp.exe\ud800 <b>")
    by = Actor(type="member", id="a\x00da", label="A\x00da\n", user_agent="x" * 1000)

    make.recorded(parcel_sent, parcel, by=by, place="Ri\x00ga\r\nAda deleted everything")

    entry = BillingEvent.objects.get()
    assert (entry.actor_id, entry.actor_name, len(entry.user_agent)) == ("ada", "Ada\\n", 400)
    assert entry.object_label == "P-1\x1b[31m \u202egnp.exe <b>"
    assert entry.sentence == "sent parcel P-1\\x1b[31m \\u202egnp.exe <b> to Riga\\r\\nAda deleted everything"


def test_a_value_that_is_too_long_is_cut_and_says_so(parcel_packed, company_id):
    parcel = make.Parcel(company_id, label="P" * 10_000)
    long = {"place": "x" * 1_000_000, "stops": [str(number) for number in range(1_500)]}

    make.recorded(parcel_packed, parcel, **PACKED | long, reason="y" * 1_000_000)

    entry = BillingEvent.objects.get()
    assert entry.data["place"] == "x" * 10_000 + "… (cut, 1,000,000 characters)"
    assert entry.reason == "y" * 10_000 + "… (cut, 1,000,000 characters)"
    assert entry.data["stops"] == [*map(str, range(1_000)), "… (cut, 1,500 entries)"]
    assert entry.object_label == "P" * 199 + "…"


def test_secrets_are_kept_as_fingerprints_that_only_tell_whether_they_changed(parcel_packed, company_id):
    make.recorded(
        parcel_packed,
        make.Parcel(company_id),
        **PACKED | {"options": {"webhook_secret": "canary-two"}},
        changes={"new_password": ["canary-one", "canary-two"], "recovery_tokens": [None, ["canary-one"]]},
    )

    entry = BillingEvent.objects.get()
    one, two = entry.changes["new_password"]
    assert one.startswith("fingerprint:1:")
    assert entry.data["options"]["webhook_secret"] == two != one
    assert entry.changes["recovery_tokens"] == [None, [one]]
    assert "canary" not in f"{entry.data}{entry.changes}"
