"""The two logs: what an entry costs who writes it, sealing and checking against bare hashing, screens at any size."""

import hashlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Company, User
from accounts.scoping import in_company
from audit import log, sealing
from audit.leaves import TABLES, columns, entry_bytes
from audit.models import Waiting
from audit.placing import leaf_count
from audit.verifying.check import Verification, begin
from bench import seeding
from bench.log_entries import poured
from bench.measuring import Row, rates
from bench.pages import Server, browse, peak_memory, signed_in, web
from bench.seeding import AT, BY, Seeded
from bench.writing import entered
from billing.actions import drafts, invoices
from billing.models import TaxRate

WRITERS, EACH, ROUNDS = 8, 250, 3
SMALL = 1_000
LARGE = {"postgresql": 1_000_000, "sqlite": 200_000}
ISSUED = 60


def measure(member: User) -> list[Row]:
    database = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    company, customers = seeding.company(f"Log of {database}", member)
    rows = [*_writing(company), *_ordinary_action(company, customers)]
    sizes = {size: poured(f"Log of {size:,}", size, member) for size in (SMALL, LARGE[connection.vendor])}
    rows += [*_sealing(), *_screens(member, sizes)]
    return [Row(f"{row.work}, {database}", row.rate, row.against, row.other, row.aim, row.unit) for row in rows]


def _writing(company: Company) -> list[Row]:
    """Eight processes that write entries one by one, with a sealer beside them and without."""

    without, beside = [], []
    for _ in range(ROUNDS + 1):
        without.append(_write_at_once(company))
        with _sealer():
            beside.append(_write_at_once(company))
    rate, other = statistics.median(beside[1:]), statistics.median(without[1:])
    return [Row(f"entries of {WRITERS} writers, sealing beside", rate, "without sealing", other, 0.95)]


def _write_at_once(company: Company) -> float:
    """Entries a second, once all have started."""
    command = [sys.executable, "-m", "bench.log_process", "write", str(company.pk), str(EACH)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  our own
        for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.stdout.readline()
    begun = time.perf_counter()
    for writer in writers:
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    for writer in writers:
        writer.stdout.readline()
    seconds = time.perf_counter() - begun
    for writer in writers:
        writer.communicate()
    return WRITERS * EACH / seconds


@contextmanager
def _sealer() -> Iterator[None]:
    command = [sys.executable, "-m", "bench.log_process", "seal"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  our own
    process.stdout.readline()
    try:
        yield
    finally:
        process.communicate(b"\n")


def _ordinary_action(company: Company, customers: list[Any]) -> list[Row]:
    """Issuing an invoice as it is, and with its two entries left out."""
    with in_company(company):
        vat = TaxRate.objects.create(company=company, name="VAT", percent=Decimal(19))
        turn = iter(customers * 1000)

        def issue() -> int:
            for _ in range(ISSUED):
                with transaction.atomic():
                    draft = drafts.create(draft=entered(next(turn), vat), by=BY, at=AT)
                    invoices.issue(invoice=draft, by=BY, at=AT)
            return ISSUED

        def unlogged() -> int:
            with mock.patch.object(log, "record"):
                return issue()

        logged, bare = rates([issue, unlogged])
    return [Row("draft and issue an invoice, with its entries", logged, "without any entry", bare)]


def _sealing() -> list[Row]:
    """Giving all of them their place, then checking them all, against hashing the same bytes."""
    count = Waiting.objects.count()
    begun = time.perf_counter()
    while Waiting.objects.exists():
        sealing.turn(timezone.now())
    sealed = count / (time.perf_counter() - begun)
    hashed, written = _bare(_contents(100_000))
    total = leaf_count()
    begun = time.perf_counter()
    check, findings = Verification(begin()), []
    while not check.is_done:
        findings += [one for one in check.go_on() if not one.is_warning]
    checked = total / (time.perf_counter() - begun)
    if findings:
        raise SystemExit(f"The log of the bench does not check: {findings[0]}")
    return [
        Row("sealing, entries", sealed, "bare SHA-256, same bytes", hashed),
        Row("verify_audit_log, entries", checked, "bare SHA-256, same bytes", hashed),
        Row("verify_audit_log, entries", checked, "their sorted JSON and its SHA-256", written, 0.3),
    ]


def _bare(contents: list[bytes]) -> list[float]:
    """Entries a second: hashing their bytes, and writing their values as sorted JSON with the library, then hashing."""
    values = [json.loads(content) for content in contents]

    def hashed() -> int:
        for content in contents:
            hashlib.sha256(content).digest()
        return len(contents)

    def written() -> int:
        for value in values:
            text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            hashlib.sha256(text.encode()).digest()
        return len(values)

    return rates([hashed, written])


def _screens(member: User, sizes: dict[int, Seeded]) -> list[Row]:
    filtered = "/audit/billing/?" + urlencode({"action": "invoice.voided"})
    found = "/audit/billing/?" + urlencode({"text": "INV-000999"})
    pages = {"first page": "/audit/billing/", "filtered by action": filtered, "searched": found}
    rows, [small_size, large_size] = [], sizes
    with web("bench.settings") as product:
        visits = {size: signed_in(member, one) for size, one in sizes.items()}
        for name, path in pages.items():
            small, large = rates([browse(product, path, visits[size], marker="INV-") for size in sizes])
            rows.append(Row(f"log of {large_size:,} entries, {name}", large, f"of {small_size:,}", small, 0.9))
    with web("bench.settings") as product:
        rows += _exports(product, visits)
    return rows


def _exports(product: Server, visits: dict[int, str]) -> list[Row]:
    """The whole log as a file; the memory of the process that sends it, after a small one and after a large one."""
    [small_size, large_size] = visits
    _export(product, visits[small_size])
    before = peak_memory(product.pid)
    begun = time.perf_counter()
    lines = _export(product, visits[large_size])
    seconds, peak = time.perf_counter() - begun, peak_memory(product.pid)
    return [
        Row("export as JSON Lines, entries", lines / seconds),
        Row(f"memory after exporting {large_size:,} entries", peak, f"{small_size:,}", before, unit=" MiB"),
    ]


def _export(product: Server, cookie: str) -> int:
    """Asks for the file as the page's form does; how many lines it has."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=600)
    connection.request("GET", "/audit/billing/", headers={"Cookie": cookie})
    answer = connection.getresponse()
    page, csrf = answer.read().decode(), answer.getheader("Set-Cookie", "").partition(";")[0]
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    body = urlencode({"csrfmiddlewaretoken": token, "format": "jsonl"})
    head = {"Cookie": f"{cookie}; {csrf}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/audit/billing/export/", body, head)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"The export answered {answer.status}.")
    lines = 0
    while part := answer.read(1 << 20):
        lines += part.count(b"\n")
    connection.close()
    return lines


def _contents(count: int) -> list[bytes]:
    """The bytes of the newest entries, as they are hashed."""
    last = leaf_count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.number, {columns('e')} FROM audit_leaf l JOIN {TABLES['billing']} e ON e.id = l.entry_id "  # noqa: S608
            "WHERE l.\"index\" >= %s AND l.log = 'billing'",
            [last - count],
        )
        return [entry_bytes("billing", row[0], row[1:]) for row in cursor.fetchall()]
