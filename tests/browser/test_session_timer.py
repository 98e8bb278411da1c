"""The end of a session, as the person at the browser meets it. The clocks are turned; nobody waits."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Session
from accounts.scoping import in_company
from tests import books, make, visitors
from tests.browser.desk import give_password

MINUTE = timedelta(minutes=1)
PAGE = "/settings/security/"


@pytest.fixture
def ada(desk):
    """Ada, whose password alone signs her in."""
    company = visitors.company("Harbour")
    user = visitors.member(company, "administrator", "Ada").user
    user.set_password(make.PASSWORD)
    user.save()
    with in_company(company):
        books.customer(company, "Acme Shipping")
    return user


def signed_in(page: Page, ada) -> Page:
    page.clock.install()
    give_password(page, ada.email)
    page.wait_for_url(lambda url: urlsplit(url).path == "/")
    page.goto("/customers/")
    expect(data(page)).to_be_visible()
    return page


@pytest.fixture
def page(desk, ada):
    return signed_in(desk.window(), ada)


def data(page: Page):
    """What only those may read who are signed in."""
    return page.get_by_role("link", name="Acme Shipping")


def pass_time(page: Page, passed: timedelta) -> None:
    """The same time passes for the server and in the window, whose timers may have slept meanwhile."""
    for row in Session.objects.all():
        Session.objects.filter(pk=row.pk).update(seen_at=row.seen_at - passed, started_at=row.started_at - passed)
    page.clock.fast_forward(int(passed.total_seconds() * 1000))


def warning(page: Page):
    return page.get_by_role("alertdialog", name=re.compile("You will be signed out in"))


def arrived(page: Page, why: str) -> None:
    page.wait_for_url(lambda url: urlsplit(url).path == "/sign-in/")
    assert parse_qs(urlsplit(page.url).query) == {"next": ["/customers/"], "ended": [why]}
    expect(data(page)).to_have_count(0)


def test_two_minutes_before_the_end_a_dialog_asks_and_one_click_stays(page, desk):
    pass_time(page, 13 * MINUTE - timedelta(seconds=5))
    expect(warning(page)).to_have_count(0)
    pass_time(page, timedelta(seconds=10))

    expect(warning(page)).to_be_visible()
    stay = page.get_by_role("button", name="Stay signed in")
    expect(stay).to_be_focused()
    expect(warning(page)).to_contain_text(re.compile("in 1:5"))
    stay.click()

    expect(warning(page)).to_have_count(0)
    assert timezone.now() - Session.objects.get().seen_at < MINUTE
    pass_time(page, 12 * MINUTE)
    expect(warning(page)).to_have_count(0)
    assert desk.complaints == []


def test_escape_stays_too_for_somebody_is_there(page):
    pass_time(page, 14 * MINUTE)
    expect(warning(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(warning(page)).to_have_count(0)
    assert timezone.now() - Session.objects.get().seen_at < MINUTE


def test_the_seconds_count_down_and_are_announced_now_and_then(page):
    pass_time(page, 14 * MINUTE - timedelta(seconds=3))
    expect(warning(page)).to_be_visible()
    page.clock.run_for(4_000)
    expect(warning(page).get_by_role("status")).to_have_text("60 seconds left")


def test_at_the_end_the_sign_in_page_takes_the_place_of_the_data(page, desk):
    pass_time(page, 15 * MINUTE)
    arrived(page, "idle")
    expect(page.get_by_text("Nothing was done for a while.")).to_be_visible()
    page.go_back()
    expect(data(page)).to_have_count(0)
    assert desk.complaints == []


def test_after_the_end_one_goes_on_where_one_was(page, ada):
    pass_time(page, 15 * MINUTE)
    arrived(page, "idle")
    page.get_by_label("E-mail address").fill(ada.email)
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(data(page)).to_be_visible()


def test_a_warning_nobody_answers_ends_with_the_session(page):
    pass_time(page, 14 * MINUTE)
    expect(warning(page)).to_be_visible()
    pass_time(page, MINUTE)
    arrived(page, "idle")


def test_unsaved_work_does_not_hold_the_page_back(page, desk):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/customers/new/")
    page.locator("input[name=name]").press_sequentially("Half a customer")
    pass_time(page, 15 * MINUTE)
    page.wait_for_url(lambda url: urlsplit(url).path == "/sign-in/")
    assert (asked, desk.complaints) == ([], [])


def test_the_absolute_end_is_announced_and_comes_whatever_one_does(page):
    Session.objects.update(started_at=timezone.now() - timedelta(hours=11, minutes=57))
    page.goto("/customers/")
    pass_time(page, MINUTE + timedelta(seconds=5))
    expect(warning(page)).to_contain_text("No session lasts longer")
    expect(page.get_by_role("button", name="Stay signed in")).to_have_count(0)
    page.get_by_role("button", name="Go back and save").click()
    expect(warning(page)).to_have_count(0)
    pass_time(page, 2 * MINUTE)
    arrived(page, "longest")


def test_a_lid_that_was_closed_is_noticed_when_the_page_is_seen_again(page):
    """Timers stop with the computer; the clock on the wall does not."""
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    page.clock.set_system_time(timezone.now() + timedelta(hours=1))
    expect(data(page)).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    arrived(page, "idle")


def test_work_in_one_tab_keeps_the_others(page):
    other = page.context.new_page()
    other.clock.install()
    pass_time(page, 14 * MINUTE)
    expect(warning(page)).to_be_visible()
    other.goto(PAGE)
    expect(warning(page)).to_have_count(0)
    expect(data(page)).to_be_visible()


def test_signing_out_in_one_tab_empties_the_others_and_back_shows_nothing(page, desk):
    other = page.context.new_page()
    other.goto("/customers/")
    other.locator("details.switcher.side-foot summary").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_text("You are signed out.")).to_be_visible()
    arrived(page, "elsewhere")

    other.go_back()
    expect(data(other)).to_have_count(0)
    expect(other.get_by_label("E-mail address")).to_be_visible()
    assert desk.complaints == []


def test_a_session_ended_from_elsewhere_shows_at_the_next_look(page):
    Session.objects.all().delete()
    page.clock.fast_forward(13 * 60_000 + 1_000)
    arrived(page, "elsewhere")


def test_where_we_cannot_be_reached_the_page_goes_all_the_same(page):
    page.context.set_offline(True)
    page.clock.fast_forward(14 * 60_000)
    expect(warning(page)).to_be_visible()
    page.get_by_role("button", name="Stay signed in").click()
    expect(warning(page)).to_contain_text("We could not be reached. Try again.")
    page.clock.fast_forward(60_000)
    expect(data(page)).to_have_count(0)


def test_without_scripts_the_servers_rule_holds(desk, ada):
    page = desk.window(java_script_enabled=False)
    give_password(page, ada.email)
    page.goto("/customers/")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    Session.objects.update(seen_at=timezone.now() - 15 * MINUTE)
    page.goto("/customers/")
    assert urlsplit(page.url).path == "/sign-in/"
