"""Whoever sends the id of what is not theirs leaves one entry, wherever it is sent and whether it is there or not."""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import SecurityEvent
from tests import visitors
from tests.access import bodies, test_foreign_ids
from tests.access.routes import route
from tests.access.test_foreign_ids import COMPANY_WIDE, CSV, PLACES, Place
from tests.house.code import report

readers = test_foreign_ids.readers
IN_THE_ADDRESS = "in the address"
OF_AN_ENTRY = (("customer", "customer"), ("object", "invoice"))
ALSO = [
    Place("billing:customer_export", "owner", "owner", lambda own: {}, IN_THE_ADDRESS),
    Place("billing:invoice_export", "customer", "customer", lambda own: {}, IN_THE_ADDRESS),
    *(Place("audit:billing_export", *field, lambda own: CSV, IN_THE_ADDRESS) for field in OF_AN_ENTRY),
    Place("audit:security_export", "object", "stream", lambda own: CSV, IN_THE_ADDRESS),
    *(Place("billing:billing_log_report", *field, lambda own: {}, IN_THE_ADDRESS) for field in OF_AN_ENTRY),
    Place("billing:security_log_report", "object", "stream", lambda own: {}, IN_THE_ADDRESS),
    Place("billing:restriction_member", "add", "customer", lambda own: {"mode": "customers", "search": "1"}),
    Place("billing:invoice_edit", "lines-0-item", "item", lambda own: bodies.invoice(own, find_customer="1")),
]
ACTORS = {
    "administrator": ("member", "Ada"),
    "owner": ("member", "Owner"),
    "key": ("api_key", "Screen"),
    "limited key": ("api_key", "Nightly export"),
}


def test_everywhere_an_id_can_be_given(readers):
    """One's own leaves none."""
    wrong, read = [], set()
    for who, browser, own, foreign in (one for one in readers[:5] if one[0] in ACTORS):
        for place in (*PLACES, *ALSO):
            is_shared = own.company == foreign.company and place.of in COMPANY_WIDE
            if is_shared or route(place.route).by_key != ("key" in who):
                continue
            name = f"{place.route} {place.also} {place.field} as {who}"
            status, mine = left_by(browser, place, own, getattr(own, place.of).pk)
            if status == 403:
                continue
            read.add(place)
            if mine:
                wrong.append(f"{name}: one's own is noted")
            found = [left_by(browser, place, own, id)[1] for id in (getattr(foreign, place.of).pk, uuid4())]
            expected = [(*ACTORS[who], own.company.pk, "refused", route(place.route).address(own))]
            if found != [expected, expected]:
                wrong.append(f"{name}: {found}")
    assert not wrong, report(wrong)
    assert read == {*PLACES, *ALSO}


def test_a_flood_of_them_is_one_entry_a_minute_for_each_person_and_address(company, acme):
    ada, bo = (visitors.browser(visitors.member(company, name=name)) for name in ("Ada", "Bo"))
    for name, times in (("billing:invoice_list", 5), ("billing:payment_list", 2)):
        for _ in range(times):
            ada.get(reverse(name), {"customer": uuid4()})
    bo.get(reverse("billing:invoice_list"), {"customer": uuid4()})
    assert sorted(labels()) == ["Ada", "Ada", "Bo"]

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        ada.get(reverse("billing:invoice_list"), {"customer": uuid4()})
    assert labels().count("Ada") == 3


@pytest.mark.parametrize("customer", ["", "x", "Acme", "0" * 31])
def test_what_is_no_id_is_a_mistake_and_no_entry(ada, acme, customer):
    for name in ("invoice_list", "payment_list", "invoice_create", "invoice_contacts"):
        assert ada.get(reverse(f"billing:{name}"), {"customer": customer}).status_code == 200
    assert labels() == []


def test_a_part_for_an_invoice_that_is_not_there(ada, acme):
    address = f"{reverse('billing:payment_create')}?customer={acme.pk}"
    ada.post(address, bodies.payment(**{f"use-{uuid4()}": "5"}))
    assert labels() == ["Ada"]


def labels() -> list[str]:
    return [one.actor_label for one in SecurityEvent.objects.filter(action="record.not_found")]


def left_by(browser: Any, place: Place, own: Any, id: Any) -> tuple[int, list[tuple[Any, ...]]]:
    """The answer's status, and who did what in the security log; nothing of both stays."""
    address, cookies = route(place.route).address(own), deepcopy(browser.cookies)
    named = f"{address}?{urlencode({place.field: id})}"
    with transaction.atomic():
        if place.sends is None:
            response = browser.get(named)
        elif place.also == IN_THE_ADDRESS:
            response = browser.post(named, place.sends(own))
        else:
            response = browser.post(address, place.sends(own) | {place.field: str(id)})
        left = [
            (one.actor_type, one.actor_label, one.company_id, one.outcome, one.data["page"])
            for one in SecurityEvent.objects.filter(action="record.not_found")
        ]
        transaction.set_rollback(True)
    browser.cookies = cookies
    return response.status_code, left
