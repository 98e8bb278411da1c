"""A row that somebody spoiled at the database keeps nobody from reading the others, or it."""

import pytest
from django.db import connection
from django.urls import reverse

from audit import triggers
from audit.leaves import TABLES
from audit.registry import declare
from tests import visitors
from tests.audit import make, sealed

pytestmark = pytest.mark.django_db
SPOILED = {
    "no JSON": "{",
    "a list": "[1]",
    "text": '"Trent"',
    "a number": "7",
    "no pair": '{"name":"Trent"}',
    "three": '{"name":[1,2,3]}',
    "deep": "[" * 100_000,
    "empty": "",
}


@pytest.fixture
def company():
    return visitors.company("Acme", time_zone="Europe/Berlin")


@pytest.fixture
def ada(company):
    return visitors.browser(visitors.member(company))


@pytest.mark.parametrize("column", ["data", "changes"])
@pytest.mark.parametrize("log", TABLES)
@pytest.mark.parametrize("stored", SPOILED.values(), ids=SPOILED)
def test_the_log_still_shows_it_and_the_others(company, ada, log, column, stored):
    kind = declare("shelf.filled", "filled {target} with {what}", log=log, changes=True)
    shelf = make.Parcel(company.pk, label="Shelf")
    entry, other = (make.recorded(kind, shelf, what="jars", changes={"name": ["A", "B"]}) for _ in range(2))
    sealed.seal()
    _spoil(entry, column, stored)

    page = ada.get(f"{reverse(f'audit:{log}_log')}?action=shelf")
    assert {one.pk for one in page.context["page"].entries} == {entry.pk, other.pk}
    assert ada.get(reverse(f"audit:{log}_entry", args=[entry.pk])).status_code == 200
    for format in ("csv", "jsonl"):
        answer = ada.post(f"{reverse(f'audit:{log}_export')}?action=shelf", {"format": format})
        assert str(other.pk).encode() in b"".join(answer.streaming_content)


def _spoil(entry, column, stored):
    triggers.release(connection, entry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {entry._meta.db_table} SET {column} = %s WHERE id = %s",
            [stored, entry.pk.hex if connection.vendor == "sqlite" else entry.pk],
        )
