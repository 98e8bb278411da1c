"""Who gets in where: the whole table of matrix.txt, asked one cell at a time."""

from pathlib import Path
from typing import NamedTuple

import pytest
from django.urls import resolve

from accounts.models import Session
from tests import make
from tests.access.routes import all_routes
from tests.access.world import ask
from tests.house.code import report

COLUMNS = [
    *"anonymous administrator employee owner manager read_only nothing fields rival ended".split(),
    *"half bare stale key customer other".split(),
]
METHODS = ("GET", "POST")
ASKS_WHO_IS_THERE = b'name="confirm-interrupted"'

# The whole list of addresses that need no sign-in. Whoever adds one argues for it here.
OPEN = {
    "accounts:sign_in": "nobody is signed in yet",
    "accounts:sign_in_code": "nobody is signed in yet; without a try that waits for it there is nothing to see",
    "accounts:sign_out": "whose session has ended may press it too, and learns that nobody is signed in",
    "accounts:lost_factor": "nobody is signed in, for want of a factor; a wrong password is answered like a right one",
    "accounts:factor_reset_cancel": "the token in the address is the key, mailed to the person whose factors are to go",
    "accounts:email_agree": "the token in the address is the key, mailed to an address that is asked whether it agrees",
    "accounts:not_me": "the token in the address is the key; whoever is put out of an account cannot sign in",
    "accounts:unlock": "the token in the address is the key; it is for somebody who is kept from signing in",
    "accounts:forgot_password": "nobody is signed in, for want of a password; the answer is the same for every address",
    "accounts:password_strength": "says what it thinks of a text it was given; somebody with a mailed link asks it too",
    "accounts:invitation_accept": "the token in the address is the key; whoever is asked in may have no account yet",
    "audit:public_log": "says what the log is and what it signed, to customers and witnesses, who have no account",
    "audit:public_checkpoint": "a size, a hash and signatures, for whoever checks or witnesses the log; never an entry",
    "audit:public_tile": "hashes, salted with what nobody can guess; without them nobody outside could check a proof",
    "audit:public_keys": "the public halves of the keys of the log, by which its signatures are checked",
    "audit:public_tool": "the program with which customers check proofs; it is the same in every installation",
    "audit:public_formats": "says what proofs look like; it is the same in every installation",
    "billing:api_document": "says how programs ask, and nothing of anybody; it is the same in every installation",
    "accounts:reset_password": "the token in the address is the key; it chooses a password once and signs nobody in",
    "health": "monitors have no account; it says nothing but whether the database answers",
    "portal:link": "the token in the address is the key; opening it changes nothing and shows nothing of the invoice",
    "portal:ended": "says that a visit is over",
    "portal:sandbox": "stands in for a payment provider, whose pages are not ours",
}

# Views that ask who is there for some requests only, and an empty form is none of them.
ASKS_SOMETIMES = {"billing:company_settings": "only where the bank details change, to which customers pay"}


# Who signs in begins at the dashboard, and from there goes on to what their role opens.
LEADS_ON = {"nothing": {"billing:dashboard"}, "ended": set()}


class Row(NamedTuple):
    route: str
    method: str
    cells: dict[str, str]
    goes_to: str


def rows() -> list[Row]:
    text = (Path(__file__).parent / "matrix.txt").read_text().partition("anon admin")[2]
    lines = [line.split() for line in text.splitlines()[1:] if line]
    return [
        Row(name, method, dict(zip(COLUMNS, rest, strict=False)), "".join(rest[len(COLUMNS) :]))
        for name, method, *rest in lines
    ]


def test_every_address_has_its_row():
    wanted = sorted((route.name, method) for route in all_routes() for method in METHODS)

    assert sorted((row.route, row.method) for row in rows()) == wanted


def test_what_is_open_to_everybody_is_argued_for():
    assert sorted(route.name for route in all_routes() if route.guard == "public") == sorted(OPEN)


def test_a_session_that_shows_too_little_is_none():
    assert [row for row in rows() if row.cells["half"] != row.cells["anonymous"]] == []


def test_a_key_is_nothing_to_pages_and_a_session_nothing_to_programs():
    for_programs = {one.name for one in all_routes() if one.by_key}

    assert {row.route for row in rows() if row.cells["key"] != row.cells["anonymous"]} == for_programs
    assert {row.cells["key"] for row in rows() if row.route in for_programs and row.method == "GET"} == {"200"}
    assert {
        (row.method, cell)
        for row in rows()
        if row.route in for_programs
        for who, cell in row.cells.items()
        if who != "key"
    } == {("GET", "401"), ("POST", "405")}


@pytest.mark.parametrize("who", ["nothing", "ended"])
def test_who_may_nothing_opens_no_page_that_asks_for_a_permission(who):
    asking = {one.name for one in all_routes() if "." in one.guard and not one.by_key} - LEADS_ON[who]

    assert {row.cells[who] for row in rows() if row.route in asking} == {"403"}


def test_who_lacks_a_demanded_factor_gets_to_its_set_up_alone():
    opened = {one.name for one in all_routes() if one.by_key or one.guard in ("public", "portal", "factor_set_up")}

    assert {row.route for row in rows() if row.cells["bare"] != "setup"} == opened


def test_who_is_there_is_asked_again_where_the_view_says_so():
    asking = {one.name for one in all_routes() if one.asks_again} - {*ASKS_SOMETIMES}

    assert {(row.route, who) for row in rows() for who in COLUMNS if row.cells[who] == "confirm"} == {
        (name, "stale") for name in asking
    }


@pytest.mark.parametrize("who", COLUMNS)
def test_everybody_is_answered_what_the_table_says(world, people, who):
    routes = {route.name: route for route in all_routes()}
    wrong = []
    for row in rows():
        answer = described(ask(people[who], row.method, routes[row.route].address(world.owned)), row.goes_to)
        if answer != row.cells[who]:
            wrong.append(f"{row.method} {row.route} answers {answer}, not {row.cells[who]}")
    assert not wrong, report(wrong)


def described(response, goes_to):
    """The status, or what a redirect or a question stands for; where a redirect leads, if not where the row says."""
    if response.status_code != 302:
        return "confirm" if ASKS_WHO_IS_THERE in response.body else str(response.status_code)
    place = resolve(response.headers["Location"].partition("?")[0]).view_name
    if place == "accounts:sign_in" and "?next=" in response.headers["Location"]:
        return "in"
    if place == "accounts:security_set_up":
        return "setup"
    return "302" if place == goes_to else f"302 to {place}"


def test_who_is_there_is_asked_before_the_set_up_too(world, people):
    """A member who lacks a demanded factor, and typed the password too long ago, says so again and goes on."""
    Session.objects.filter(user__name="Bare").update(proofs={})
    asked = [
        described(ask(people["bare"], method, one.address(world.owned)), "")
        for one in all_routes()
        for method in METHODS
        if one.guard == "factor_set_up" and one.asks_again
    ]

    assert asked == ["confirm"] * 6
    answer = {"confirm-interrupted": "POST", "confirm-password": make.PASSWORD, "name": "Phone"}
    began = people["bare"].post("/settings/security/authenticator/", answer)
    assert began.headers["Location"] == "/settings/security/authenticator/confirm/"
