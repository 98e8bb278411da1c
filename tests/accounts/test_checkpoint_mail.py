"""The log's checkpoint leaves the machine once a day, byte for byte."""

import datetime

import pytest
import time_machine

from accounts import events
from accounts.actions import checkpoint_mail
from accounts.models import AlertSettings, Letter
from accounts.queries.checkpoint_mail import companies_to_mail
from accounts.scoping import in_company
from audit import log_keys, notes
from audit.actions import log_keys as key_actions
from audit.models import Checkpoint, SecurityEvent
from invoiced import schedules
from tests import make, visitors
from tests.accounts.letter_box import delivered, html, text
from tests.accounts.sealed import sealed
from tests.audit.make import recorded

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
HOUR, MINUTE = datetime.timedelta(hours=1), datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def named(company):
    """The company, which names two addresses; something is sealed."""
    visitors.member(company, name="Ada")
    addresses = ["auditor@elsewhere.example", "ada@ledger.example"]
    AlertSettings.objects.create(company=company, checkpoint_addresses=addresses)
    log_something(company)
    return company


def log_something(company):
    recorded(events.COMPANY_ENTERED, company, at=AT)
    sealed()


def hours_pass(clock, hours):
    """The worker's hours, each with its seal and its schedules; the hours at which something was mailed."""
    mailed = []
    for _ in range(hours):
        clock.shift(HOUR)
        now = datetime.datetime.now(datetime.UTC)
        before = Letter.objects.count()
        sealed()
        schedules.mail_checkpoints(now)
        if Letter.objects.count() > before:
            mailed.append(now)
    return mailed


def test_the_note_is_in_the_letter_and_enclosed_byte_for_byte(named):
    schedules.mail_checkpoints(AT)

    note = Checkpoint.objects.get().note
    letters = delivered()
    assert [letter["To"] for letter in letters] == ["auditor@elsewhere.example", "ada@ledger.example"]
    for letter in letters:
        assert letter["Subject"] == "Checkpoint of the logs of Ledger: 1 entries"
        assert f"\n{note}" in text(letter)
        [enclosed] = letter.iter_attachments()
        assert (enclosed.get_filename(), enclosed.get_content_type()) == ("checkpoint", "text/plain")
        assert enclosed.get_payload(decode=True) == note.encode()
        for said in (log_keys.origin(), str(log_keys.verifiers()[-1])):
            assert said in text(letter)
            assert said in html(letter)
    opened, signed = notes.opened(enclosed.get_payload(decode=True).decode(), log_keys.verifiers())
    assert notes.Checkpoint.parse(opened).size == 1
    assert len(signed) == 1


def test_it_leaves_once_a_day_with_one_entry_whoever_runs_the_schedule_again(named):
    for _ in range(3):
        schedules.mail_checkpoints(AT)

    assert Letter.objects.filter(kind="checkpoint").count() == 2
    entry = SecurityEvent.objects.get(action="checkpoint.mailed")
    assert entry.company_id == named.pk
    assert entry.data == {"size": 1, "recipients": ["auditor@elsewhere.example", "ada@ledger.example"]}
    assert str(entry).endswith(
        "mailed the log’s checkpoint of 1 entries to auditor@elsewhere.example, ada@ledger.example"
    )


def test_two_at_once_mail_one(named):
    stale = companies_to_mail(AT)
    assert checkpoint_mail.mail(company=stale[0], by=make.BY, at=AT)
    assert not checkpoint_mail.mail(company=stale[0], by=make.BY, at=AT)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime.datetime(2026, 3, 28, 0, 30, tzinfo=datetime.UTC)),
        ("Europe/Berlin", datetime.datetime(2026, 10, 24, 0, 30, tzinfo=datetime.UTC)),
        ("America/Santiago", datetime.datetime(2026, 9, 5, 6, 30, tzinfo=datetime.UTC)),
    ],
    ids=["spring", "autumn", "no midnight"],
)
def test_each_day_of_the_companys_calendar_has_one_also_the_short_and_the_long_one(named, clock, zone, start):
    named.time_zone = zone
    named.save()
    clock.move_to(start)

    mailed = hours_pass(clock, 72)

    days = [named.today(instant) for instant in mailed]
    assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1
    assert len(days) >= 3
    assert SecurityEvent.objects.filter(action="checkpoint.mailed").count() == len(days)


def test_a_day_without_a_checkpoint_sends_nothing_and_the_next_one_does(named, clock):
    clock.shift(25 * HOUR)
    schedules.mail_checkpoints(AT + 25 * HOUR)
    assert not Letter.objects.exists()

    log_something(named)
    schedules.mail_checkpoints(AT + 25 * HOUR)
    assert Letter.objects.count() == 2


def test_the_key_in_the_letter_is_the_one_that_signed_also_when_another_has_taken_over(named):
    signed_with = log_keys.verifiers()[-1]
    schedules.mail_checkpoints(AT)
    key_actions.replace(is_lost=False, by=make.BY, at=AT)

    told = text(delivered()[0])
    assert str(signed_with) in told
    assert str(log_keys.verifiers()[-1]) not in told


def test_a_log_that_was_never_sealed_sends_nothing(company):
    AlertSettings.objects.create(company=company, checkpoint_addresses=["auditor@elsewhere.example"])
    schedules.mail_checkpoints(AT)
    assert not Letter.objects.exists()


def test_a_clock_that_is_set_back_mails_no_day_again(named, clock):
    schedules.mail_checkpoints(AT)
    clock.move_to(AT - 30 * HOUR)
    schedules.mail_checkpoints(AT - 30 * HOUR)
    assert Letter.objects.count() == 2


def test_who_names_no_address_gets_none_and_another_company_gets_its_own(named):
    rival = visitors.company("Rival", "Asia/Tokyo")
    quiet = visitors.company("Quiet")
    AlertSettings.objects.create(company=rival, checkpoint_addresses=["keep@rival.example"])
    AlertSettings.objects.create(company=quiet, addresses=["siem@quiet.example"])
    schedules.mail_checkpoints(AT)

    assert Letter.objects.count() == 3
    with in_company(rival):
        assert Letter.objects.get(company=rival).recipient == "keep@rival.example"
    assert not SecurityEvent.objects.filter(company_id=quiet.pk).exists()


def test_a_letter_that_leaves_late_still_holds_the_checkpoint_it_was_queued_for(named, clock):
    schedules.mail_checkpoints(AT)
    clock.shift(MINUTE)
    log_something(named)

    first = delivered()[0]

    assert Checkpoint.objects.count() == 2
    assert Checkpoint.objects.order_by("pk")[0].note in text(first)
