"""In whatever way a member or an API key is limited to some customers, it meets nothing of the others."""

from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import ApiKey
from accounts.permissions import Permission
from accounts.scoping import in_company
from security.tokens import new_token, token_hash
from tests import make, visitors
from tests.access.routes import all_routes
from tests.access.test_hidden_customers import (
    MARK,
    OF_ALL_COMPANIES,
    PRICE,
    files,
    hidden,
    marks_in,
    questions,
    records,
)
from tests.access.world import ask, key_of, steady
from tests.house.code import report

__all__ = ["hidden"]

MODES = ("owner", "fields", "customers")


@pytest.fixture(params=MODES)
def restriction(request, world) -> dict[str, Any]:
    """Limited to the one customer of `world.owned`."""
    own = world.owned.customer
    return {
        "owner": {"restriction": "owner"},
        "fields": {"restriction": "fields", "field_values": {str(world.owned.custom_field.pk): [own.number, "none"]}},
        "customers": {"restriction": "customers", "customer_ids": [str(own.pk)]},
    }[request.param]


@pytest.fixture
def reader(world, people, restriction):
    """Somebody who may do everything, to some customers."""
    role = make.role(world.company, *Permission, name="Every permission")
    membership = visitors.member(world.company, role, "Restricted", **restriction)
    with in_company(world.company):
        world.owned.customer.owner = membership.user
        world.owned.customer.save()
    return visitors.browser(membership)


@pytest.fixture
def key(world, people, restriction):
    """What the header of a program says whose key is limited; its maker sees everything but the owner's mode asks."""
    role = make.role(world.company, *Permission, name="Every permission")
    made = key_of(visitors.member(world.company, role, "Keymaker"), *Permission)
    with in_company(world.company):
        world.owned.customer.owner = made.membership.user
        world.owned.customer.save()
    token = new_token()
    ApiKey.objects.filter(pk=made.pk).update(key_hash=token_hash(token), **restriction)
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_a_member_never_meets_the_mark(world, reader, hidden):
    asked = [*questions(world.owned, hidden), *of_accounts(world.owned)]
    wrong = [f"{address} tells {mark}" for _, address in asked for mark in marks_in(ask(reader, "GET", address))]
    wrong += [
        f"POST {address} tells {mark}"
        for name, address in asked
        if not name.startswith("accounts:")
        for mark in marks_in(ask(reader, "POST", address))
    ]
    assert not wrong, report(wrong)


def test_no_file_of_a_log_tells_the_mark(world, people, reader, hidden):
    """Nor does one that is narrowed to the hidden customer; to an administrator each of the billing log's does."""
    taken = files(hidden)
    wrong = [f"{name} as {of} tells {mark}" for name, of in taken for mark in marks_in(ask(reader, "POST", name, of))]
    seen = [name for name, of in taken if marks_in(ask(people["administrator"], "POST", name, of))]

    assert not wrong, report(wrong)
    assert seen[: len(taken) // 2] == [name for name, _ in taken if "/billing/" in name]


def test_nothing_a_member_sees_changes_when_things_happen_to_others(world, reader):
    """No count, no sum, no row, in no page and no file."""
    pages = [
        ("GET", one.address(world.owned), "")
        for one in all_routes()
        if "." in one.guard and not one.arguments and one.name not in OF_ALL_COMPANIES
    ]
    pages += [("POST", "/customers/export/", ""), ("POST", "/invoices/export/", "")]
    pages += [
        ("POST", f"/audit/{log}/export/", format) for log in ("billing", "security") for format in ("csv", "jsonl")
    ]
    before = {page: answered(reader, *page) for page in pages}

    with in_company(world.company):
        records(world.company)

    assert [page for page in pages if answered(reader, *page) != before[page]] == []


def answered(reader, method, address, format):
    return steady(ask(reader, method, address, {"format": format}))


def test_a_member_meets_their_own(world, reader):
    name = world.owned.customer.name.encode()
    for method, address in (
        ("GET", "/customers/"),
        ("POST", "/customers/export/"),
        ("GET", "/invoices/"),
        ("POST", "/invoices/export/"),
        ("GET", "/payments/"),
        ("GET", "/audit/billing/"),
    ):
        answer = ask(reader, method, address)
        assert (address, answer.status_code, name in answer.body) == (address, 200, True)


def test_a_key_never_meets_the_mark(world, key, hidden):
    browser, wrong = visitors.Browser(), []
    for one in all_routes():
        if not one.by_key:
            continue
        addresses = [one.address(world.owned)]
        if "id" in one.arguments:
            addresses.append(one.address(hidden))
        for address in addresses:
            answer = ask(browser, "GET", address, **key)
            assert answer.status_code == (404 if address != addresses[0] else 200)
            wrong += [f"{address} tells {mark}" for mark in marks_in(answer)]
    assert not wrong, report(wrong)


def test_a_key_meets_its_own(world, key):
    answer = ask(visitors.Browser(), "GET", "/api/v1/customers/", **key)

    assert [row["name"] for row in answer.json()["data"]] == [world.owned.customer.name]


def of_accounts(own: SimpleNamespace) -> list[tuple[str, str]]:
    """The pages about people, keys and what waits, as they open."""
    return [
        (one.name, one.address(own))
        for one in all_routes()
        if one.name.startswith("accounts:") and "." in one.guard
        if not one.arguments or one.name.endswith("_detail")
    ]


def test_the_mark_is_there_to_be_seen(world, people, hidden):
    for address in ("/customers/", "/invoices/", "/payments/"):
        assert MARK.encode() in ask(people["administrator"], "GET", address).body
    assert PRICE.encode() in ask(people["administrator"], "POST", "/invoices/export/").body
