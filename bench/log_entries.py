"""Companies whose billing logs have many entries, poured in past the ORM: too many to record one by one."""

import datetime
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Company, User
from audit.models import BillingEvent
from audit.models.entry import new_salt
from bench.seeding import Seeded, company
from security.ids import uuid7

AT_ONCE = 100_000
APART = datetime.timedelta(milliseconds=10)
EVERY_VOIDED = 10
"""Every tenth entry is the voiding of an invoice: the smallest log then has more of them than one page shows."""


def poured(name: str, count: int, member: User) -> Seeded:
    """A company whose billing log has this many entries more."""
    made, customers = company(name, member)
    begun = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - count * APART
    names = [field.column for field in BillingEvent._meta.concrete_fields]
    for start in range(0, count, AT_ONCE):
        places = range(start, min(count, start + AT_ONCE))
        entries = (_entry(made, customers[place % 20].pk, place, begun + place * APART) for place in places)
        with transaction.atomic():
            _insert(names, ([entry[name] for name in names] for entry in entries))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Seeded(made, customers, uuid7())


def _insert(names: list[str], rows: Iterable[list[Any]]) -> None:
    table, columns = BillingEvent._meta.db_table, ", ".join(names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608  our own


def _entry(company: Company, customer_id: UUID, place: int, at: datetime.datetime) -> dict[str, Any]:
    """The columns of an entry, as text that both databases take."""
    is_voided = place % EVERY_VOIDED == 0
    return {
        "id": uuid7().hex,
        "at": at.isoformat(" "),
        "company_id": company.pk.hex,
        "customer_id": customer_id.hex,
        "actor_type": "member",
        "actor_id": str(company.pk),
        "actor_label": "Ada Lindqvist",
        "on_behalf_of": "",
        "session": str(company.pk),
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "action": "invoice.voided" if is_voided else "invoice.issued",
        "object_type": "invoice",
        "object_id": str(customer_id),
        "object_label": f"INV-{place:06d}",
        "changes": None,
        "data": "{}" if is_voided else '{"customer":"Customer 0001","total":"119.00 EUR"}',
        "outcome": "success",
        "reason": "Written twice" if is_voided else "",
        "request_id": "7f3c2a91d0b84e65",
        "salt": new_salt(),
        "erased_at": None,
    }
