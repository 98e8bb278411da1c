"""A row that somebody spoiled at the database keeps nobody from reading the others, or it."""

import pytest
from django.db import connection
from django.urls import reverse

from audit import triggers
from audit.leaves import TABLES
from audit.registry import declare
from invoiced.views import server_error
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


@pytest.mark.parametrize("column", ["at", "erased_at"])
@pytest.mark.parametrize("log", TABLES)
def test_a_row_that_no_page_can_show_is_called_that(company, ada, log, column):
    kind = declare("shelf.filled", "filled {target}", log=log)
    entry = make.recorded(kind, make.Parcel(company.pk, label="Shelf"))
    sealed.seal()
    _spoil(entry, column, "infinity" if connection.vendor == "postgresql" else b"\xff")
    ada.raise_request_exception = False

    for address in (reverse(f"audit:{log}_log"), reverse(f"audit:{log}_entry", args=[entry.pk])):
        page = ada.get(address)
        assert page.status_code == 500
        assert "This page reads the logs." in page.content.decode()
        assert "manage.py verify_audit_log" in page.content.decode()
    assert ada.get("/settings/security/").status_code == 200


def test_what_fails_elsewhere_is_not_put_down_to_the_logs(rf):
    page = server_error(rf.get("/customers/"))

    assert page.status_code == 500
    assert "This page reads the logs." not in page.content.decode()


def _spoil(entry, column, stored):
    triggers.release(connection, entry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {entry._meta.db_table} SET {column} = %s WHERE id = %s",
            [stored, entry.pk.hex if connection.vendor == "sqlite" else entry.pk],
        )
