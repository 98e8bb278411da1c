"""The PDF report of a log: what the filters show, with the signed checkpoint."""

import datetime
import subprocess

import pytest
import time_machine

from audit import log_keys, paging
from audit.actions import log_keys as key_actions
from audit.actors import Actor
from audit.models import BillingEvent, Checkpoint, Export, SecurityEvent
from billing.views import audit_reports
from tests import books, programs, visitors

AT = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
NOTE_OF_NOBODY = "elsewhere.example/log\n1\nAAAA\n\n— elsewhere.example/log AQIDBAUG\n"
BILLING, SECURITY = "/audit/billing/report/", "/audit/security/report/"


def text_of(answer) -> str:
    command = [programs.needed("pdftotext"), "-layout", "-", "-"]
    return subprocess.run(command, input=answer.content, capture_output=True, check=True).stdout.decode()


def attached(answer, folder) -> str:
    (folder / "report.pdf").write_bytes(answer.content)
    command = [programs.needed("pdfdetach"), "-save", "1", "-o", folder / "checkpoint", folder / "report.pdf"]
    subprocess.run(command, check=True)
    return (folder / "checkpoint").read_text()


@pytest.fixture
def eventful(acme):
    with time_machine.travel(AT, tick=False):
        books.issued(acme)
    return acme


def test_a_report_holds_what_the_filters_show_and_nothing_else(ada, eventful):
    told = text_of(ada.post(f"{BILLING}?action=invoice.issued"))

    assert "issued invoice INV-" in told
    assert "drafted an invoice" not in told


def test_a_report_holds_the_latest_checkpoint_printed_and_attached(ada, eventful, sealed_log, tmp_path):
    checkpoint = sealed_log(AT)

    answer = ada.post(BILLING)

    assert "testserver/log" in text_of(answer)
    assert attached(answer, tmp_path) == checkpoint.note


def test_a_report_names_the_key_that_signed_also_when_another_has_taken_over(ada, eventful, sealed_log):
    sealed_log(AT)
    key_actions.replace(is_lost=False, by=Actor.operator("tests"), at=AT)

    former, latest = (str(key).partition("+")[2].partition("+")[0] for key in log_keys.verifiers())

    told = text_of(ada.post(BILLING))
    assert former in told
    assert latest not in told


@pytest.mark.parametrize("note", ["nothing that was signed\n", NOTE_OF_NOBODY], ids=["no note", "another's"])
def test_a_report_says_that_nobody_of_ours_signed(ada, eventful, sealed_log, note):
    Checkpoint.objects.create(size=99, root=bytes(32), note=note, signed_at=sealed_log(AT).signed_at)

    assert "none of this log; somebody changed what was signed" in " ".join(text_of(ada.post(BILLING)).split())


def test_a_report_before_the_first_checkpoint_says_so(ada, eventful):
    assert "had signed nothing yet" in text_of(ada.post(BILLING))


def test_a_report_leaves_one_entry_and_stands_among_the_exports(ada, eventful):
    ada.post(f"{BILLING}?action=invoice.issued")

    entry = SecurityEvent.objects.get(action="log.exported")
    assert (entry.actor_label, entry.data["format"], entry.data["filters"]) == (
        "Ada",
        "PDF",
        {"action": "invoice.issued"},
    )
    assert Export.objects.get().finished_at is not None


def test_a_long_log_is_cut_at_the_newest_and_says_so(ada, eventful, monkeypatch):
    monkeypatch.setattr(audit_reports, "MOST_ENTRIES", 1)

    told = text_of(ada.post(BILLING))

    newest = BillingEvent.objects.order_by("-at", "-id").first()
    assert newest.sentence.split()[0] in told
    assert "newest 1 of more" in told


def test_a_search_in_a_long_log_ends_somewhere_and_says_where(ada, eventful, monkeypatch):
    monkeypatch.setattr(paging, "FURTHER_ON", 1)

    told = text_of(ada.post(f"{BILLING}?text=nothing-is-called-so"))

    assert "0 since 16 Mar 2026" in " ".join(told.split())


def test_impossible_filters_make_no_report(ada, eventful):
    answer = ada.post(f"{BILLING}?since=2026-13-45")

    assert (answer.status_code, answer.url) == (302, "/audit/billing/?since=2026-13-45")
    assert not Export.objects.exists()


@pytest.mark.parametrize(("address", "status"), [(BILLING, 200), (SECURITY, 403)])
def test_a_report_needs_the_right_to_read_its_log(company, eventful, address, status):
    employee = visitors.browser(visitors.member(company, "employee", "Bo"))

    assert employee.post(address).status_code == status


def test_a_restricted_member_reports_about_their_customers_alone(company, eventful, borealis):
    owned = visitors.member(company, "employee", "Bo", restriction="customers", customer_ids=[str(borealis.pk)])

    assert "Acme" not in text_of(visitors.browser(owned).post(BILLING))
