"""Alerts: each cause once, told to who has to know, shown until somebody has dealt with it."""

import datetime
import re

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import events, letters
from accounts.actions import alerts as alert_actions
from accounts.models import Alert, AlertSettings, Letter
from accounts.queries import followed_entries
from accounts.queries.alerts import companies_in_trouble
from accounts.scoping import in_company
from audit import log
from audit.actions import erasing
from audit.models import Check, Follower, Leaf, SecurityEvent, Waiting
from audit.state import trouble
from audit.trouble import Trouble
from invoiced import schedules
from tests import make, visitors
from tests.accounts.letter_box import delivered, html, text
from tests.accounts.sealed import alerts, followed, sealed
from tests.audit.make import recorded

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
DAY = 24 * HOUR
LIST, RULES = "/settings/alerts/", "/settings/sign-in/"
LATE = Trouble("sealer_late", "late since 09:00", "The log has not been sealed since 09:00.")
FAILED = Trouble("verification_failed", "check 7", "The check of the log found an entry that was changed.")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


def make_key(browser, name="Nightly export"):
    form = {"name": name, "permissions": ["customer.view"], "sees": "mine", "lasts": "30"}
    return browser.post("/settings/api-keys/new/", form)


def tell(company, *troubles, at=AT):
    alert_actions.tell_of_trouble(company=company, troubles=troubles, by=make.BY, at=at)


def actions(*nouns):
    codes = SecurityEvent.objects.values_list("action", flat=True)
    return sorted(code for code in codes if code.partition(".")[0] in nouns)


def mailed():
    return sorted(Letter.objects.filter(kind__startswith="alert").values_list("kind", "recipient"))


def deal(browser, alert):
    return browser.post(reverse("accounts:alert_deal_with", args=[alert.pk]))


def text_of(response):
    return " ".join(response.content.decode().split())


def questions_of(browser):
    with CaptureQueriesContext(connection) as questions:
        browser.get("/")
    return questions.captured_queries


def test_an_alert_points_to_its_entry_and_leaves_one_of_its_own(company, ada):
    make_key(ada)
    followed()

    alert = Alert.objects.get()
    entry = SecurityEvent.objects.get(action="api_key.made")
    assert (alert.kind, alert.entry_id, alert.log, alert.at) == ("api_key_made", entry.pk, "security", AT)
    raised = SecurityEvent.objects.get(action="alert.raised")
    assert (raised.company_id, str(raised)) == (
        company.pk,
        "Alerts raised an alert: Ada made the API key Nightly export",
    )
    assert raised.data == {"kind": "api_key_made", "entry": str(entry.pk)}


def test_nothing_alerts_twice_and_no_alert_alerts_of_itself(ada):
    make_key(ada)
    for _ in range(3):
        followed()

    assert actions("alert") == ["alert.raised"]
    assert Follower.objects.get().next_index == SecurityEvent.objects.count()


def test_what_is_not_sealed_is_not_looked_at_and_nothing_new_costs_three_questions(ada, django_assert_num_queries):
    make_key(ada)
    with django_assert_num_queries(3):
        schedules.raise_alerts(AT)
    assert alerts() == []

    followed()
    followed()
    with django_assert_num_queries(3):
        schedules.raise_alerts(AT)


def test_killed_between_two_batches_it_goes_on_where_it_was(ada, monkeypatch):
    monkeypatch.setattr(followed_entries, "BATCH", 1)
    for name in ("One", "Two", "Three"):
        make_key(ada, name)
    sealed()
    alert_actions.follow(by=make.BY, at=AT)
    assert len(alerts()) == 1

    schedules.raise_alerts(AT)

    assert {sentence.rpartition(" ")[2] for _, sentence in alerts()} == {"One", "Two", "Three"}
    assert len(mailed()) == 3


def test_killed_within_a_batch_it_leaves_nothing_and_does_it_all_the_next_time(ada, monkeypatch):
    make_key(ada, "One")
    make_key(ada, "Two")
    sealed()
    real, tries = letters.queue, iter([True, False])

    def dies_at_the_second(*parts, **options):
        if next(tries):
            return real(*parts, **options)
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(letters, "queue", dies_at_the_second)
        with pytest.raises(DatabaseError), transaction.atomic():
            alert_actions.follow(by=make.BY, at=AT)
    assert (alerts(), mailed(), actions("alert")) == ([], [], [])
    assert not Follower.objects.exists()

    followed()

    assert len(alerts()) == len(actions("alert")) == len(mailed()) == 2


