"""An id of somebody else's record is answered exactly like an id that never was, wherever an id can be given."""

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from security.tokens import new_token
from tests.access import bodies
from tests.access.routes import all_routes, route
from tests.access.world import ask, steady
from tests.house.code import report

NOBODY = "00000000-0000-7000-8000-000000000000"
NO_PASSKEY = 987_654_321


class Answer(NamedTuple):
    status: int
    location: str
    body: bytes


def answer(browser, method: str, address: str, body: Any, id: Any) -> Answer:
    """What comes back, without what changes with each request, and without the id that was asked for."""
    response, given = ask(browser, method, address, body), f"/{id}/" if isinstance(id, int) else str(id)
    location = response.headers.get("Location", "").replace(given, "ID")
    return Answer(response.status_code, location, steady(response).replace(given.encode(), b"ID"))


class Place(NamedTuple):
    """Where an id is given: in a field of a form or a parameter of an address, and of what record it is."""

    route: str
    field: str
    of: str
    sends: Any = None  # makes the body of a POST from one's own records; None is a GET
    also: str = ""


def editor(**pressed):
    return lambda own: bodies.invoice(own, **pressed)


COMPANY_WIDE = ("item", "tax_rate", "owner")
HEAD = (("customer", "customer"), ("contact", "contact"))
RATES = (("lines-0-tax_rates", "tax_rate"), ("adjustments-0-tax_rates", "tax_rate"))
ITEM = (("lines-0-item", "item"),)
PLACES = [
    *(Place("billing:invoice_create", *field, editor()) for field in HEAD + RATES + ITEM),
    *(Place("billing:invoice_create", *field, editor(add_line="1"), "and add a line") for field in HEAD + RATES),
    *(Place("billing:invoice_edit", *field, editor()) for field in HEAD + RATES + ITEM),
    *(Place("billing:invoice_preview", *field, editor()) for field in RATES + ITEM),
    Place("billing:invoice_create", "customer", "customer"),
    Place("billing:invoice_contacts", "customer", "customer"),
    Place("billing:invoice_bulk", "selected", "draft", lambda own: {"bulk": "issue"}, "issue"),
    Place("billing:invoice_bulk", "selected", "invoice", lambda own: {"bulk": "send"}, "send"),
    Place("billing:invoice_list", "customer", "customer"),
    Place("billing:payment_list", "customer", "customer"),
    Place("billing:payment_create", "customer", "customer"),
    Place("billing:payment_create", "invoice", "invoice"),
    Place("billing:payment_allocate", "invoice", "invoice", lambda own: {"amount": "1"}),
    Place("billing:item_create", "tax_rates", "tax_rate", lambda own: bodies.item()),
    Place("billing:item_edit", "tax_rates", "tax_rate", lambda own: bodies.item()),
    Place("billing:customer_list", "owner", "owner"),
    Place("billing:customer_create", "owner", "owner", lambda own: bodies.customer()),
    Place("billing:customer_edit", "owner", "owner", lambda own: bodies.customer()),
    Place("audit:billing_log", "customer", "customer"),
    Place("audit:billing_log", "object", "invoice"),
    Place("accounts:switch_company", "company", "company", lambda own: {}),
]


@pytest.fixture
def readers(world, people):
    """Who asks, what is theirs, and what is not."""
    there = world.rival
    world.owned.owner, world.owned.company = world.owner.user, world.company
    there.owned.owner, there.owned.company = there.owner.user, there.company
    return [
        ("administrator", people["administrator"], world.owned, there.owned),
        ("employee", people["employee"], world.owned, there.owned),
        ("owner", people["owner"], world.owned, world.other),
        ("owner", people["owner"], world.owned, there.owned),
        ("customer", people["customer"], world.owned, world.other),
        ("customer", people["customer"], world.owned, there.owned),
    ]


def test_in_an_address(readers):
    """The routes that lead to a record: not theirs is 404, like nothing at all."""
    wrong = []
    for who, browser, own, foreign in readers:
        for one in all_routes():
            if "id" not in one.arguments and "object_id" not in one.arguments:
                continue
            argument = "object_id" if "object_id" in one.arguments else "id"
            if one.name == "portal:sandbox":
                continue  # its ids are secrets, and who holds one pays
            id = foreign.invoice.pk if argument == "object_id" else one.record(foreign).pk
            nobodys = NO_PASSKEY if isinstance(id, int) else NOBODY
            for method in ("GET", "POST"):
                given = answer(browser, method, one.address(own, **{argument: id}), None, id)
                never = answer(browser, method, one.address(own, **{argument: nobodys}), None, nobodys)
                if given != never or given.status not in (302, 403, 404, 405):
                    wrong.append(f"{method} {one.name} answers {who} {given.status}, and {never.status} to no id")
    assert not wrong, report(wrong)


