"""An id of somebody else's record is answered exactly like an id that never was, wherever an id can be given."""

from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Approval, Invitation, Membership
from accounts.scoping import in_company
from billing.models import Customer
from security.tokens import new_token
from tests import keys, make
from tests.access import bodies
from tests.access.routes import all_routes, route
from tests.access.world import ask, steady
from tests.house.code import report

NOBODY = "00000000-0000-7000-8000-000000000000"
NO_PASSKEY = 987_654_321
TOO_LONG = "x" * 600
CSV = {"format": "csv"}


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


def pressing(mode, button):
    return lambda own: {"mode": mode, button: "1"}


# What a whole company has in common, its team with it: there is none of another's within it.
COMPANY_WIDE = (
    *("company", "item", "tax_rate", "custom_field", "owner", "member", "colleague", "administrator"),
    *("role", "heir_role", "agreed", "stream"),
)
# So many of the readers are asked about fields; the others find the same.
ASKED_WITHIN = 6
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
    Place("audit:security_log", "customer", "customer"),
    Place("audit:security_log", "object", "stream"),
    Place("accounts:switch_company", "company", "company", lambda own: {}),
    Place("accounts:explain", "member", "member"),
    Place("accounts:role_list", "role", "role"),
    Place("accounts:role_compare", "a", "role"),
    Place("accounts:role_compare", "b", "role"),
    Place("accounts:member_role", "role", "role", lambda own: {}),
    Place("accounts:member_revoke", "heir", "colleague", lambda own: {}),
    Place("accounts:ownership_offer", "to", "administrator", lambda own: {}),
    Place(
        "accounts:invitation_create", "role", "role", lambda own: {"emails": "di@away.example", "restriction": "none"}
    ),
    Place("accounts:role_delete", "heir", "heir_role", lambda own: {"holders": str(own.invitation.pk)}),
    Place("accounts:access_review", "members", "member", lambda own: {}),
    Place("accounts:api_key_create", "approval", "agreed"),
    *(
        Place(f"billing:restriction_{target}", field, of, pressing(mode, pressed))
        for target in ("member", "invitation", "key")
        for pressed in ("save", "preview")
        for field, of, mode in (("add", "customer", "customers"), ("field_1", "custom_field", "fields"))
    ),
    *(Place(f"billing:api_{name}_list", "customer", "customer") for name in ("invoice", "payment", "event")),
    Place("billing:api_event_list", "object_id", "invoice"),
]


def fields_chosen(own):
    return {"mode": "fields", "field_1": own.custom_field.pk}


# Where an id is part of the name of a field, which only a record that one has gives the form.
NAMES = [
    ("billing:customer_list", "field-{}", None),
    ("billing:customer_edit", "field-{}", lambda own: bodies.customer()),
    ("billing:restriction_member", "ticked-{}", lambda own: fields_chosen(own) | {"save": "1"}),
    ("billing:restriction_member", "lines-{}", lambda own: fields_chosen(own) | {"preview": "1"}),
]


@pytest.fixture
def readers(world, people):
    """Who asks, what is theirs, and what is not."""
    there = world.rival
    world.owned.owner, world.owned.company = world.owner.user, world.company
    world.other.company = world.company
    there.owned.owner, there.owned.company = there.owner.user, there.company
    world.owned.colleague, there.owned.colleague = world.other.person, make.member(company=there.company).user
    for each in (world, there):
        roles_and_agreements(each)
    limited = keys.program(
        make.member(company=world.company), restriction="customers", customer_ids=[str(world.owned.customer.pk)]
    )
    return [
        ("administrator", people["administrator"], world.owned, there.owned),
        ("employee", people["employee"], world.owned, there.owned),
        ("owner", people["owner"], world.owned, world.other),
        ("key", people["key"], world.owned, there.owned),
        ("limited key", limited, world.owned, world.other),
        ("fields", people["fields"], world.other, world.owned),
        ("owner", people["owner"], world.owned, there.owned),
        ("customer", people["customer"], world.owned, world.other),
        ("customer", people["customer"], world.owned, there.owned),
    ]


def roles_and_agreements(of):
    """Ada, or whoever administers the rival, owns the company, and a second person agreed to a key of theirs.

    Somebody was offered the role; besides it there is another.
    """
    own, at = of.owned, timezone.now()
    Invitation.objects.filter(pk=own.invitation.pk).update(role="", own_role=own.role)
    own.heir_role = make.role(of.company, name="Heir")
    team = Membership.objects.filter(company=of.company)
    own.administrator = team.get(is_owner=True)
    team.update(is_owner=False)
    owner = team.get(user__name__in=("Ada", "Riva"))
    team.filter(pk=owner.pk).update(is_owner=True)
    own.agreed = Approval.objects.create(
        company=of.company,
        kind="api_key",
        object_type="apikey",
        object_id=str(uuid4()),
        object_label="Nightly",
        payload={"name": "Nightly"},
        requested_by=owner,
        requested_at=at,
        expires_at=at + timedelta(days=1),
        outcome="approved",
        decided_by=own.administrator,
        decided_at=at,
    )