def test_of_two_at_once_one_does_nothing(ada, monkeypatch):
    make_key(ada)
    sealed()
    seen_before = followed_entries.place_of("alerts")
    followed()
    monkeypatch.setattr(alert_actions, "place_of", lambda follower: seen_before)

    assert alert_actions.follow(by=make.BY, at=AT) == 0
    assert len(alerts()) == len(mailed()) == 1


def test_an_entry_that_cannot_be_judged_does_not_keep_the_others(ada, monkeypatch, caplog):
    make_key(ada, "One")
    make_key(ada, "Two")
    real = alert_actions._occasion

    def stumbles(kind, entry, company):
        return 1 / 0 if entry.object_label == "One" else real(kind, entry, company)

    monkeypatch.setattr(alert_actions, "_occasion", stumbles)
    followed()

    assert alerts() == [("api_key_made", "Ada made the API key Two")]
    assert "could not be judged" in caplog.text


def test_without_its_entry_an_alert_does_not_happen(ada, monkeypatch):
    make_key(ada)
    sealed()

    def refuse(*parts, **details):
        raise DatabaseError

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError), transaction.atomic():
        alert_actions.follow(by=make.BY, at=AT)
    assert (alerts(), mailed()) == ([], [])


def test_what_is_sealed_a_week_late_is_no_alert(ada, clock):
    make_key(ada)
    clock.shift(8 * DAY)
    followed()
    assert alerts() == []


def test_what_was_sealed_in_time_is_an_alert_however_late_it_is_read(ada, clock):
    make_key(ada)
    sealed()
    clock.shift(8 * DAY)
    followed()
    assert [kind for kind, _ in alerts()] == ["api_key_made"]


def test_each_administrator_and_each_named_address_gets_one_letter(company, ada):
    visitors.member(company, name="Ida")
    visitors.member(company, name="Gone", suspended_at=AT)
    visitors.member(company, "employee", "Bo")
    AlertSettings.objects.create(company=company, addresses=["siem@elsewhere.example", "ada@ledger.example"])
    make_key(ada)
    followed()

    assert mailed() == [
        ("alert", "ada@ledger.example"),
        ("alert", "ida@ledger.example"),
        ("alert_to_address", "siem@elsewhere.example"),
    ]
    sent = {letter["To"]: letter for letter in delivered() if letter["Subject"].startswith("Alert")}
    assert sent.keys() == {"ada@ledger.example", "ida@ledger.example", "siem@elsewhere.example"}
    for letter in sent.values():
        assert letter["Subject"] == "Alert of Ledger: API key made"
        assert "Ada made the API key Nightly export" in text(letter)
        assert "Ada made the API key Nightly export" in html(letter)
        assert "When: 16 Mar 2026, 09:00 (UTC)" in text(letter)
    assert "https://testserver/settings/alerts/" in text(sent["ida@ledger.example"])
    assert text(sent["siem@elsewhere.example"]).startswith("To whoever looks after the alerts of Ledger,")


def test_a_kind_that_is_off_alerts_nobody_and_one_that_cannot_be_off_does(company, ada):
    AlertSettings.objects.create(company=company, off=["api_key_made", "verification_failed"])
    make_key(ada)
    followed()
    tell(company, FAILED)

    assert alerts() == [("verification_failed", FAILED.sentence)]


def test_trouble_with_the_log_needs_no_sealing_is_told_once_and_notes_its_end(company, ada):
    rival = visitors.company("Rival")
    for minutes in range(90):
        tell(company, LATE, at=AT + minutes * MINUTE)
        tell(rival, LATE, at=AT + minutes * MINUTE)
    assert alerts(company) == alerts(rival) == [("sealer_late", LATE.sentence)]
    assert mailed() == [("alert", "ada@ledger.example")]
    assert Waiting.objects.count() > 0

    tell(company, at=AT + 2 * HOUR)

    over = Alert.objects.get(company=company)
    assert (over.seen_at, over.seen_by, over.over_at) == (AT + 2 * HOUR, None, AT + 2 * HOUR)
    assert actions("alert") == ["alert.ended", "alert.raised", "alert.raised"]
    assert "Over" in text_of(ada.get(f"{LIST}?tab=all"))
    with in_company(rival):
        assert Alert.objects.get().seen_at is None