def test_before_saying_again_who_they_are(world, people):
    """The question who is there comes first, and is the same whether the record is one's own, another's or none."""
    wrong = []
    for one in all_routes():
        if one.asks_again and "id" in one.arguments:
            id = one.record(world.owned).pk
            nobodys = NO_PASSKEY if isinstance(id, int) else NOBODY
            given = answer(people["stale"], "POST", one.address(world.owned), None, id)
            never = answer(people["stale"], "POST", one.address(world.owned, id=nobodys), None, nobodys)
            if given != never or b"confirm-interrupted" not in given.body:
                wrong.append(f"{one.name} answers {given.status}, and {never.status} to no id")
    assert not wrong, report(wrong)


def test_a_mailed_link_meant_for_something_else(world, people):
    """Each link opens its own page; at any other it is what no link at all is."""
    wrong = []
    mailed = {name: token for name, token in world.owned.tokens.items() if name.startswith("accounts:")}
    for name in mailed:
        for meant_for, token in mailed.items():
            for method in ("GET", "POST"):
                given, never = (
                    answer(people["anonymous"], method, route(name).address(world.owned, token=key), None, key)
                    for key in (token, new_token())
                )
                if (given == never) != (name != meant_for) or never.status != 404:
                    wrong.append(f"{method} {name} answers {given.status} to the link of {meant_for}")
    assert not wrong, report(wrong)


def test_a_link_of_another_invoice(readers):
    revoke = route("portal:link_revoke")
    for _, browser, own, foreign in readers[:3]:
        ids = (foreign.link.pk, NOBODY)
        given, never = (answer(browser, "POST", revoke.address(own, link_id=id), None, id) for id in ids)
        assert given == never
        assert given.status == 404


def test_in_a_field_or_parameter(readers):
    """What one's own id does is different, so the field is read; what another's does is what nothing does."""
    wrong = []
    for who, browser, own, foreign in readers[:3]:
        for place in PLACES:
            if who == "owner" and (
                place.of in COMPANY_WIDE or place.of == "company" or place.route.startswith("audit:")
            ):
                continue
            mine, given, never = (
                asked(browser, place, own, id)
                for id in (getattr(own, place.of).pk, getattr(foreign, place.of).pk, uuid4())
            )
            name = f"{place.route} {place.also} {place.field} as {who}"
            if given != never:
                wrong.append(f"{name}: {given.status} unlike {never.status} for no id at all")
            if given == mine or given.status >= 500:
                wrong.append(f"{name}: {given.status}, and the same for one's own")
    assert not wrong, report(wrong)


def asked(browser, place, own, id):
    address = route(place.route).address(own)
    if place.sends is None:
        return answer(browser, "GET", f"{address}?{urlencode({place.field: id})}", None, id)
    return answer(browser, "POST", address, place.sends(own) | {place.field: str(id)}, id)


def test_a_part_of_a_payment_for_anothers_invoice(readers):
    """Besides the customer in the address, the form names an invoice in each of its fields."""
    create = route("billing:payment_create")
    for _, browser, own, foreign in readers[:3]:
        address = f"{create.address(own)}?customer={own.customer.pk}"
        mine, given, never = (
            answer(browser, "POST", address, bodies.payment(**{f"use-{id}": "5"}), id)
            for id in (own.invoice.pk, foreign.invoice.pk, uuid4())
        )
        assert given == never
        assert (mine.status, given.status) == (302, 200)


def test_a_selection_that_holds_one_of_another(readers):
    """One wrong id among one's own stops the whole: nothing is issued."""
    bulk = route("billing:invoice_bulk")
    for _, browser, own, foreign in readers[:3]:
        for id in (foreign.draft.pk, uuid4()):
            body = {"bulk": "issue", "selected": [str(own.draft.pk), str(id)]}
            assert answer(browser, "POST", bulk.address(own), body, id).status == 404
