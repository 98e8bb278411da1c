"""Access that nobody uses: warned after 83 days, suspended a week later, never where a company would be left alone."""

import datetime

import pytest

from accounts.actions import unused_members
from accounts.errors import MemberRefused
from accounts.models import Letter, Membership, Session
from audit import log
from audit.models import SecurityEvent
from invoiced import schedules
from tests import make, visitors
from tests.accounts.letter_box import delivered, text

pytestmark = pytest.mark.django_db
AT, DAY = make.AT, datetime.timedelta(days=1)


@pytest.fixture
def ada():
    """The owner, who was here a moment ago whenever anybody looks."""
    return make.member(user=make.user("ada@harbour.example"), is_owner=True)


@pytest.fixture
def bo(ada):
    """A clerk, last here at AT."""
    return make.member("employee", company=ada.company, user=make.user("bo@harbour.example", name="Bo"))


def run(day):
    """What the worker does on a day counted from AT; Ada is always here."""
    Membership.objects.filter(user__email="ada@harbour.example").update(last_seen_at=AT + day * DAY)
    schedules.follow_up_unused_members(AT + day * DAY)


def letters():
    return [(letter["To"], letter["Subject"]) for letter in delivered()]


def test_the_worker_looks_every_day():
    assert schedules.SCHEDULES["unused members"] == (DAY, schedules.follow_up_unused_members)


def test_a_warning_after_83_days_and_suspension_after_90(bo):
    run(82)
    assert letters() == []

    run(83)
    [warning] = delivered()
    assert (warning["To"], warning["Subject"]) == (
        "bo@harbour.example",
        "Your access to Harbour Works will be suspended",
    )
    assert "Unless you sign in before 10 Jun 2026, 14:00 (Europe/Berlin)" in text(warning)

    run(89)
    bo.refresh_from_db()
    assert (bo.suspended_at, letters()) == (None, [])

    visitors.sign_in(visitors.Browser(), bo, at=AT)
    Membership.objects.filter(pk=bo.pk).update(last_seen_at=AT)
    run(90)
    bo.refresh_from_db()
    assert bo.suspended_at == AT + 90 * DAY
    assert Session.objects.filter(user=bo.user).count() == 0
    assert letters() == [("bo@harbour.example", "Your access to Harbour Works is suspended")]
    assert [(str(entry), entry.actor_type) for entry in SecurityEvent.objects.order_by("id")] == [
        ("Follow-up of unused members warned Bo, who has not been here for 83 days", "automation"),
        ("Follow-up of unused members suspended Bo, who has not been here for 90 days", "automation"),
    ]


def test_running_again_does_nothing_more(bo):
    for day in (83, 83, 84, 90, 90, 91, 200):
        run(day)

    assert (Letter.objects.count(), SecurityEvent.objects.count()) == (2, 2)


def test_who_was_never_warned_gets_a_week_however_long_they_were_away(bo):
    run(200)
    bo.refresh_from_db()
    assert (bo.suspended_at, bo.unused_warned_at) == (None, AT + 200 * DAY)
    run(206)
    assert Membership.objects.get(pk=bo.pk).suspended_at is None
    run(207)
    assert Membership.objects.get(pk=bo.pk).suspended_at == AT + 207 * DAY


def test_coming_back_once_is_enough(bo, browser):
    run(83)
    visitors.sign_in(browser, bo)
    Membership.objects.filter(pk=bo.pk).update(last_seen_at=AT)

    assert browser.get("/settings/security/").status_code == 200

    bo.refresh_from_db()
    assert bo.last_seen_at > AT
    assert bo.unused_warned_at is None


def test_who_joined_and_never_came_is_counted_from_joining(bo):
    Membership.objects.filter(pk=bo.pk).update(last_seen_at=None)

    run(83)

    assert Membership.objects.get(pk=bo.pk).unused_warned_at == AT + 83 * DAY


@pytest.mark.parametrize("is_owner", [True, False])
def test_the_owner_and_the_last_administrator_are_told_and_stay(is_owner):
    last = make.member(user=make.user("last@harbour.example"), is_owner=is_owner)

    for day in (83, 90, 300):
        run(day)

    assert Membership.objects.get(pk=last.pk).is_live
    assert letters() == [("last@harbour.example", "You have not been in Harbour Works for a long time")]
    assert SecurityEvent.objects.count() == 1


def test_of_several_administrators_one_stays():
    company = make.company()
    for _ in range(3):
        make.member(company=company)

    for day in (83, 90, 91):
        run(day)

    assert Membership.objects.live().filter(company=company).count() == 1


def test_the_suspended_and_those_who_left_hear_nothing(ada):
    for fields in ({"suspended_at": AT}, {"revoked_at": AT}, {"user": make.user(is_active=False)}):
        make.member("employee", company=ada.company, **fields)

    run(100)

    assert (letters(), SecurityEvent.objects.count()) == ([], 0)


def test_one_who_cannot_be_followed_up_stops_no_other(monkeypatch, bo, caplog):
    other = make.member("employee", company=bo.company, user=make.user("cy@harbour.example"))
    warn = unused_members.warn

    def failing_once(*, membership, **options):
        if membership == bo:
            raise RuntimeError
        return warn(membership=membership, **options)

    monkeypatch.setattr(unused_members, "warn", failing_once)

    run(83)

    assert Membership.objects.get(pk=other.pk).unused_warned_at
    assert f"membership {bo.pk} could not be followed up" in caplog.text


def test_who_came_while_the_worker_ran_is_left_alone(bo):
    for act in (unused_members.warn, unused_members.suspend):
        with pytest.raises(MemberRefused, match="was here meanwhile"):
            act(membership=bo, by=schedules.UNUSED_MEMBERS, at=AT + DAY)


@pytest.mark.parametrize("act", ["warn", "suspend"])
def test_no_change_without_its_entry(monkeypatch, bo, act):
    if act == "suspend":
        run(83)
    before, count = list(Membership.objects.values()), Letter.objects.count()

    def failing(*args, **details):
        raise RuntimeError

    monkeypatch.setattr(log, "record", failing)
    with pytest.raises(RuntimeError):
        getattr(unused_members, act)(membership=bo, by=schedules.UNUSED_MEMBERS, at=AT + 90 * DAY)

    assert (list(Membership.objects.values()), Letter.objects.count()) == (before, count)
