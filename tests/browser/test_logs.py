"""A reader finds an entry, takes its proof along, and has it checked by a program that knows nothing of us."""

import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Alert
from accounts.scoping import in_company
from audit import sealing
from audit.log_keys import verifiers
from tests import books
from tests.browser.desk import sign_in


@pytest.fixture
def window(desk, office):
    with in_company(office.company):
        books.issued(office.acme)
    sealing.turn(timezone.now())
    ada = desk.window()
    sign_in(ada, office.ada.email, office.device)
    ada.get_by_role("link", name="Billing log").first.click()
    return ada


def checked(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the downloaded program in its folder, without our code or settings."""
    command = [sys.executable, "-I", "invoiced_log.py", *arguments]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


def test_a_proof_is_downloaded_and_checked_without_us(desk, window, tmp_path):
    window.get_by_label("What").select_option("invoice.issued")
    window.get_by_role("button", name="Filter").click()
    row = window.get_by_role("row").filter(has_text="issued invoice")
    expect(row).to_have_count(1)
    row.get_by_text("Details").first.click()
    with window.expect_download() as given:
        row.get_by_role("link", name="Download proof").click()
    with window.expect_download() as tool:
        window.evaluate("location.href = '/log/invoiced_log.py'")
    given.value.save_as(tmp_path / "proof.zip")
    tool.value.save_as(tmp_path / "invoiced_log.py")
    key = str(verifiers()[-1])

    right = checked(tmp_path, "verify", "proof.zip", "--key", key)
    assert right.returncode == 0, right.stderr

    with zipfile.ZipFile(tmp_path / "proof.zip") as whole, zipfile.ZipFile(tmp_path / "forged.zip", "w") as forged:
        for name in whole.namelist():
            forged.writestr(name, whole.read(name).replace(b"invoice.issued", b"invoice.voided"))
    wrong = checked(tmp_path, "verify", "forged.zip", "--key", key)
    assert wrong.returncode == 1
    assert desk.complaints == []


def test_the_filtered_log_is_saved_as_a_view_and_taken_along_as_a_file(desk, window, tmp_path):
    window.get_by_label("What").select_option("invoice.issued")
    window.get_by_role("button", name="Filter").click()
    window.locator("summary", has_text="Views").click()
    window.get_by_label("Name").fill("Issued")
    window.get_by_role("button", name="Save view").click()
    expect(window.get_by_role("link", name="Issued", exact=True)).to_be_visible()

    window.locator("summary", has_text="Export").click()
    with window.expect_download() as given:
        window.get_by_role("button", name="JSON Lines").click()
    given.value.save_as(tmp_path / "log.jsonl")
    *entries, last = (tmp_path / "log.jsonl").read_text().splitlines()

    assert ['"invoice.issued"' in entry for entry in entries] == [True]
    assert '"checkpoint": "' in last
    assert desk.complaints == []


def test_a_second_press_makes_no_second_file_and_one_in_a_moment_does(desk, window):
    window.clock.install()
    window.clock.pause_at(timezone.now() + timedelta(minutes=1))
    window.reload()
    window.locator("summary", has_text="Export").click()
    button = window.get_by_role("button", name="CSV")

    with window.expect_download():
        button.click()
    button.click(force=True)
    in_another_window(window, "/audit/exports/", 1)

    window.clock.run_for(2000)
    with window.expect_download():
        button.click()
    in_another_window(window, "/audit/exports/", 2)
    assert desk.complaints == []


def test_another_file_can_be_had_at_once(desk, window):
    window.clock.install()
    window.clock.pause_at(timezone.now() + timedelta(minutes=1))
    window.reload()
    window.locator("summary", has_text="Export").click()

    for name in ("CSV", "JSON Lines"):
        with window.expect_download(timeout=5_000):
            window.get_by_role("button", name=name).click(force=True)
    for name in ("CSV", "JSON Lines"):
        window.get_by_role("button", name=name).click(force=True)
    in_another_window(window, "/audit/exports/", 2)
    assert desk.complaints == []


def in_another_window(window, address, count):
    """Whoever looks there meanwhile sees so many rows."""
    other = window.context.new_page()
    other.goto(address)
    expect(other.locator("tbody tr")).to_have_count(count)
    other.close()


def test_an_alert_is_counted_beside_its_entry_until_somebody_has_dealt_with_it(desk, office, window):
    with in_company(office.company):
        Alert.objects.create(
            company=office.company, kind="api_key_made", cause="one", sentence="Ada made a key", at=timezone.now()
        )
    window.reload()
    window.get_by_role("link", name="Alerts 1 open").first.click()
    expect(window.get_by_text("Ada made a key", exact=True)).to_be_visible()

    window.get_by_role("button", name="Mark as dealt with").dblclick()

    expect(window.get_by_text("Dealt with. It stays under All, with your name.")).to_be_visible()
    expect(window.get_by_role("link", name="Alerts", exact=True).first).to_be_visible()
    assert desk.complaints == []


def test_the_page_says_up_to_where_the_log_is_proved(desk, window):
    window.get_by_role("link", name="Proof of the logs").first.click()

    expect(window.get_by_role("heading", name="Proved up to entry")).to_be_visible()
    window.get_by_role("link", name="All checkpoints").click()
    expect(window.get_by_role("row")).not_to_have_count(0)
    assert desk.complaints == []
