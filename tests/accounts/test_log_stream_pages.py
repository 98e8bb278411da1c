"""The pages on which a company sets up, watches and ends the stream of its logs."""

import datetime
import logging
import re

import pytest
import time_machine
from django.apps import apps

from accounts.actions.log_stream import TESTS
from audit import streaming
from audit.models import Leaf, SecurityEvent, Stream
from invoiced import logs
from security.destinations import parse_allowed
from security.ids import uuid7
from tests import make, visitors
from tests.accounts.letter_box import delivered, text
from tests.accounts.sealed import followed
from tests.endpoints import endpoint

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)
PAGE = "/settings/logs/stream/"
SHOWN = re.compile(r'value="([\w-]{43})"')
FORM = {"url": "https://siem.example.com/intake/path-token", "start": "start"}
ACTS = ["new", "address", "secret", "test", "pause", "resume", "remove"]
CONFIRMED = ["secret", "pause", "remove"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def stream(ada):
    """Set up by Ada through the page."""
    ada.post(f"{PAGE}new/", FORM)
    return Stream.objects.get()


@pytest.fixture
def siem(settings):
    with endpoint() as server:
        settings.OUTBOUND_ALLOWED = parse_allowed([f"127.0.0.1:{server.port}"])
        yield server


def sealed(company, count):
    """Places for entries that are there no more: what the page counts."""
    Leaf.objects.bulk_create(
        Leaf(
            index=number,
            log="billing",
            entry_id=uuid7(),
            company_id=company.pk,
            number=number,
            hash=b"\0" * 32,
            sealed_at=AT,
        )
        for number in range(1, count + 1)
    )


def actions():
    """What the log says was done. In tests all of it happens at one instant, so it has no order."""
    told = SecurityEvent.objects.filter(action__startswith="log_stream.")
    return sorted(told.values_list("action", flat=True))


def words(page):
    return re.sub(r"(<[^>]*>|\s)+", " ", page.content.decode())


def said(letter):
    """The sentence of a letter about an alert, and at what time it happened."""
    return re.search(r"^(Ada .*)\n\nWhen: .*, (\d\d:\d\d) \(UTC\)", text(letter), re.MULTILINE).groups()


def refusals(response):
    return [sentence for errors in response.context["form"].errors.values() for sentence in errors]


def test_without_a_stream_the_page_offers_one(ada):
    page = ada.get(PAGE)
    assert "Nothing is streamed" in words(page)
    assert f'href="{PAGE}new/"' in page.content.decode()


def test_the_secret_is_shown_once_and_stored_nowhere_in_the_clear(ada, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logs.LineFormatter())
    page = ada.post(f"{PAGE}new/", FORM)
    [secret] = SHOWN.findall(page.content.decode())
    stream = Stream.objects.get()

    assert (stream.secret, stream.url, stream.origin) == (secret, FORM["url"], "https://siem.example.com")
    assert page.headers["Cache-Control"] == "no-store"
    for address in (PAGE, *(f"{PAGE}{act}/" for act in ACTS)):
        assert secret not in ada.get(address).content.decode()
    stored = "\n".join(str(row) for model in apps.get_models() for row in model._base_manager.values())
    assert secret not in stored + caplog.text
    assert "path-token" not in stored + caplog.text
    assert actions() == ["log_stream.made"]


def test_a_new_secret_is_shown_once_and_replaces_the_old_one(ada, stream):
    before = stream.secret
    page = ada.post(f"{PAGE}secret/")
    [secret] = SHOWN.findall(page.content.decode())
    assert secret != before
    assert Stream.objects.get().secret == secret
    assert actions() == ["log_stream.made", "log_stream.secret_renewed"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "Enter the address of the endpoint."),
        ("http://siem.example.com/", "The address must begin with https://."),
        ("https://ada:secret@siem.example.com/", "Leave the user name and password out of the address."),
        ("https://169.254.169.254/latest/", "This address is not on the public internet"),
        ("https://localhost/", "This address is not on the public internet"),
        ("https://siem.example.com:22/", "Only the ports 443 and 8443 can be used."),
        ("siem.example.com", "Write a whole address"),
        ("https://siem.example.com/" + "a" * 500, "Ensure this value has at most 500 characters"),
    ],
)
@pytest.mark.parametrize("act", ["new", "address"])
def test_an_address_that_is_never_asked_is_refused_with_what_was_typed(act, url, sentence, ada, stream):
    page = ada.post(f"{PAGE}{act}/", FORM | {"url": url})
    assert page.status_code == 200
    [refusal] = refusals(page)
    assert refusal.startswith(sentence)
    assert page.context["form"]["url"].value() == url
    assert actions() == ["log_stream.made"]


