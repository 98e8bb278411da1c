"""How the log stands, on its page and for alerts, and the daily check that is behind both."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from audit import placing, state
from audit.actions import checks
from audit.models import BillingEvent, Check, Checkpoint, SealerState, Waiting
from audit.verifying import entries as entry_check
from audit.verifying.check import VERSION
from tests import visitors
from tests.audit import make

pytestmark = pytest.mark.django_db
LATER = make.NOON + timedelta(minutes=2)


@pytest.fixture
def entry(parcel_sent, company):
    made = make.recorded(parcel_sent, make.Parcel(company.pk), place="Riga")
    queue_at(make.NOON)
    return made


def failed(*findings, at=make.NOON):
    return Check.objects.create(
        started_at=at, finished_at=at, size=1, position=1, findings=list(findings), outcome=Check.Outcome.FAILED
    )


def queue_at(at):
    """What the clock of the database said when what waits was written."""
    Waiting.objects.update(queued_at=at)


def kinds(at=LATER):
    return [(kind, cause) for kind, cause, _ in state.trouble(at)]


def test_where_all_is_sealed_there_is_no_trouble(entry, sealed_log):
    sealed_log()

    found = state.state_of_the_log(LATER)
    assert (found.size, found.unproved, found.since, found.behind) == (1, 0, None, timedelta(0))
    assert kinds() == []


def test_what_waits_is_counted_since_it_was_written(entry, parcel_sent, company, sealed_log):
    sealed_log()
    make.recorded(parcel_sent, make.Parcel(company.pk), place="Oslo", at=LATER)
    queue_at(LATER)

    found = state.state_of_the_log(LATER + timedelta(seconds=7))
    assert (found.size, found.unproved, found.since, found.behind) == (1, 1, LATER, timedelta(seconds=7))


@pytest.mark.parametrize("days", [-400, 400], ids=["imported", "in the future"])
def test_no_writer_says_how_long_an_entry_has_waited(entry, parcel_sent, company, sealed_log, days):
    sealed_log()
    make.recorded(parcel_sent, make.Parcel(company.pk), place="Oslo", at=LATER + timedelta(days=days))
    queue_at(LATER)
    SealerState.objects.update(seen_at=LATER + timedelta(seconds=61))

    assert kinds(LATER + timedelta(seconds=60)) == []
    assert kinds(LATER + timedelta(seconds=61)) == [("sealer_late", "late")]


def test_the_database_says_when_an_entry_began_to_wait(parcel_sent, company):
    before = timezone.now()
    make.recorded(parcel_sent, make.Parcel(company.pk), place="Oslo", at=LATER)

    assert abs(Waiting.objects.get().queued_at - before) < timedelta(minutes=1)


def test_what_has_its_place_and_is_not_signed_waits_since_it_was_placed(entry, parcel_sent, company, sealed_log):
    sealed_log()
    make.recorded(parcel_sent, make.Parcel(company.pk), place="Oslo", at=make.NOON - timedelta(days=400))
    placing.place_waiting(LATER)

    found = state.state_of_the_log(LATER + timedelta(seconds=7))
    assert (found.unproved, found.since, found.behind) == (1, LATER, timedelta(seconds=7))


def test_an_entry_that_waits_for_over_a_minute_is_trouble(entry):
    assert kinds(make.NOON + timedelta(seconds=60)) == []
    assert kinds(make.NOON + timedelta(seconds=61)) == [("sealer_late", "silent")]


def test_a_sealer_at_work_that_is_behind_is_trouble(entry):
    SealerState.objects.create(seen_at=LATER)

    assert kinds() == [("sealer_late", "late")]


def test_a_sealer_that_fell_silent_while_something_waits_is_trouble(entry):
    SealerState.objects.create(seen_at=make.NOON - timedelta(minutes=2))

    assert kinds(make.NOON + timedelta(seconds=1)) == [("sealer_late", "silent")]


def test_a_problem_of_the_sealer_is_trouble(db):
    SealerState.objects.create(seen_at=LATER, problem="The disk is full.", problem_since=LATER)

    [(kind, cause, sentence)] = state.trouble(LATER)
    assert (kind, cause, sentence) == (
        "sealer_late",
        "problem",
        "New entries of the logs are not sealed. The disk is full.",
    )


def test_a_check_that_found_something_is_trouble_until_one_finds_nothing(entry, sealed_log):
    sealed_log()
    found = failed({"what": "entry_changed", "sentence": "Changed."})
    assert kinds() == [("verification_failed", f"check {found.pk}")]

    at = make.NOON + timedelta(days=1)
    checks.start(at)
    checks.go_on(at)
    assert kinds(at) == []


def test_a_check_begins_once_a_day_and_not_before_anything_is_signed(entry, sealed_log):
    checks.start(make.NOON)
    assert not Check.objects.exists()

    sealed_log()
    for hours in (0, 1, 23, 24, 25):
        checks.start(make.NOON + timedelta(hours=hours))
        checks.go_on(make.NOON + timedelta(hours=hours))

    assert [check.started_at for check in Check.objects.order_by("pk")] == [make.NOON, make.NOON + timedelta(days=1)]


def test_a_check_that_does_not_end_is_trouble(entry, sealed_log):
    sealed_log()
    checks.start(make.NOON)

    assert kinds(make.NOON + timedelta(days=2)) == []
    assert kinds(make.NOON + timedelta(days=2, seconds=1)) == [("verification_failed", "unfinished")]


def test_that_no_check_has_ended_for_two_days_is_trouble_whatever_rows_say(entry, sealed_log):
    sealed_log()
    future = make.NOON + timedelta(days=9000)
    failed(at=future)
    Check.objects.filter().update(outcome=Check.Outcome.PASSED, progress={"stage": "done"})
    at = make.NOON + timedelta(days=3)
    assert kinds(at) == [("verification_failed", "unfinished")]

    checks.start(at)
    checks.go_on(at)
    assert kinds(at) == []
    assert kinds(at + timedelta(days=2, seconds=1)) == [("verification_failed", "unfinished")]


@pytest.mark.parametrize(
    "progress",
    [{"version": VERSION}, {"version": VERSION, "stage": "nothing"}, ["x"], "x"],
    ids=["empty", "unknown", "list", "text"],
)
@pytest.mark.parametrize("days", [0, 9000], ids=["now", "in the future"])
def test_a_check_that_cannot_go_on_is_given_up_and_told_of(entry, sealed_log, progress, days):
    sealed_log()
    bad = Check.objects.create(started_at=make.NOON + timedelta(days=days), size=1, progress=progress)
    checks.start(LATER)
    checks.go_on(LATER)

    bad.refresh_from_db()
    assert (bad.outcome, bad.findings[0]["what"], bad.finished_at) == ("failed", "check_given_up", LATER)
    assert kinds() == [("verification_failed", f"check {bad.pk}")]

    at = LATER + timedelta(days=1)
    checks.start(at)
    checks.go_on(at)
    assert (Check.objects.latest("pk").outcome, kinds(at)) == ("passed", [])


def test_a_check_begun_by_a_clock_that_is_a_little_ahead_goes_on_and_stays_the_only_one(entry, sealed_log):
    sealed_log()
    checks.start(LATER)
    early = LATER - timedelta(milliseconds=5)
    checks.go_on(early)
    assert Check.objects.get().outcome == "passed"

    checks.start(early)
    assert Check.objects.count() == 1


def test_a_check_begun_an_hour_ahead_is_the_most_that_goes_on(entry, sealed_log):
    sealed_log()
    checks.start(LATER)
    checks.go_on(LATER - timedelta(hours=1, seconds=1))

    check = Check.objects.get()
    assert (check.outcome, check.findings[0]["what"]) == ("failed", "check_given_up")


@pytest.mark.parametrize("version", [None, VERSION + 1], ids=["none", "another"])
def test_a_check_that_another_version_began_begins_anew(entry, sealed_log, version):
    sealed_log()
    finding = {"what": "entry_changed", "sentence": "Changed."}
    left = {"version": version, "stage": "entries"} if version else {"stage": "entries"}
    Check.objects.create(started_at=make.NOON, size=9, position=7, progress=left, findings=[finding])
    checks.go_on(LATER)

    check = Check.objects.get()
    assert (check.outcome, check.findings, check.size, check.position) == ("passed", [], 1, 1)


def test_a_check_that_has_ended_keeps_nothing_to_go_on_with(entry, sealed_log):
    sealed_log()
    given_up = Check.objects.create(started_at=make.NOON, size=1, progress={"version": VERSION, "stage": "nothing"})
    checks.go_on(LATER)
    checks.start(LATER + timedelta(days=1))
    checks.go_on(LATER + timedelta(days=1))

    given_up.refresh_from_db()
    done = Check.objects.latest("pk")
    assert (done.outcome, done.progress, given_up.outcome, given_up.progress) == ("passed", {}, "failed", {})


def test_what_a_check_needs_to_go_on_is_not_loaded_to_say_how_the_log_stands(entry, sealed_log):
    sealed_log()
    checks.start(make.NOON)
    checks.go_on(make.NOON)
    checks.tell("tiles_repaired", "Files of the log were damaged.", make.NOON)
    checks.start(make.NOON + timedelta(days=1))

    found = state.state_of_the_log(make.NOON + timedelta(minutes=1))
    assert [one.get_deferred_fields() for one in (found.finished, found.running, *found.notices)] == [{"progress"}] * 3


def test_a_check_goes_on_piece_by_piece_where_another_process_left_it(parcel_sent, company, sealed_log, monkeypatch):
    for number in range(600):
        make.recorded(parcel_sent, make.Parcel(company.pk), place=str(number))
    sealed_log()
    monkeypatch.setattr(entry_check, "PIECE", 256)
    checks.start(make.NOON)
    checks.start(make.NOON)

    positions = []
    while Check.objects.get().outcome == Check.Outcome.RUNNING:
        checks.go_on(LATER, seconds=0)
        positions.append(Check.objects.get().position)

    check = Check.objects.get()
    assert sorted(set(positions)) == [0, 256, 512, 600]
    assert (check.outcome, check.size, check.finished_at, check.findings) == ("passed", 600, LATER, [])


def test_what_was_found_between_two_checks_is_no_daily_check(entry, sealed_log):
    sealed_log()
    checks.tell("tiles_repaired", "Files of the log were damaged.", make.NOON)
    checks.start(make.NOON)
    checks.go_on(make.NOON)
    checks.tell("tiles_repaired", "Files of the log were damaged again.", LATER)
    daily = Check.objects.get(kind=Check.Kind.DAILY)

    found = state.state_of_the_log(LATER)
    assert (found.finished, found.checked_at, found.running) == (daily, make.NOON, None)
    assert [notice.findings[0]["sentence"] for notice in found.notices] == [
        "Files of the log were damaged again.",
        "Files of the log were damaged.",
    ]


def test_what_was_found_between_two_checks_is_trouble_for_a_day(entry, sealed_log):
    sealed_log()
    checks.tell("tiles_repaired", "Files of the log were damaged.", LATER)
    notice = Check.objects.get()
    checks.start(LATER)
    checks.go_on(LATER)
    cause = ("verification_failed", f"check {notice.pk}")
    assert state.trouble(LATER) == [(*cause, "Files of the log were damaged.")]

    assert kinds(LATER + timedelta(hours=23)) == [cause]
    assert kinds(LATER + timedelta(days=1)) == []


def test_the_last_daily_check_is_the_one_that_ended_last(entry, sealed_log):
    sealed_log()
    late = failed(at=LATER)
    failed(at=make.NOON)

    assert state.state_of_the_log(LATER).finished == late
    assert state.state_of_the_log(LATER - timedelta(seconds=1)).finished != late


def test_without_a_check_under_way_nothing_goes_on(db):
    checks.go_on(make.NOON)

    assert not Check.objects.exists()


def test_a_check_keeps_a_hundred_findings_of_each_company_and_no_warning_crowds_one_out(entry, sealed_log, monkeypatch):
    sealed_log()
    of = {name: entry_check.Finding("entry_changed", "Changed.", company=name) for name in ("one", "other")}
    warning = entry_check.Finding("key_lost", "A key was lost.", company="other", is_warning=True)
    found = [of["one"]] * 120 + [warning] * 120 + [of["other"]]
    monkeypatch.setattr("audit.verifying.check.check_keys", lambda trusted: found)
    checks.start(make.NOON)
    checks.go_on(make.NOON)

    check = Check.objects.get()
    kept = Counter((finding["company"], finding["is_warning"]) for finding in check.findings)
    assert kept == {("one", False): 100, ("other", True): 100, ("other", False): 1}
    assert check.outcome == "failed"


def test_warnings_alone_fail_no_check(entry, sealed_log, monkeypatch):
    sealed_log()
    warning = entry_check.Finding("key_lost", "A key was lost.", is_warning=True)
    monkeypatch.setattr("audit.verifying.check.check_keys", lambda trusted: [warning])
    checks.start(make.NOON)
    checks.go_on(make.NOON)

    check = Check.objects.get()
    assert (check.outcome, check.findings[0]["sentence"]) == ("passed", "A key was lost.")


def page(browser, path="/audit/state/", at=LATER):
    with time_machine.travel(at, tick=False):
        return browser.get(path).content.decode()


def test_the_page_says_up_to_where_the_log_is_proved(ada, entry, sealed_log):
    at = BillingEvent.objects.order_by("-at").first().at
    checkpoint = sealed_log(at)

    text = page(ada, at=at)
    assert f"Proved up to entry {checkpoint.size}" in text
    assert "Nothing waits" in text
    assert "testserver/log" in text


def test_the_page_of_a_log_that_nobody_sealed(ada):
    text = page(ada)

    assert "Nothing is proved yet" in text
    assert "None has come to its end yet" in text


def test_the_page_tells_of_a_problem_and_what_to_do(ada):
    SealerState.objects.create(seen_at=LATER, problem="The disk is full. Make room.", problem_since=make.NOON)

    assert "The disk is full. Make room." in page(ada)


def test_the_page_tells_of_what_is_wrong_while_entries_are_sealed(ada):
    SealerState.objects.create(seen_at=LATER, warning="The clock is behind. Set it right.")

    text = page(ada)
    assert "Entries are sealed, and something is wrong." in text
    assert "The clock is behind. Set it right." in text
    assert "New entries are not sealed" not in text
    assert state.trouble(LATER) == [("sealer_late", "warning", "The clock is behind. Set it right.")]


def test_a_finding_about_another_company_is_told_without_words(ada, company):
    mine = {"sentence": "Mine was changed.", "company": str(company.pk), "entry": "e1", "log": "billing", "number": 7}
    failed(
        mine | {"at": "2026-03-12", "index": 1},
        mine | {"sentence": "Theirs was changed.", "company": "c0ffee", "entry": "e2"},
        {"sentence": "A tile is missing.", "company": "", "entry": "", "index": 0},
    )

    text = page(ada)
    assert all(
        words in text
        for words in ("Mine was changed.", "Number 7 of your entries, in the billing log", "A tile is missing.")
    )
    assert "Something that is not known to be about your company is not as it was sealed." in text
    assert not any(words in text for words in ("Theirs was changed.", "c0ffee"))


@pytest.mark.parametrize("reader", ["restricted", "employee", "administrator"])
def test_a_finding_names_and_counts_entries_only_to_who_reads_all_of_that_log(company, reader):
    own = {"company": str(company.pk), "entry": "e1", "number": 7, "index": 1}
    failed(
        own | {"log": "billing", "sentence": "11 of billing."},
        own | {"log": "security", "sentence": "12 of security."},
        own | {"log": "billing", "sentence": "13 of billing.", "is_warning": True},
        own | {"log": "security", "sentence": "14 of security.", "is_warning": True},
        {"sentence": "15 of the log.", "company": "", "entry": "", "index": 0},
    )
    checks.tell("entries_lost", "16 between the checks.", LATER)
    role, limits = ("employee", {"restriction": "owner"}) if reader == "restricted" else (reader, {})

    text = page(visitors.browser(visitors.member(company, role, **limits)))

    shown = {number for number in range(11, 17) if f"{number} o" in text or f"{number} between" in text}
    assert shown == {"restricted": set(), "employee": {11, 13, 15, 16}, "administrator": set(range(11, 17))}[reader]
    hides_any = reader != "administrator"
    assert ("Something was found. What it is, only somebody is told who" in text) == hides_any
    assert ("There is a warning. What it is about, only somebody is told who" in text) == hides_any
    assert ("e1" in text) == (reader != "restricted")


def test_the_page_says_what_a_check_warns_of_as_a_warning(ada, company, entry, sealed_log):
    sealed_log()
    about = {"entry": "e1", "log": "billing", "number": 7, "is_warning": True}
    Check.objects.create(
        started_at=make.NOON,
        finished_at=make.NOON,
        size=1,
        findings=[
            about | {"sentence": "3 entries bear an earlier time.", "company": str(company.pk)},
            about | {"sentence": "9 entries bear a later time.", "company": "c0ffee"},
        ],
        outcome=Check.Outcome.PASSED,
    )

    text = page(ada)
    assert all(words in text for words in ("What it warns of", "3 entries bear an earlier time.", "Nothing found"))
    assert not any(words in text for words in ("What it found", "9 entries bear", "not known to be about your company"))


def test_the_page_tells_of_a_repair_in_its_own_words(ada, entry, sealed_log):
    sealed_log()
    checks.tell("tiles_repaired", "Files of the log were damaged. They were written again.", make.NOON)

    text = page(ada)
    assert "Files of the log were damaged. They were written again." in text
    assert "None has come to its end yet" in text
    assert "Something was found" not in text


def test_checkpoints_are_listed_and_can_be_taken_along(ada, entry, sealed_log, monkeypatch):
    monkeypatch.setattr("audit.views.state.LISTED", 2)
    checkpoint = sealed_log()
    for _ in range(3):
        values = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note}
        checkpoint = Checkpoint.objects.create(signed_at=checkpoint.signed_at + timedelta(hours=1), **values)
    checkpoint.cosignatures.create(witness="w.example", line="— w.example AQIDBAUG\n", at=make.NOON)

    first = page(ada, "/audit/state/checkpoints/")
    second = page(ada, f"/audit/state/checkpoints/?before={checkpoint.pk - 1}")
    answer = ada.get(f"/audit/state/checkpoints/{checkpoint.pk}/")

    assert f"?before={checkpoint.pk - 1}" in first
    assert "Older" not in second
    assert f"/audit/state/checkpoints/{checkpoint.pk - 2}/" in second
    assert answer.content.decode() == checkpoint.note + "— w.example AQIDBAUG\n"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="checkpoint-{checkpoint.size}.txt"'


@pytest.mark.parametrize("path", ["999999/", "99999999999999999999999/"])
def test_a_checkpoint_that_is_not_there_is_not_found(ada, path):
    assert ada.get(f"/audit/state/checkpoints/{path}").status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30])
def test_a_place_that_means_nothing_is_the_newest(ada, entry, sealed_log, before):
    sealed_log()

    assert "Download" in page(ada, f"/audit/state/checkpoints/?before={before}")
