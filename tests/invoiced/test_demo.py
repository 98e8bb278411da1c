import csv
import datetime
import json
import socket
from collections import Counter
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Company, Membership
from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.models import Invoice
from invoiced.demo import receivables, signposts, story

NOW = datetime.datetime(2026, 11, 22, 15, 0, tzinfo=datetime.UTC)


@pytest.fixture
def few_receivables(tmp_path, monkeypatch):
    """The newest hundred of our own sample, as where the real ones are absent."""
    with open(receivables.SAMPLE, newline="") as file:
        rows = list(csv.DictReader(file))
    few = tmp_path / "few.csv"
    with few.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows[-100:])
    monkeypatch.setattr(receivables, "REAL", tmp_path / "absent.csv")
    monkeypatch.setattr(receivables, "SAMPLE", few)


def test_the_newest_receivable_is_issued_today():
    today = datetime.date(2026, 11, 22)
    data = receivables.read(today)

    assert max(one.issued for one in data) == today
    assert all(one.issued <= one.due and one.issued <= one.settled and one.amount > 0 for one in data)


@pytest.mark.django_db
def test_the_story_is_told_through_the_ordinary_actions(few_receivables, tmp_path):
    told = story.tell(NOW)

    company = Company.objects.get()
    out = StringIO()
    call_command("check_books", stdout=out)
    assert out.getvalue().endswith("The books are true.\n")
    roles = Counter(Membership.objects.values_list("role", flat=True))
    assert roles == {"administrator": 2, "employee": 2, "account_manager": 1, "read_only": 2, "": 1}
    kept = Membership.objects.order_by("restriction").values_list("restriction", flat=True).distinct()
    assert [*kept] == ["customers", "fields", "none", "owner"]
    with in_company(company):
        shown = {invoice.shown_status(NOW.date()) for invoice in Invoice.objects.all()}
        assert shown >= {"draft", "not_sent", "sent", "paid", "past_due", "voided", "bad_debt"}
        assert Invoice.objects.filter(disputed_at__isnull=False).exists()
        acted = set(BillingEvent.objects.values_list("actor_type", flat=True))
        assert acted >= {"member", "contact", "operator"}

    signs = signposts.write(tmp_path / "demo.json", "http://localhost:8000", told)
    assert json.loads((tmp_path / "demo.json").read_text()) == signs
    assert [sorted(member) for member in signs["members"]] == [["email", "password", "role", "totp_secret"]] * 7
    assert sum(member["totp_secret"] is not None for member in signs["members"]) == 1
    moved = signposts.move(tmp_path / "demo.json", "http://localhost:8123")
    assert moved["portal_link"] == "http://localhost:8123" + urlsplit(signs["portal_link"]).path


def test_a_port_in_use_is_said_before_anything_is_made(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings.LISTEN = f"127.0.0.1:{port}"
        with pytest.raises(CommandError, match="Choose another"):
            call_command("demo", "--port", str(port))
