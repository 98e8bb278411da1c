"""Which entries may be erased: those that an entry of the same company says were."""

import json
from typing import Any

from django.db import connection

from audit.leaves import TABLES

ACTION = "log.erased"


class Erasings:
    """The numbers that entries of "log.erased" list, read once for each company that has an erased entry."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, set[int]] = {}

    def cover(self, company: str | None, number: int) -> bool:
        """Whether an entry with a place, or waiting for one, says that this number of the company was erased."""
        if company not in self._numbers:
            self._numbers[company] = {one for data in _listed(company) for one in data.get("numbers", [])}
        return number in self._numbers[company]


def _listed(company: str | None) -> list[dict[str, Any]]:
    of_company = "e.company_id IS NULL" if company is None else "e.company_id = %s"
    given = [ACTION] if company is None else [ACTION, company]
    found = []
    with connection.cursor() as cursor:
        for log, table in TABLES.items():
            cursor.execute(
                f"SELECT e.data FROM {table} e WHERE e.action = %s AND {of_company} AND e.erased_at IS NULL "  # noqa: S608
                "AND (EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id AND l.log = %s) "
                "OR EXISTS (SELECT 1 FROM audit_waiting w WHERE w.entry_id = e.id AND w.log = %s))",
                [*given, log, log],
            )
            found += [json.loads(data) for (data,) in cursor.fetchall()]
    return found