def test_in_an_address(readers):
    """The routes that lead to a record: not theirs is 404, like nothing at all."""
    wrong = []
    for who, browser, own, foreign in readers:
        for one in all_routes():
            identity = one.identity(foreign)
            if not identity or one.by_key != ("key" in who) or is_shared(one, own, foreign):
                continue
            if one.name == "portal:sandbox":
                continue  # its ids are secrets, and who holds one pays
            [(argument, id)] = identity.items()
            nobodys = NO_PASSKEY if isinstance(id, int) else NOBODY
            for method in ("GET", "POST"):
                given = answer(browser, method, one.address(own, **identity), None, id)
                never = answer(browser, method, one.address(own, **{argument: nobodys}), None, nobodys)
                if given != never or given.status not in (302, 403, 404, 405):
                    wrong.append(f"{method} {one.name} answers {who} {given.status}, and {never.status} to no id")
    assert not wrong, report(wrong)


def is_shared(one, own, foreign):
    """Whether the route is about what the company of both has in common."""
    shared = [vars(foreign).get(name) for name in COMPANY_WIDE]
    return own.company == foreign.company and "id" in one.arguments and one.record(foreign) in shared


def test_before_saying_again_who_they_are(world, people):
    """The question who is there comes first, and is the same whether the record is one's own, another's or none."""
    wrong = []
    for one in all_routes():
        identity = one.identity(world.owned)
        if one.asks_again and identity:
            [(argument, id)] = identity.items()
            nobodys = NO_PASSKEY if isinstance(id, int) else NOBODY
            given = answer(people["stale"], "POST", one.address(world.owned), None, id)
            never = answer(people["stale"], "POST", one.address(world.owned, **{argument: nobodys}), None, nobodys)
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
    wrong, read = [], set()
    for who, browser, own, foreign in readers[:ASKED_WITHIN]:
        for place in PLACES:
            by_key = route(place.route).by_key
            if by_key != ("key" in who) or (own.company == foreign.company and place.of in COMPANY_WIDE):
                continue
            mine, given, never = (
                asked(browser, place, own, id)
                for id in (getattr(own, place.of).pk, getattr(foreign, place.of).pk, uuid4())
            )
            if mine.status == 403:
                continue
            read.add(place)
            name = f"{place.route} {place.also} {place.field} as {who}"
            if given != never:
                wrong.append(f"{name}: {given.status} unlike {never.status} for no id at all")
            if given == mine or given.status >= 500:
                wrong.append(f"{name}: {given.status}, and the same for one's own")
    assert not wrong, report(wrong)
    assert read == {*PLACES}


def test_in_the_name_of_a_field(readers):
    """One's own field is read there; another company's is what no field is."""
    wrong = []
    for who, browser, own, foreign in readers[:2]:
        for name, field, sends in NAMES:
            mine, given, never = (
                asked(browser, Place(name, field.format(id), "custom_field", sends), own, TOO_LONG, of=id)
                for id in (own.custom_field.pk, foreign.custom_field.pk, uuid4())
            )
            if given != never or given.status >= 500:
                wrong.append(f"{name} {field} as {who}: {given.status}, and {never.status} for no field at all")
            if mine == given and mine.status != 403:
                wrong.append(f"{name} {field} as {who}: one's own is not read")
    assert not wrong, report(wrong)


@pytest.mark.parametrize("field", ["customers", "find"])
@pytest.mark.parametrize("pressed", ["save", "preview", "search"])
def test_a_name_or_number_on_a_list_of_customers(world, people, field, pressed):
    """Who is found by it is a customer of the company; another's is nobody."""
    with in_company(world.rival.company):
        Customer.objects.filter(pk=world.rival.owned.customer.pk).update(number="R-77")
    address = route("billing:restriction_member").address(world.owned)
    for theirs in ("Cargo", "R-77"):
        given, never = (
            answer(people["administrator"], "POST", address, {"mode": "customers", field: text, pressed: "1"}, text)
            for text in (theirs, "nobody's")
        )
        assert given.body.replace(theirs.encode(), b"ID") == never.body.replace(b"nobody&#x27;s", b"ID")
        assert (given.status, never.status) == (200, 200)


@pytest.mark.parametrize(
    ("name", "parameter", "of", "body"),
    [
        ("billing:customer_export", "owner", "owner", {}),
        ("billing:invoice_export", "customer", "customer", {}),
        ("audit:billing_export", "customer", "customer", CSV),
        ("audit:billing_export", "object", "invoice", CSV),
        ("audit:billing_export", "who", "contact", CSV),
        ("audit:security_export", "object", "stream", CSV),
    ],
)
def test_in_a_filter_of_what_is_taken_away(readers, name, parameter, of, body):
    for _, browser, own, foreign in readers[:2]:
        mine, given, never = (
            answer(browser, "POST", f"{route(name).address(own)}?{parameter}={id}", body, id)
            for id in (getattr(own, of).pk, getattr(foreign, of).pk, uuid4())
        )
        assert given == never
        assert mine.status == 403 or (mine.status == 200 and mine != given)


def asked(browser, place, own, value, *, of=None):
    """What is answered to a value, an id unless it says `of` which one something is asked."""
    address, id = route(place.route).address(own), of or value
    if place.sends is None:
        return answer(browser, "GET", f"{address}?{urlencode({place.field: value})}", None, id)
    return answer(browser, "POST", address, place.sends(own) | {place.field: str(value)}, id)


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
