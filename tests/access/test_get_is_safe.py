"""Looking changes nothing: after GET and HEAD of every address every table holds what it held before."""

import hashlib

import pytest
from django.db import connection

from tests.access.routes import all_routes
from tests.house.code import report

# What looking may write, and why.
ALWAYS = {"django_session": "a session lives on with each request, and forgets a message once it is shown"}
EXCEPT = {
    ("GET", "audit:security_log"): ({"audit_securityevent"}, "that somebody read the security log is itself in it"),
    ("HEAD", "audit:security_log"): ({"audit_securityevent"}, "the same; who asks for the head could read the page"),
    ("GET", "portal:invoice_pdf"): (
        {"audit_billingevent", "security_tally"},
        "the log says which customer took away which document, and how often one visit may is counted",
    ),
}


def contents():
    """A digest of the rows of each table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: rows_of(cursor, table) for table in tables if table not in ALWAYS}


def rows_of(cursor, table):
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    rows = sorted(repr(row) for row in cursor.fetchall())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("who", ["anonymous", "administrator", "customer"])
def test_looking_changes_nothing(world, people, who, method):
    wrong = []
    before = contents()
    for route in all_routes():
        response = people[who].generic(method, route.address(world.owned))
        if response.streaming:
            list(response)
        after = contents()
        allowed = EXCEPT.get((method, route.name), (set(), ""))[0]
        wrong += [
            f"{route.name} changes {table}" for table in after if after[table] != before[table] and table not in allowed
        ]
        before = after
    assert not wrong, report(wrong)