def test_trouble_somebody_has_dealt_with_is_told_again_only_when_it_was_over(company, ada):
    tell(company, LATE)
    deal(ada, Alert.objects.get())
    tell(company, LATE, at=AT + 2 * HOUR)
    assert len(alerts()) == 1

    tell(company, at=AT + 3 * HOUR)
    tell(company, LATE, at=AT + 4 * HOUR)

    assert len(alerts()) == 2
    assert str(Alert.objects.earliest("at").seen_by) == "Ada"


def test_trouble_that_comes_and_goes_is_told_once_an_hour(company):
    for minutes in range(0, 120, 4):
        tell(company, LATE, at=AT + minutes * MINUTE)
        tell(company, at=AT + (minutes + 2) * MINUTE)
    assert len(alerts()) == 2


def test_the_worker_tells_when_the_sealer_is_late_and_when_it_is_back(company, ada, clock):
    make_key(ada)
    Waiting.objects.update(queued_at=AT)
    schedules.tell_of_log_trouble(AT)
    assert alerts() == []

    clock.shift(5 * MINUTE)
    schedules.tell_of_log_trouble(AT + 5 * MINUTE)
    [(kind, sentence)] = alerts()
    assert (kind, "sealed" in sentence) == ("sealer_late", True)

    sealed()
    clock.shift(MINUTE)
    sealed()
    schedules.tell_of_log_trouble(AT + 6 * MINUTE)
    assert Alert.objects.get().over_at == AT + 6 * MINUTE


def test_a_worker_that_starts_gives_the_sealer_a_minute_to_catch_up(company, ada, clock):
    make_key(ada)
    Waiting.objects.update(queued_at=AT)
    clock.shift(5 * MINUTE)
    for minutes, told in ((0, 0), (2, 1)):
        clock.shift(minutes * MINUTE)
        if not minutes:
            schedules.begin(AT + 5 * MINUTE)
        schedules.run_due(AT + (5 + minutes) * MINUTE)
        assert len(alerts()) == told


def test_what_a_check_found_stays_until_somebody_has_dealt_with_it(company):
    tell(company, FAILED)
    tell(company)
    alert = Alert.objects.get()
    assert (alert.seen_at, alert.over_at) == (None, AT)


def test_whose_trouble_goes_on_is_found_by_an_index(company):
    tell(company, LATE)
    with CaptureQueriesContext(connection) as queries:
        assert companies_in_trouble() == {company.pk}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
            assert "alert_going_on" in " ".join(row[3] for row in cursor.fetchall())


def test_a_place_beyond_the_end_of_the_log_is_told_of_and_set_back(company):
    Follower.objects.create(name="alerts", next_index=10**15)

    assert alert_actions.follow(by=make.BY, at=AT) == 0
    assert alert_actions.follow(by=make.BY, at=AT) == 0

    assert Follower.objects.get(name="alerts").next_index == Leaf.objects.count()
    assert [kind for kind, _, _ in trouble(AT)] == ["verification_failed"]
    assert Check.objects.get().findings[0]["what"] == "follower_moved"


def test_dealing_with_one(company, ada):
    tell(company, FAILED)
    alert = Alert.objects.get()

    assert deal(ada, alert).url == LIST

    alert.refresh_from_db()
    assert (alert.seen_at, str(alert.seen_by)) == (AT, "Ada")
    entry = SecurityEvent.objects.get(action="alert.dealt_with")
    assert str(entry) == f"Ada dealt with the alert: {FAILED.sentence}"
    assert actions("alert") == ["alert.dealt_with", "alert.raised"]


def test_dealt_with_by_two_at_once_it_is_dealt_with_once(company, ada):
    tell(company, FAILED)
    alert = Alert.objects.get()
    deal(ada, alert)

    deal(ada, alert)

    assert alert_actions.MEANWHILE in text_of(ada.get(LIST))
    assert actions("alert") == ["alert.dealt_with", "alert.raised"]


def test_the_list_shows_what_is_open_and_with_all_what_became_of_the_rest(company, ada):
    make_key(ada)
    followed()
    tell(company, FAILED)
    entry = SecurityEvent.objects.get(action="api_key.made")

    page = text_of(ada.get(LIST))
    assert "Ada made the API key Nightly export" in page
    assert reverse("audit:security_entry", args=[entry.pk]) in page
    assert page.count("Mark as dealt with<") == 2

    deal(ada, Alert.objects.get(kind="verification_failed"))
    assert FAILED.sentence not in text_of(ada.get(LIST)).partition("<table")[2]
    assert FAILED.sentence in text_of(ada.get(f"{LIST}?tab=all"))


