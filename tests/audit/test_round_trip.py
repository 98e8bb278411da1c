"""What is hashed is what was written: the same bytes from Python and from either database."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import log
from audit.actors import Actor
from audit.canonical import dumps
from audit.leaves import FORMAT, entry_bytes, rows_of
from security.ids import uuid7
from tests.audit import make
from tests.audit.test_values import HOSTILE, NAMES, TEXTS

pytestmark = pytest.mark.django_db

# PostgreSQL writes the long retired addresses that end in an IPv4 address another way; no caller has one.
ADDRESSES = st.none() | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).filter(lambda one: int(one) >> 32).map(str)
ACTORS = st.builds(
    Actor,
    type=st.sampled_from(["member", "contact", "automation", "visitor"]),
    id=TEXTS,
    label=TEXTS,
    session=TEXTS,
    ip=ADDRESSES,
    user_agent=TEXTS,
    request_id=TEXTS,
    on_behalf_of=TEXTS,
)
SECONDS = st.integers(0, 10**11).map(lambda seconds: datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds))
INSTANTS = SECONDS | st.builds(lambda at, more: at + timedelta(microseconds=more), SECONDS, st.integers(0, 999_999))
OPTIONS = st.dictionaries(NAMES, TEXTS | st.lists(TEXTS, max_size=4), max_size=5)
CHANGES = st.none() | st.dictionaries(NAMES, st.tuples(HOSTILE, HOSTILE).map(list), max_size=4)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    by=ACTORS,
    at=INSTANTS,
    label=TEXTS,
    reason=TEXTS,
    place=TEXTS,
    weight=st.integers(),
    stops=st.lists(TEXTS, max_size=4),
    options=OPTIONS,
    changes=CHANGES,
)
def test_an_entry_is_read_back_as_the_bytes_it_was_written_as(
    parcel_packed, company_id, by, at, label, reason, place, weight, stops, options, changes
):
    data = {"place": place, "weight": weight, "fragile": True, "stops": stops, "options": options, "parts": [options]}
    parcel = make.Parcel(company_id, uuid7(), label)
    made = make.recorded(parcel_packed, parcel, by=by, at=at, reason=reason, changes=changes, **data)

    [row] = rows_of("billing", [made.pk])

    assert entry_bytes("billing", 7, row) == written(made)


@pytest.mark.parametrize(
    ("ip", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::1", "::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("nobody knows", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_has_one_spelling(door_opened, ip, kept):
    made = make.recorded(door_opened, make.Parcel(None), by=Actor(type="visitor", id="", label="", ip=ip))

    [row] = rows_of("security", [made.pk])

    assert json.loads(entry_bytes("security", 7, row))["ip"] == kept
    assert entry_bytes("security", 7, row) == written(made, log="security")


def test_many_entries_written_at_once_are_the_same_as_one(parcel_sent, company_id):
    parcels = [make.Parcel(company_id, label=f"P-{number}") for number in range(3)]
    made = [log.entry(parcel_sent, target=parcel, by=make.ADA, at=make.NOON, place="Rīga") for parcel in parcels]

    log.record_many(made)

    rows = [row for entry in made for row in rows_of("billing", [entry.pk])]
    assert [entry_bytes("billing", 7, row) for row in rows] == [written(entry) for entry in made]


def written(entry, log="billing"):
    """The bytes of an entry as docs/log-format.md has them, from what Python holds."""
    has = SimpleNamespace(**{field.attname: getattr(entry, field.attname) for field in entry._meta.concrete_fields})
    return dumps(
        {
            "format": FORMAT,
            "log": log,
            "number": 7,
            "id": str(has.id),
            "company": has.company_id and str(has.company_id),
            "customer": has.customer_id and str(has.customer_id),
            "at": has.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "actor": {"type": has.actor_type, "id": has.actor_id, "label": has.actor_label},
            "on_behalf_of": has.on_behalf_of,
            "session": has.session,
            "ip": has.ip,
            "user_agent": has.user_agent,
            "action": has.action,
            "object": {"type": has.object_type, "id": has.object_id, "label": has.object_label},
            "changes": has.changes,
            "data": has.data,
            "outcome": has.outcome,
            "reason": has.reason,
            "request_id": has.request_id,
            "salt": has.salt.hex(),
        }
    ).encode()
