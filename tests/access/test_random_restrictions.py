"""Whatever role somebody has, and however they are limited: no page holds a customer who is hidden from them."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from accounts.models import ApiKey, Membership
from accounts.permissions import Permission
from accounts.scoping import in_company
from billing.models import Customer, CustomField, CustomFieldValue, Invoice, Payment
from security.tokens import new_token, token_hash
from tests import books, make, visitors
from tests.access.legible import legible
from tests.access.routes import IDENTITIES, Route, all_routes
from tests.access.test_hidden_customers import COMPANY_WIDE, WAYS, records
from tests.access.world import ask, key_of, seal
from tests.house.code import report

MARKS = ("Quagmire", "Vexillum", "Zephyrine", "Jocularity")
VALUES = ("north", "south", "east")
EXAMPLES = 12
PAGES = 16

a_mark = some.sampled_from(MARKS)
a_value = some.sampled_from(VALUES)
restrictions = some.one_of(
    some.just({"restriction": "owner"}),
    some.builds(
        lambda values: {"restriction": "fields", "values": values},
        some.dictionaries(some.sampled_from([0, 1]), some.lists(a_value, min_size=1, unique=True), min_size=1),
    ),
    some.builds(lambda marks: {"restriction": "customers", "marks": sorted(marks)}, some.sets(a_mark, min_size=1)),
)


class Case(NamedTuple):
    """Who may do what, what stands in the two fields of each customer, and which pages they open."""

    permissions: set[Permission]
    restriction: dict[str, Any]
    of_key: dict[str, Any] | None
    owned: set[str]
    values: dict[str, list[str]]
    pages: list[int]


cases = some.builds(
    Case,
    some.sets(some.sampled_from(list(Permission)), min_size=12),
    restrictions,
    some.none() | restrictions,
    some.sets(a_mark),
    some.fixed_dictionaries({mark: some.lists(a_value | some.just(""), min_size=2, max_size=2) for mark in MARKS}),
    some.lists(some.integers(0, 10_000), min_size=PAGES, max_size=PAGES, unique=True),
)


@pytest.fixture
def scene(world) -> SimpleNamespace:
    """Four customers with a mark in all that is theirs, one of them a rival's; and two fields to tell them by."""
    with in_company(world.company):
        fields = [
            CustomField.objects.create(
                company=world.company, name=name, kind="choice", choices=[*VALUES], created_at=books.AT
            )
            for name in ("Region", "Sector")
        ]
        of = {mark: records(world.company, mark) for mark in MARKS}
        CustomFieldValue.objects.filter(field__in=fields).delete()
        told = {mark: told_of(one.customer, mark) for mark, one in of.items()}
    with in_company(world.rival.company):
        foreign = records(world.rival.company, "Rivalrous")
    seal(*of.values(), foreign, at=timezone.now())
    return SimpleNamespace(world=world, company=world.company, fields=fields, of=of, told=told, foreign=foreign)


def told_of(customer: Customer, mark: str) -> list[bytes]:
    """The mark, and every number that is this customer's."""
    numbers = [
        *Invoice.objects.filter(customer=customer, number__isnull=False).values_list("number", flat=True),
        *Payment.objects.filter(customer=customer).values_list("number", flat=True),
    ]
    return [mark.lower().encode(), *(number.lower().encode() for number in numbers)]


@given(case=cases)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nobody_meets_a_customer_who_is_hidden(scene, case):
    with transaction.atomic(), in_company(scene.company):
        wrong = list(met(scene, case))
        transaction.set_rollback(True)
    assert not wrong, report(wrong)


def met(scene: SimpleNamespace, case: Case) -> Iterator[str]:
    browser, member, header = arranged(scene, case)
    seen = {mark for mark in MARKS if is_seen(case.restriction, case, mark)}
    seen_by_key = {mark for mark in seen if case.of_key is None or is_seen(case.of_key, case, mark)}
    hidden, hidden_from_key = (forbidden(scene, marks) for marks in (seen, seen_by_key))
    for address in chosen(scene, case):
        text = legible(ask(browser, "GET", address))
        yield from (f"{address} tells a {member} {word!r}" for word in hidden if tells(text, word))
    for log in ("billing", "security"):
        text = legible(ask(browser, "POST", f"/audit/{log}/export/", {"format": "jsonl"}))
        yield from (f"the file of the {log} log tells a {member} {word!r}" for word in hidden if tells(text, word))
    for address in addresses_for_keys(scene):
        answer = ask(visitors.Browser(), "GET", address, **header)
        yield from (f"{address} tells a key {word!r}" for word in hidden_from_key if tells(answer.body, word))
    if Permission.CUSTOMER_VIEW in case.permissions:
        shown = ask(browser, "GET", "/customers/").body
        yield from (f"the list lacks {mark}" for mark in seen if mark.encode() not in shown)
        rows = ask(visitors.Browser(), "GET", "/api/v1/customers/", **header).body
        yield from (f"the key lacks {mark}" for mark in seen_by_key if mark.encode() not in rows)