def test_many_alerts_have_pages_and_cost_no_more_questions(company, ada, django_assert_max_num_queries):
    usual = {"company": company, "kind": "api_key_made"}
    made = [
        Alert(**usual, cause=str(number), sentence=f"Alert {number}.", at=AT - number * MINUTE) for number in range(120)
    ]
    Alert.objects.bulk_create(made)
    with django_assert_max_num_queries(12):
        page = ada.get(LIST).content.decode()
    assert ("Alert 49." in page, "Alert 50." in page) == (True, False)
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Alert 50." in ada.get(LIST + older).content.decode()


def test_the_first_page_shows_the_latest_three_for_no_more_questions(company, ada, acme):
    before = len(questions_of(ada))
    for number in range(4):
        Alert.objects.create(company=company, kind="refusals", cause=str(number), sentence=f"Alert {number}.", at=AT)

    page = text_of(ada.get("/"))

    assert sum(f"Alert {number}." in page for number in range(4)) == 3
    assert "See all" in page
    assert len(questions_of(ada)) == before


@pytest.mark.parametrize(("count", "shown"), [(0, None), (1, "1"), (99, "99"), (100, "99+")])
def test_the_navigation_counts_what_is_open_with_one_question(company, ada, count, shown):
    usual = {"company": company, "kind": "refusals", "sentence": "Too often.", "at": AT}
    Alert.objects.bulk_create(Alert(**usual, cause=str(number)) for number in range(count))
    Alert.objects.create(**usual, cause="dealt with", seen_at=AT)

    with CaptureQueriesContext(connection) as questions:
        page = text_of(ada.get("/items/"))

    found = re.search(r'Alerts <span class="nav-note">([^<]+)<', page)
    assert (found and found[1]) == shown
    assert sum("accounts_alert" in question["sql"] for question in questions.captured_queries) == 1


def test_the_navigation_counts_no_alerts_for_who_is_not_shown_them(company):
    Alert.objects.create(company=company, kind="refusals", cause="one", sentence="Too often.", at=AT)
    reads = make.role(company, "item.view", "security_log.view", name="Reader")
    kept_apart = visitors.browser(visitors.member(company, reads, "Rea", restriction="owner"))
    clerk = visitors.browser(visitors.member(company, "employee", "Bo"))

    for browser in (kept_apart, clerk):
        with CaptureQueriesContext(connection) as questions:
            assert "Alerts <span" not in text_of(browser.get("/items/"))
        assert [one for one in questions.captured_queries if "accounts_alert" in one["sql"]] == []


def test_who_sees_only_some_customers_or_may_not_read_the_log_sees_no_alert(company, ada):
    tell(company, FAILED)
    alert = Alert.objects.get()
    reads = make.role(company, "report.view", "security.edit", "security_log.view", name="Reader")
    kept_apart = visitors.browser(visitors.member(company, reads, "Rea", restriction="owner"))
    clerk = visitors.browser(visitors.member(company, "employee", "Bo"))

    for browser in (kept_apart, clerk):
        assert FAILED.sentence not in text_of(browser.get("/"))
    assert FAILED.sentence not in text_of(kept_apart.get(LIST))
    assert (clerk.get(LIST).status_code, deal(clerk, alert).status_code) == (403, 403)
    assert deal(kept_apart, alert).status_code == 404
    alert.refresh_from_db()
    assert alert.seen_at is None


def test_an_alert_of_another_company_is_not_there(company, ada):
    rival = visitors.company("Rival")
    tell(rival, FAILED)
    with in_company(rival):
        alert = Alert.objects.get()

    assert FAILED.sentence not in text_of(ada.get(LIST))
    assert deal(ada, alert).status_code == 404


def test_an_alert_does_not_go_on_saying_what_its_entry_said(company):
    for years in (3, 1):
        long_ago = AT - years * 365 * DAY
        entry = recorded(events.COMPANY_ENTERED, company, at=long_ago)
        Alert.objects.create(
            company=company,
            kind="refusals",
            cause=str(years),
            sentence=str(years),
            entry_id=entry.pk,
            log="security",
            at=AT,
        )
    sealed()
    assert erasing.erase_old(company_id=company.pk, until=AT - 2 * 365 * DAY, at=AT) == 1

    schedules.clear_out(AT)

    assert alerts() == [("refusals", "1")]


def test_nobody_deals_with_one_by_opening_an_address(company, ada):
    tell(company, FAILED)
    assert ada.get(reverse("accounts:alert_deal_with", args=[Alert.objects.get().pk])).status_code == 405
