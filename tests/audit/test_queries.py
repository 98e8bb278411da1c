from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from audit import queries
from audit.actors import Actor
from audit.models import BillingEvent, SecurityEvent
from audit.paging import NEWEST_FIRST, OLDEST_FIRST, page
from audit.queries import Filters
from audit.registry import declare
from security.ids import uuid7
from tests.audit import make

pytestmark = pytest.mark.django_db
ACME, BOREALIS = uuid7(), uuid7()
BO = Actor(type="contact", id="bo", label="Bo Berg")


@pytest.fixture
def log(parcel_sent, company_id):
    lost = declare("parcel.lost", "lost parcel {target}: {reason}")
    make.recorded(parcel_sent, make.Parcel(company_id, ACME, "P-1"), place="Rīga")
    make.recorded(
        parcel_sent, make.Parcel(company_id, BOREALIS, "P-2"), by=BO, at=make.NOON + timedelta(hours=1), place="Oslo"
    )
    make.recorded(
        lost,
        make.Parcel(company_id, ACME, "P-3"),
        at=make.NOON + timedelta(hours=2),
        outcome="failure",
        reason="The ship sank",
    )
    make.recorded(parcel_sent, make.Parcel(company_id, None, "P-4"), at=make.NOON + timedelta(hours=3), place="Rīga")


def labels(rows):
    return [entry.object_label for entry in rows.order_by("at")]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), ["P-1", "P-2", "P-3", "P-4"]),
        (Filters(actor_id="bo"), ["P-2"]),
        (Filters(actor_text="BERG"), ["P-2"]),
        (Filters(actor_type="contact"), ["P-2"]),
        (Filters(actions=["parcel.lost"]), ["P-3"]),
        (Filters(actions=["parcel.lost", "parcel.sent"]), ["P-1", "P-2", "P-3", "P-4"]),
        (Filters(object_type="parcel"), ["P-1", "P-2", "P-3", "P-4"]),
        (Filters(object_type="invoice"), []),
        (Filters(customer_id=ACME), ["P-1", "P-3"]),
        (Filters(outcome="failure"), ["P-3"]),
        (Filters(since=make.NOON + timedelta(hours=1)), ["P-2", "P-3", "P-4"]),
        (Filters(until=make.NOON + timedelta(hours=1)), ["P-1"]),
        (Filters(object_text="P-4"), ["P-4"]),
        (Filters(object_text="P-"), ["P-1", "P-2", "P-3", "P-4"]),
        (Filters(object_text="P-4", actor_id="bo"), []),
        (Filters(network="192.0.2.7/32"), ["P-1", "P-3", "P-4"]),
        (Filters(network="192.0.0.0/16"), ["P-1", "P-3", "P-4"]),
        (Filters(network="::/0"), []),
        (Filters(actor_text="bo"), ["P-2"]),
        (Filters(text="p-4"), ["P-4"]),
        (Filters(text="ship sank"), ["P-3"]),
        (Filters(text="Rīga"), ["P-1", "P-4"]),
        (Filters(text="100%_"), []),
        (Filters(text="Rīga", customer_id=ACME, actor_id="ada"), ["P-1"]),
    ],
)
def test_filters_narrow_the_log(log, company_id, filters, found):
    assert labels(queries.billing_events(company_id, filters)) == found
    read = page(queries.billing_search(company_id, filters))
    assert [entry.object_label for entry in read.entries] == found[::-1]


def test_one_object_can_be_asked_for(log, company_id):
    second = BillingEvent.objects.get(object_label="P-2")

    assert labels(queries.billing_events(company_id, Filters(object_id=second.object_id))) == ["P-2"]
    id = UUID(second.object_id)
    assert make.sentences(queries.histories({"parcel": [id]})) == ["Bo Berg sent parcel P-2 to Oslo"]
    assert queries.histories({"invoice": [id]}) == []


def test_several_objects_have_one_history(log):
    ids = {entry.object_label: UUID(entry.object_id) for entry in BillingEvent.objects.all()}

    entries = queries.histories({"parcel": [ids["P-1"], ids["P-4"]], "invoice": [uuid7()], "payment": []})

    assert [entry.object_label for entry in entries] == ["P-4", "P-1"]
    assert queries.histories({"parcel": []}) == []


@pytest.mark.parametrize(
    ("visible", "found"), [([ACME], ["P-1", "P-3"]), ([], []), ([ACME, BOREALIS], ["P-1", "P-2", "P-3"])]
)
def test_a_restricted_reader_sees_their_customers_only(log, company_id, visible, found):
    assert labels(queries.billing_events(company_id, Filters(), visible)) == found
    assert [entry.object_label for entry in queries.recent(company_id, 10, visible)] == found[::-1]
    assert labels(queries.billing_events(company_id, Filters(customer_id=BOREALIS), [ACME])) == []


def test_a_customer_has_one_history_newest_first(log):
    assert make.sentences(queries.customer_history(ACME)) == [
        "Ada lost parcel P-3: The ship sank",
        "Ada sent parcel P-1 to Rīga",
    ]