def arranged(scene: SimpleNamespace, case: Case) -> tuple[Any, Membership, dict[str, str]]:
    """The member at a browser, and the header of a program with a key of theirs."""
    for field, place in zip(scene.fields, (0, 1), strict=True):
        for mark, values in case.values.items():
            if values[place]:
                CustomFieldValue.objects.create(
                    company=scene.company, customer=scene.of[mark].customer, field=field, value=values[place]
                )
    role = make.role(scene.company, *with_needs(case.permissions), name="Drawn")
    member = visitors.member(scene.company, role, "Drawn", **columns(scene, case.restriction))
    owned = [scene.of[mark].customer.pk for mark in case.owned]
    Customer.objects.filter(pk__in=owned).update(owner=member.user)
    token, key = new_token(), key_of(member, *Permission)
    limits = columns(scene, case.of_key) if case.of_key else {}
    ApiKey.objects.filter(pk=key.pk).update(key_hash=token_hash(token), **limits)
    return visitors.browser(member), member, {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def with_needs(permissions: set[Permission]) -> set[Permission]:
    needed = set().union(*(permission.needs for permission in permissions))
    return permissions if needed <= permissions else with_needs(permissions | needed)


def columns(scene: SimpleNamespace, restriction: dict[str, Any]) -> dict[str, Any]:
    return {
        "restriction": restriction["restriction"],
        "field_values": {str(scene.fields[one].pk): kept for one, kept in restriction.get("values", {}).items()},
        "customer_ids": [str(scene.of[mark].customer.pk) for mark in restriction.get("marks", ())],
    }


def is_seen(restriction: dict[str, Any], case: Case, mark: str) -> bool:
    """What the restriction says, worked out without the database."""
    if restriction["restriction"] == "owner":
        return mark in case.owned
    if restriction["restriction"] == "customers":
        return mark in restriction["marks"]
    return all(case.values[mark][place] in wanted for place, wanted in restriction["values"].items())


def forbidden(scene: SimpleNamespace, seen: set[str]) -> list[bytes]:
    return [b"rivalrous", *(word for mark in MARKS if mark not in seen for word in scene.told[mark])]


def tells(body: bytes, word: bytes) -> bool:
    return re.search(rb"(?<![0-9a-z])" + re.escape(word) + rb"(?![0-9])", body.lower()) is not None


def chosen(scene: SimpleNamespace, case: Case) -> list[str]:
    """Some of all pages, drawn anew each time, and those with the most customers on them every time."""
    every = [*addresses(scene)]
    always = ["/", "/customers/", "/invoices/", "/payments/", "/suggestions/customers/"]
    return [*always, *(every[number % len(every)] for number in case.pages)]


def addresses(scene: SimpleNamespace) -> Iterator[str]:
    for one in all_routes():
        if "." not in one.guard or one.by_key:
            continue
        if not one.arguments:
            yield one.address(scene.world.owned)
            yield from (f"{one.address(scene.world.owned)}?{way}" for way in asked_in(one))
        elif is_about_a_customer(one):
            yield from (about(one, scene, of) for of in (*scene.of.values(), scene.foreign))


def about(one: Route, scene: SimpleNamespace, of: SimpleNamespace) -> str:
    """The address of the route with the record of this customer in it."""
    return one.address(scene.world.owned, **one.identity(of))


def asked_in(one: Route) -> list[str]:
    """The ways in which a list can be narrowed that name no record."""
    ways = [way for way in WAYS.get(one.name, []) if not {"customer", "invoice"} & way.keys()]
    return ["&".join(f"{name}={value}" for name, value in way.items()) for way in ways]


def is_about_a_customer(one: Route) -> bool:
    if one.name.startswith("accounts:") or any(word in one.name for word in COMPANY_WIDE):
        return False
    return not {*IDENTITIES}.isdisjoint(one.arguments)


def addresses_for_keys(scene: SimpleNamespace) -> Iterator[str]:
    for one in all_routes():
        if one.by_key:
            yield from [one.address(of) for of in scene.of.values()] if one.arguments else [one.address(scene.foreign)]
