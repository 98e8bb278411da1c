"""The mailbox of a demo: each letter once, to be read by those who may see its customer."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import letters as account_letters
from accounts.actions import mailed_links
from accounts.models import Company, MailedLink
from billing import emails
from billing.actions import invoices
from billing.models import EmailMessage
from invoiced.mailbox import letters
from invoiced.mailbox.backend import EmailBackend
from security.ids import uuid7
from tests import books, visitors
from tests.queue import work
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def demo(settings, tmp_path):
    settings.DEMO = True
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.EMAIL_BACKEND = "invoiced.mailbox.backend.EmailBackend"


@pytest.fixture
def invoice(acme):
    made = books.issued(acme)
    invoices.send(invoice=made, by=books.BY, at=books.AT, message="See https://evil.example/ & <b>this</b>")
    work()
    return made


def ids():
    return [letter.id for letter in letters.newest()]


def page(browser, name, *args):
    response = browser.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_newest_letter_stands_on_top(ada, acme, invoice):
    invoices.send(invoice=books.issued(acme), by=books.BY, at=books.AT)
    work()
    shown = page(ada, "mailbox")
    assert re.findall(r"Invoice INV-\d+", shown) == ["Invoice INV-000002", "Invoice INV-000001"]
    assert shown.count("acme@customer.example") == 2


def test_letters_bear_the_time_of_the_company(company, ada, acme):
    Company.objects.update(time_zone="Asia/Tokyo")
    with time_machine.travel(books.AT, tick=False):
        invoices.send(invoice=books.issued(acme), by=books.BY, at=books.AT)
        work()
    assert "16 Mar 2026, 18:00" in page(ada, "mailbox")
    assert "16 Mar 2026, 18:00" in page(ada, "mailbox_letter", *ids())


def test_an_empty_mailbox_says_what_fills_it(ada):
    assert "No mail yet" in page(ada, "mailbox")


def test_a_letter_shows_its_text_with_links_to_this_site_only(ada, invoice):
    shown = page(ada, "mailbox_letter", *ids())
    [address] = re.findall(r'<a href="https://testserver(/i/[^"]+)"', shown)
    assert Browser().post(address).status_code == 302
    assert 'href="https://evil.example' not in shown
    assert "See https://evil.example/ &amp; &lt;b&gt;this&lt;/b&gt;" in shown


def test_its_pdf_can_be_taken_out(ada, invoice):
    [id] = ids()
    assert "INV-000001.pdf" in page(ada, "mailbox_letter", id)
    response = ada.get(reverse("mailbox_attachment", args=[id, 0]))
    assert (response["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    assert response["Content-Disposition"] == 'attachment; filename="INV-000001.pdf"'
    assert ada.get(reverse("mailbox_attachment", args=[id, 1])).status_code == 404


def test_its_html_runs_nothing_and_loads_nothing(ada, invoice):
    response = ada.get(reverse("mailbox_html", args=ids()))
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert "Invoice INV-000001" in response.content.decode()


def test_one_file_is_one_letter_however_many_are_sent_at_once(tmp_path, settings):
    letter = EmailMultiAlternatives("Hello", "\n".join(["From me", "-" * 79, "."]), "a@b.example", ["c@d.example"])
    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda _: EmailBackend().send_messages([letter, letter]), range(10)))
    files = list(settings.EMAIL_FILE_PATH.iterdir())
    assert (sent, len(files)) == ([2] * 10, 20)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert letters.get(ids()[0]).text().splitlines() == ["From me", "-" * 79, "."]


def test_a_letter_that_is_not_there_and_a_name_that_is_none_are_404(ada, invoice):
    assert ada.get(reverse("mailbox_letter", args=[uuid4()])).status_code == 404
    for path in ("..%2F..%2Fetc%2Fpasswd", "../settings.env", "%00", "x" * 300):
        assert ada.get(f"/mailbox/{path}/").status_code == 404
    assert ada.get(reverse("mailbox"), {"before": "../x"}).status_code == 404


def test_other_files_in_the_folder_are_left_alone(ada, invoice, settings):
    for name in ("20260101-000000-1.log", "x.eml", f"{uuid7()}.new"):
        (settings.EMAIL_FILE_PATH / name).write_bytes(b"\xff\x00")
    (settings.EMAIL_FILE_PATH / f"{uuid7()}.eml").write_bytes(b"\xff\x00 not a letter")
    assert page(ada, "mailbox").count("Invoice INV-000001") == 1


def test_pages_are_of_fifty_and_lead_to_the_older_ones(ada, company, invoice):
    for number in range(60):
        email = EmailMessage.objects.get()
        letter = emails.compose(email, books.AT)
        letter.subject = f"Letter {number:02}"
        letter.attachments.clear()
        EmailBackend().send_messages([letter])
    first = page(ada, "mailbox")
    found = re.findall(r"Letter (\d+)", first)
    assert found == [f"{number:02}" for number in range(59, 9, -1)]
    older = re.search(r'rel="next" href="(\?before=[^"]+)"', first)[1]
    rest = ada.get(reverse("mailbox") + older).content.decode()
    assert re.findall(r"Letter (\d+)", rest) == [f"{number:02}" for number in range(9, -1, -1)]


def test_a_manager_of_other_customers_and_another_company_see_nothing_of_it(company, invoice):
    manager = visitors.browser(visitors.member(company, "account_manager", "Max"))
    rival = visitors.browser(visitors.member(visitors.company("Rival"), "administrator", "Riva"))
    for stranger in (manager, rival):
        assert "INV-000001" not in page(stranger, "mailbox")
        for name, args in (("letter", ids()), ("html", ids()), ("attachment", [*ids(), 0])):
            assert stranger.get(reverse(f"mailbox_{name}", args=args)).status_code == 404


def test_a_letter_about_an_account_is_shown_to_its_owner_alone(company):
    """Its links act for that person: an administrator who could read it could take the account over."""
    ada, bo = (visitors.member(company, "administrator", name) for name in ("Ada", "Bo"))
    with transaction.atomic():
        link = mailed_links.create(MailedLink.Purpose.RESET_PASSWORD, user=bo.user, at=timezone.now(), lasts=HOUR)
        account_letters.queue("password_reset", user=bo.user, to=bo.user.email, at=timezone.now(), link=link)
    work()
    reader, owner = visitors.browser(ada), visitors.browser(bo)
    assert "Choose a new password" not in page(reader, "mailbox")
    for name in ("mailbox_letter", "mailbox_html"):
        assert reader.get(reverse(name, args=ids())).status_code == 404
    assert "Choose a new password" in page(owner, "mailbox")
    assert "/sign-in/reset/" in page(owner, "mailbox_letter", *ids())


def test_who_may_not_send_reads_no_mail(company, invoice):
    reader = visitors.browser(visitors.member(company, "read_only", "Rea"))
    assert reader.get(reverse("mailbox")).status_code == 403
    assert Browser().get(reverse("mailbox")).status_code == 302


def test_where_mail_really_leaves_there_is_no_mailbox(ada, invoice, settings):
    settings.DEMO = False
    assert ada.get(reverse("mailbox")).status_code == 404
    assert ada.get(reverse("mailbox_letter", args=ids())).status_code == 404
