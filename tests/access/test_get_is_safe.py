"""Looking changes nothing: after GET and HEAD of every address every table holds what it held before."""

import hashlib
from itertools import compress

import pytest
from django.db import connection

from tests import make
from tests.access.routes import all_routes
from tests.house.code import report

# What looking may write, and why.
ALWAYS = {
    "accounts_session": ({"seen_at", "data"}, "a session lives on with each page, and forgets what it has said"),
    "accounts_membership": ({"last_seen_at"}, "a team sees when each of its members was last there"),
    "accounts_apikey": (
        {"last_used_at", "last_used_ip"},
        "whoever looks after keys sees which are in use, and from where",
    ),
}
READING = {"audit_securityevent", "audit_waiting"}
EXCEPT = {
    # Who asks for the head could read the page.
    **{
        (method, name): (READING, "that somebody read the security log is itself in it")
        for method in ("GET", "HEAD")
        for name in (
            *("audit:security_log", "audit:security_entry", "audit:security_person", "audit:security_proof"),
            "accounts:member_detail",
        )
    },
    **{
        (method, "accounts:api_key_detail"): (READING, "who opens the page of a key is in the security log")
        for method in ("GET", "HEAD")
    },
    **{
        (method, "audit:history_proof"): (READING, "that somebody took the proofs of a history is in the security log")
        for method in ("GET", "HEAD")
    },
    ("GET", "portal:invoice_pdf"): (
        {"audit_billingevent", "audit_waiting", "security_tally"},
        "the log says which customer took away which document, and how often one visit may is counted",
    ),
}
# That a member was refused a page, or did not find it, is in the security log, once a minute.
OF_A_REFUSAL = {"audit_securityevent", "audit_waiting", "security_tally"}
MEMBERS = ("administrator", "owner", "fields", "nothing", "bare", "stale")
# How often a key asks is counted, and how often somebody comes without one that is live: both may do so only so often.
COUNTED = {"security_tally"}
# That a key is used is in the security log, the first time each day.
FIRST_USE = {"audit_securityevent", "audit_waiting"}


def contents():
    """A digest of the rows of each table."""
    with connection.cursor() as cursor:
        return {table: rows_of(cursor, table) for table in connection.introspection.table_names(cursor)}


def rows_of(cursor, table):
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    ignored, _ = ALWAYS.get(table, (set(), ""))
    kept = [column[0] not in ignored for column in cursor.description]
    rows = sorted(repr([*compress(row, kept)]) for row in cursor.fetchall())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("who", ["anonymous", *MEMBERS, "key", "customer"])
def test_looking_changes_nothing(world, people, who, method):
    wrong, is_first = [], True
    before = contents()
    for route in all_routes():
        response = people[who].generic(method, route.address(world.owned))
        if response.streaming:
            list(response)
        after = contents()
        allowed = EXCEPT.get((method, route.name), (set(), ""))[0]
        if response.status_code in (403, 404) and who in MEMBERS:
            allowed = OF_A_REFUSAL
        if route.by_key:
            allowed = COUNTED | (FIRST_USE if who == "key" and is_first else set())
            is_first = False
        wrong += [
            f"{route.name} changes {table}" for table in after if after[table] != before[table] and table not in allowed
        ]
        before = after
    assert not wrong, report(wrong)


def test_looking_on_the_way_in_changes_nothing(world, people):
    """Between the two steps of signing in there is a try that waits; looking does not use it up."""
    browser = people["anonymous"]
    browser.post("/sign-in/", {"email": "half@harbour.example", "password": make.PASSWORD})
    before = contents()

    shown = [browser.get(f"/sign-in/{page}").status_code for page in ("", "code/", "lost-factor/")]

    assert (shown, contents()) == ([200] * 3, before)