def test_recent_is_the_newest_few(log, company_id):
    assert [entry.object_label for entry in queries.recent(company_id, 2)] == ["P-4", "P-3"]


def test_another_company_finds_nothing(log, company_id):
    parcel = BillingEvent.objects.get(object_label="P-1")
    with scope(company=uuid7()):
        assert not queries.billing_events(company_id, Filters()).exists()
        assert queries.recent(company_id, 10) == []
        assert queries.histories({"parcel": [UUID(parcel.object_id)]}) == []
        assert queries.customer_history(ACME) == []


def test_without_a_scope_the_billing_log_cannot_be_read(parcel_sent):
    with pytest.raises(ScopeError):
        queries.billing_events(uuid7(), Filters())


def test_the_security_log_is_read_by_company_or_by_account(door_opened, company_id):
    house, elsewhere, account = make.Parcel(company_id, ACME, "house"), make.Parcel(uuid7(), label="elsewhere"), uuid7()
    user = make.Parcel(None, label="Ada")
    user.pk, user._meta = account, type("_meta", (), {"model_name": "user"})
    make.recorded(door_opened, house)
    make.recorded(door_opened, elsewhere, by=Actor(type="member", id=str(account), label="Ada"))
    make.recorded(door_opened, user, by=Actor.automation("worker"))

    assert labels(queries.security_events(company_id, Filters())) == ["house"]
    assert labels(queries.security_events(company_id, Filters(), [BOREALIS])) == []
    assert sorted(labels(queries.account_events(account, company_id))) == ["Ada", "elsewhere"]
    assert SecurityEvent.objects.count() == 3


def test_an_account_is_told_of_customers_only_where_it_works_and_only_those_it_sees(door_opened, company_id):
    account, elsewhere = uuid7(), uuid7()
    for company, customer, label in (
        (company_id, ACME, "seen"),
        (company_id, BOREALIS, "hidden"),
        (elsewhere, ACME, "of another company"),
        (elsewhere, None, "of nobody"),
    ):
        theirs = Actor(type="member", id=str(account), label="Ada")
        make.recorded(door_opened, make.Parcel(company, customer, label), by=theirs)

    def told(*where):
        return sorted(labels(queries.account_events(account, *where)))

    assert told(company_id, [ACME]) == ["of nobody", "seen"]
    assert told(company_id) == ["hidden", "of nobody", "seen"]
    assert told(None) == ["of nobody"]


INDEXED = [
    Filters(),
    Filters(actor_id="bo"),
    Filters(actor_type="contact"),
    Filters(actions=["parcel.lost"]),
    Filters(customer_id=ACME),
    Filters(outcome="failure"),
    Filters(network="192.0.2.7/32"),
    Filters(object_id="x"),
    Filters(object_text="P-4"),
    Filters(since=make.NOON),
]


@pytest.mark.parametrize("filters", INDEXED, ids=range(len(INDEXED)))
def test_each_filter_alone_is_read_from_an_index_in_order(log, company_id, filters):
    search = queries.billing_search(company_id, filters)

    assert search.rest is None
    for lane in search.lanes:
        for order in (NEWEST_FIRST, OLDEST_FIRST):
            plan = lane.order_by(*order)[:50].explain().upper()
            if connection.vendor == "sqlite":
                assert "USING INDEX" in plan
                assert "TEMP B-TREE" not in plan


COMBINED = [
    Filters(text="zebra"),
    Filters(actor_text="zebra"),
    Filters(network="192.0.2.0/24"),
    Filters(object_text="zebra"),
    Filters(object_type="invoice"),
    Filters(actor_id="bo", actions=["parcel.lost", "parcel.sent"], outcome="refused"),
]


@pytest.mark.parametrize("filters", COMBINED, ids=range(len(COMBINED)))
def test_what_no_index_finds_is_looked_for_in_so_many_entries(log, company_id, filters, monkeypatch):
    monkeypatch.setattr("audit.paging.LOOKED_THROUGH", 1)
    search = queries.billing_search(company_id, filters)

    assert search.rest is not None
    found = page(queries.billing_search(company_id, Filters(text="zebra")))
    assert (found.entries, found.looked_back_to) == ([], make.NOON + timedelta(hours=3))


def test_several_actions_are_each_a_lane_and_their_entries_one_list(log, company_id):
    search = queries.billing_search(company_id, Filters(actions=["parcel.lost", "parcel.sent"]))

    assert len(search.lanes) == 2
    assert [entry.object_label for entry in page(search, size=3).entries] == ["P-4", "P-3", "P-2"]


@pytest.mark.parametrize(
    ("network", "address", "is_within"),
    [
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("192.0.2.0/25", "192.0.2.128", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/33", "2001:db8:ffff::1", False),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("0.0.0.0/0", None, False),
    ],
)
def test_an_address_lies_in_a_network_or_not(parcel_sent, company_id, network, address, is_within):
    by = Actor(type="visitor", id="", label="", ip=address)
    make.recorded(parcel_sent, make.Parcel(company_id), by=by, place="")

    assert BillingEvent.objects.filter(ip__within=network).exists() == is_within