def test_a_company_has_one_stream(ada, stream):
    assert refusals(ada.post(f"{PAGE}new/", FORM)) == [
        "There is a log stream already. Change its address, or remove it first."
    ]


def test_another_address_is_logged_without_its_path(ada, stream):
    ada.post(f"{PAGE}address/", {"url": "https://collector.example.com/other-token"})
    told = SecurityEvent.objects.get(action="log_stream.changed")
    assert told.changes["origin"] == ["https://siem.example.com", "https://collector.example.com"]
    assert told.sentence == "changed the address of the log stream to https://collector.example.com"
    assert "token" not in str(told.changes)
    assert len(set(told.changes["address"])) == 2


def test_every_administrator_is_told_by_letter_who_streams_the_logs_where_and_when(company, ada, stream, clock):
    visitors.member(company, name="Ida")
    followed()
    clock.shift(SECOND * 60)
    ada.post(f"{PAGE}address/", {"url": "https://collector.example.com/other-token"})
    followed()

    letters = [letter for letter in delivered() if letter["Subject"] == "Alert of Ledger: Log settings changed"]
    made = ("Ada set up a stream of both logs to https://siem.example.com, from entry 1 on", "09:00")
    moved = ("Ada changed the address of the log stream to https://collector.example.com", "09:01")
    for address in ("ada@ledger.example", "ida@ledger.example"):
        assert sorted(said(letter) for letter in letters if letter["To"] == address) == [moved, made]
    assert len(letters) == 4
    assert not any("token" in text(letter) for letter in letters)


def test_the_page_says_how_far_it_has_come(ada, stream, company):
    sealed(company, 12)
    Stream.objects.update(next_number=8, delivered_at=AT - 90 * SECOND)
    shown = words(ada.get(PAGE))
    assert "Running" in shown
    assert "Last delivered entry 7" in shown
    assert "16 Mar 2026, 08:58:30" in shown
    assert "5 entries, since 16 Mar 2026, 09:00:00" in shown


def test_the_page_says_what_fails_and_when_it_is_tried_again(ada, stream, company):
    sealed(company, 1)
    failure = "https://siem.example.com could not be reached."
    Stream.objects.update(failure=failure, failures=3, failing_since=AT - 70 * SECOND, retry_at=AT + 40 * SECOND)
    shown = words(ada.get(PAGE))
    for told in ("Trying again", failure, "16 Mar 2026, 08:58:50", "Tries since 3", "16 Mar 2026, 09:00:40"):
        assert told in shown


def test_the_page_says_when_it_was_given_up(ada, stream):
    failing = {"failure": "It answered 503.", "failing_since": AT - datetime.timedelta(hours=24), "failures": 30}
    Stream.objects.update(**failing, paused_at=AT)
    shown = words(ada.get(PAGE))
    assert "Given up" in shown
    assert "Nothing was acknowledged for a day" in shown


def test_a_stream_that_fails_can_be_paused_before_it_is_given_up(ada, stream):
    Stream.objects.update(failure="It answered 503.", failing_since=AT, failures=1)
    ada.post(f"{PAGE}pause/")
    shown = words(ada.get(PAGE))
    assert "Log stream Paused" in shown
    assert "Last failure It answered 503." in shown


def test_it_is_paused_and_goes_on_where_it_stopped(ada, stream, company):
    sealed(company, 9)
    Stream.objects.update(next_number=4)
    assert ada.post(f"{PAGE}pause/").url == PAGE
    assert "Paused" in words(ada.get(PAGE))
    form = ada.get(f"{PAGE}resume/").context["form"]
    assert form["number"].value() == 4
    ada.post(f"{PAGE}resume/", {"number": "4"})
    assert actions() == ["log_stream.made", "log_stream.paused", "log_stream.resumed"]
    found = Stream.objects.get()
    assert (found.next_number, found.paused_at) == (4, None)


def test_it_goes_on_from_a_chosen_number(ada, stream, company):
    sealed(company, 9)
    ada.post(f"{PAGE}pause/")
    for wrong in ("0", "-3", "11", "two", "", "9" * 30):
        page = ada.post(f"{PAGE}resume/", {"number": wrong})
        assert refusals(page) == ["Enter a whole number from 1 to 10."]
    ada.post(f"{PAGE}resume/", {"number": "3"})
    assert Stream.objects.get().next_number == 3
    assert SecurityEvent.objects.get(action="log_stream.resumed").changes == {"next_number": [1, 3]}


