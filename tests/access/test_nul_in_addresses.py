"""A NUL in an address leads nowhere, wherever an address takes any text; PostgreSQL would refuse to look for it."""

import pytest

from tests.access.routes import all_routes

TAKE_TEXT = [(route, name) for route in all_routes() for name in route.texts]


@pytest.mark.parametrize(("route", "name"), TAKE_TEXT, ids=[f"{route.name} {name}" for route, name in TAKE_TEXT])
def test_a_nul_is_part_of_no_address(route, name, world, people):
    address = route.address(world.owned, **{name: "x\0"})

    for person in ("administrator", "anonymous"):
        browser = people[person]
        answers = [browser.get(address), browser.post(address)]
        assert [response.status_code for response in answers] == [404, 404]


def test_there_are_such_addresses():
    assert len(TAKE_TEXT) > 10
