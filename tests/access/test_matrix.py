"""Who gets in where: every address, every role, both methods; strangers and the restricted find nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.functional import partition

from accounts import roles
from accounts.permissions import Permission
from tests import visitors
from tests.access.conftest import arguments
from tests.access.routes import LETTERS, MATRIX, NARROWER, OPEN, OWN, STAFF, all_routes
from tests.house.code import report
from tests.visitors import Browser

pytestmark = pytest.mark.django_db

PORTAL = "portal"
# Staff addresses that lead to one record, which may be somebody else's.
OF_A_RECORD = [route for route in STAFF if route.arguments]


def test_every_address_has_its_row():
    known = {*MATRIX, *OPEN, *OWN}
    team, portal = partition(lambda route: route.guard == PORTAL, all_routes())

    assert sorted(route.name for route in team) == sorted(known)
    assert all(route.name.startswith("portal:") for route in portal)


def test_the_guards_say_what_the_table_says():
    wrong = [
        f"{route.name} needs {route.guard}, which opens it to {opens_to(route.guard)}, not to {MATRIX[route.name]}"
        for route in STAFF
        if opens_to(route.guard) != MATRIX[route.name]
    ]
    wrong += [
        f"{route.name} is {route.guard}" for route in all_routes() if route.name in OPEN and route.guard != "public"
    ]
    assert not wrong, report(wrong)


def opens_to(guard):
    return "".join(letter for role, letter in LETTERS.items() if Permission(guard) in roles.BUILT_IN[role])


def ask(browser, method, route, owned):
    return getattr(browser, method)(reverse(route.name, kwargs=arguments(route, owned)))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", LETTERS)
def test_a_role_opens_what_is_its_and_nothing_else(world, role, method):
    browser = visitors.browser(visitors.member(world.company, role))
    wrong = []
    for route in STAFF:
        status = ask(browser, method, route, world.owned).status_code
        may = LETTERS[role] in NARROWER.get(route.name, MATRIX[route.name])
        if status == 405 and route.name in NARROWER:
            continue
        if status >= 500 or (status == 403) == may:
            wrong.append(f"{method} {route.name} answers {status}")
    assert not wrong, report(wrong)


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_asked_to(world, method):
    wrong = [
        route.name
        for route in all_routes()
        if route.name in {*MATRIX, *OWN}
        and not ask(Browser(), method, route, world.owned).headers.get("Location", "").startswith("/sign-in/?next=")
    ]
    assert not wrong, report(wrong)


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_companys_records_are_not_there(world, method):
    stranger = visitors.browser(visitors.member(visitors.company("Rival"), "administrator"))
    wrong = []
    for route in OF_A_RECORD:
        status = ask(stranger, method, route, world.owned).status_code
        if status not in (404, 405):
            wrong.append(f"{method} {route.name} answers {status}")
    assert not wrong, report(wrong)


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_managers_customers_are_not_there(world, method):
    manager = visitors.browser(visitors.member(world.company, "account_manager", name="Manager"))
    wrong = []
    for route in OF_A_RECORD:
        if "m" not in MATRIX[route.name]:
            continue
        status = ask(manager, method, route, world.owned).status_code
        if status not in (404, 405):
            wrong.append(f"{method} {route.name} answers {status}")
    assert not wrong, report(wrong)


def test_ones_own_customers_are_there(world):
    owner = visitors.browser(world.owned.customer.owner.memberships.get())

    statuses = {
        route.name: ask(owner, "get", route, world.owned).status_code
        for route in OF_A_RECORD
        if route.name in ("billing:customer_detail", "billing:invoice_detail", "billing:payment_detail")
    }

    assert set(statuses.values()) == {200}


WRITES = ("INSERT", "UPDATE", "DELETE")
# What a page has to say once is kept in the session.
MESSAGES = 'UPDATE "django_session"'
NOTES_THAT_IT_WAS_READ = {"audit:security_log", "billing:invoice_export", "billing:invoice_pdf"}


def test_looking_changes_nothing(world):
    browser = visitors.browser(visitors.member(world.company))
    wrong = []
    for route in STAFF:
        if route.name in NOTES_THAT_IT_WAS_READ:
            continue
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask(browser, "get", route, world.owned)
        wrong += [
            f"{route.name}: {query['sql'][:100]}"
            for query in queries.captured_queries
            if query["sql"].startswith(WRITES) and not query["sql"].startswith(MESSAGES)
        ]
    assert not wrong, report(wrong)


def test_nothing_is_posted_from_another_site(world):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(visitors.member(world.company).user)
    wrong = []
    for route in STAFF:
        status = ask(browser, "post", route, world.owned).status_code
        if status not in (403, 405):
            wrong.append(f"{route.name} answers {status}")
    assert not wrong, report(wrong)