def test_a_stream_that_runs_is_not_resumed_nor_one_paused_twice(ada, stream):
    assert refusals(ada.post(f"{PAGE}resume/", {"number": "1"}))[0].startswith("The log stream is not paused.")
    ada.post(f"{PAGE}pause/")
    assert refusals(ada.post(f"{PAGE}pause/")) == ["The log stream is paused already."]
    assert actions() == ["log_stream.made", "log_stream.paused"]


def test_removing_forgets_it(ada, stream):
    assert ada.post(f"{PAGE}remove/").url == PAGE
    assert not Stream.objects.exists()
    assert "Nothing is streamed" in words(ada.get(PAGE))


def test_a_test_is_sent_and_its_end_is_told(ada, siem):
    ada.post(f"{PAGE}new/", FORM | {"url": siem.url})
    answer = ada.post(f"{PAGE}test/", follow=True)
    assert "The test arrived and was acknowledged." in words(answer)
    [request] = siem.requests
    signed = streaming.signature(Stream.objects.get().secret, int(AT.timestamp()), request.body)
    assert request.headers["Invoiced-Signature"] == signed

    siem.usual = (401, b"words of somebody else")
    answer = words(ada.post(f"{PAGE}test/", follow=True))
    assert "The test did not arrive." in answer
    assert "answered 401" in answer
    assert "words of somebody else" not in answer
    outcomes = SecurityEvent.objects.filter(action="log_stream.tested").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["failure", "success"]


def test_tests_are_counted(ada, siem):
    ada.post(f"{PAGE}new/", FORM | {"url": siem.url})
    for _ in range(TESTS.tries):
        ada.post(f"{PAGE}test/")
    answer = words(ada.post(f"{PAGE}test/", follow=True))
    assert "This was tested ten times just now." in answer
    assert len(siem.requests) == TESTS.tries


@pytest.mark.parametrize("act", ACTS)
def test_every_act_asks_for_a_fresh_factor(act, ada, stream, clock):
    clock.move_to(AT + 301 * SECOND)
    page = ada.post(f"{PAGE}{act}/", FORM | {"number": "1"})
    assert "accounts/step_up/confirm.html" in [template.name for template in page.templates]
    assert actions() == ["log_stream.made"]


@pytest.mark.parametrize("act", CONFIRMED)
def test_opening_the_page_of_an_act_does_nothing(act, ada, stream):
    assert ada.get(f"{PAGE}{act}/").status_code == 200
    assert actions() == ["log_stream.made"]


def test_a_test_is_not_sent_by_a_link(ada, stream):
    assert ada.get(f"{PAGE}test/").status_code == 405


@pytest.mark.parametrize("act", ["address", "secret", "pause", "resume", "remove"])
def test_without_a_stream_there_is_nothing_to_act_on(act, ada):
    assert ada.get(f"{PAGE}{act}/").status_code == 404
    assert ada.post(f"{PAGE}{act}/", FORM).status_code == 404


def test_the_stream_of_another_company_is_not_there(ada, stream):
    other = visitors.browser(visitors.member(visitors.company("Other"), name="Eve"))
    page = other.get(PAGE).content.decode()
    assert "siem.example.com" not in page
    assert other.post(f"{PAGE}remove/").status_code == 404
    assert Stream._base_manager.count() == 1


@pytest.mark.parametrize("role", ["employee", "account_manager", "read_only"])
def test_it_takes_the_right_to_change_security_settings(role, company, stream):
    bo = visitors.browser(visitors.member(company, role, "Bo"))
    assert {bo.get(f"{PAGE}{act}").status_code for act in ("", "new/", "resume/")} == {403}
    assert bo.post(f"{PAGE}remove/").status_code == 403


def test_who_sees_only_some_customers_neither_reads_nor_changes_it(company, stream):
    role = make.role(company, "security.edit")
    eli = visitors.browser(visitors.member(company, role, "Eli", restriction="customers"))
    assert "siem.example.com" not in eli.get(PAGE).content.decode()
    assert {eli.post(f"{PAGE}{act}/").status_code for act in ACTS if act not in ("new", "test")} == {403}
    assert "You see only some of the customers" in refusals(eli.post(f"{PAGE}new/", FORM))[0]
    assert "You see only some of the customers" in words(eli.post(f"{PAGE}test/", follow=True))
    assert actions() == ["log_stream.made"]
