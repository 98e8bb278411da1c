"""Pages over HTTP, signed in, one request after the other, each against a lean view of the same rows."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from accounts.models import Membership, User
from accounts.models.session import Proof
from accounts.scoping import in_company
from accounts.session_store import SessionStore
from bench.cluster import free_port
from bench.measuring import Row, rates
from bench.seeding import BY, Seeded
from billing.models import Invoice
from portal.actions import links, sessions
from portal.models import Link

REQUESTS = 40
SIZES = (1_000, 100_000, 1_000_000)


def measure(member: User, seeded: dict[int, Seeded]) -> list[Row]:
    with web("bench.settings") as product, web("bench.lean_settings") as lean:
        visits = {size: signed_in(member, one) for size, one in seeded.items()}
        listed = rates(
            [browse(product, "/invoices/", visits[size], marker="INV-") for size in SIZES]
            + [browse(lean, f"/lean/{seeded[size].company.pk}/", visits[size], marker="INV-") for size in SIZES]
        )
        ours, theirs = dict(zip(SIZES, listed[:3], strict=True)), dict(zip(SIZES, listed[3:], strict=True))
        large = seeded[SIZES[-1]]
        staff = visits[SIZES[-1]]
        customer = as_customer(large)
        document = f"{large.company.pk}/{large.invoice_id}/"
        shown = rates(
            [
                browse(product, f"/invoices/{large.invoice_id}/", staff, marker="Consulting"),
                browse(lean, f"/lean/{document}", staff, marker="Consulting"),
                browse(product, f"/portal/invoices/{large.invoice_id}/", customer, marker="Consulting"),
                browse(lean, f"/lean-portal/{document}", "", marker="Consulting"),
                browse(product, "/", staff, marker="Outstanding"),
            ]
        )
        memory = peak_memory(product.pid)
    return [
        *(
            Row(f"list of 50, {size:,} invoices", ours[size], "lean view, same rows", theirs[size], 0.4)
            for size in SIZES
        ),
        *(
            Row(f"list of 50, {size:,} invoices", ours[size], "ours at 1,000", ours[SIZES[0]], 0.9)
            for size in SIZES[1:]
        ),
        Row("invoice page", shown[0], "lean view, same rows", shown[1]),
        Row("portal page", shown[2], "lean view, same rows", shown[3]),
        Row("dashboard, 1,000,000 invoices", shown[4]),
        Row("peak memory, web process", memory, unit=" MiB"),
    ]


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.pid, self.port = process.pid, port


@contextmanager
def web(settings_module: str) -> Iterator[Server]:
    """gunicorn with one worker of one thread."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings_module,
        "LISTEN": f"127.0.0.1:{port}",
        "WEB_WORKERS": "1",
        "WEB_THREADS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:invoiced.gunicorn", "--log-level", "critical"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603  our own
    try:
        _until_it_listens(port)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(30)


def browse(server: Server, path: str, cookie: str, *, marker: str):
    """A work that fetches the page again and again over one connection, and sees that it is the page."""

    def work() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(REQUESTS):
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or marker.encode() not in body:
                raise SystemExit(f"{path} answered {answer.status}, without {marker}.")
        connection.close()
        return REQUESTS

    return work


def signed_in(member: User, one: Seeded) -> str:
    role = Membership.objects.get(user=member, company=one.company).role
    session = SessionStore()
    session.whose = {
        "user": member,
        "company": one.company,
        "role": role,
        "proofs": {Proof.PASSWORD: timezone.now().isoformat()},
    }
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def as_customer(one: Seeded) -> str:
    at = timezone.now()
    with in_company(one.company):
        invoice = Invoice.objects.get(pk=one.invoice_id)
        links.create(invoice=invoice, recipient="bench@bench.example", by=BY, at=at)
        link = Link.objects.select_related("company", "contact", "invoice").get(invoice=invoice)
        _, key = sessions.open_link(link=link, session=None, by=BY, at=at)
    return f"portal={key}"


def peak_memory(pid: int) -> float:
    """MiB of the largest of a server's processes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(_high_water(int(child)) for child in [pid, *children])


def _high_water(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0


def _until_it_listens(port: int) -> None:
    for _ in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The web server did not start.")
