"""The half-yearly look through who has access: by whom, in which words, and told when it is due."""

import csv
import datetime
import io
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.actions import members, reviews
from accounts.errors import GrantRefused, ReviewRefused
from accounts.models import AccessReview, Company, Letter, Membership, ReviewedMember
from accounts.permissions import Permission
from accounts.queries.reviews import EVERY, mark_of, standing_of
from audit import log
from audit.actors import Actor
from audit.models import SecurityEvent
from audit.registry import find
from invoiced import schedules
from tests import make, visitors
from tests.accounts.letter_box import delivered, text
from tests.together import together

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY = timedelta(days=1)
REVIEW = "/settings/team/review/"
TEAM = "/settings/team/"
QUERIES = 11


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def company(company):
    Company.objects.filter(pk=company.pk).update(created_at=AT)
    company.refresh_from_db()
    return company


@pytest.fixture
def ada(company):
    return visitors.member(company, name="Ada")


@pytest.fixture
def bo(company):
    return visitors.member(company, name="Bo")


@pytest.fixture
def cy(company):
    return visitors.member(company, "account_manager", "Cy")


def confirm(judge, *memberships, at=AT):
    return reviews.confirm(
        company=judge.company, memberships=memberships, judge=judge, by=Actor.member(judge.user), at=at
    )


def tick(browser, *memberships):
    return browser.post(REVIEW, {"members": [f"{one.pk} {mark_of(one)}" for one in memberships]}, follow=True)


def sentences(**which):
    """What the log says, by the alphabet: the clock stands still."""
    entries = SecurityEvent.objects.filter(**which)
    return sorted(f"{one.actor_label} {find(one.action).render(one)}" for one in entries)


def body(response):
    return response.content.decode()


def exported(browser, review):
    response = browser.post(reverse("accounts:access_review_export", args=[review.pk]))
    return response, list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


# When


def test_it_is_due_half_a_year_after_the_company_began_and_after_each_review(company, ada):
    assert not standing_of(company, AT + EVERY - timedelta(seconds=1)).is_due
    assert standing_of(company, AT + EVERY).is_due

    confirm(ada, ada, at=AT + EVERY)

    assert standing_of(company, AT + EVERY).due_at == AT + 2 * EVERY
    assert standing_of(company, AT + 2 * EVERY).is_due


def test_a_review_under_way_does_not_put_the_next_off(company, ada, bo):
    confirm(ada, bo, at=AT + EVERY)
    assert standing_of(company, AT + EVERY).is_due


def test_the_team_page_says_when_it_is_due(ada, bo, clock):
    browser = visitors.browser(ada)
    assert "Look through who has access" not in body(browser.get(TEAM))
    clock.move_to(AT + EVERY)
    assert "Look through who has access" in body(visitors.browser(ada).get(TEAM))
    assert "Look through who has access" not in body(
        visitors.browser(visitors.member(ada.company, "read_only", "Ed")).get(TEAM)
    )


# Who and what


def test_a_confirmation_keeps_the_words_of_the_day(ada, bo, cy):
    review = confirm(ada, cy)
    Membership.objects.filter(pk=cy.pk).update(role="read_only", restriction="none")

    kept = ReviewedMember.objects.get()
    assert (kept.review, kept.membership, kept.role_name, kept.restriction) == (
        review,
        cy,
        "Account manager",
        "Own customers only",
    )
    assert (kept.confirmed_by, kept.confirmed_at) == (ada.user, AT)
    assert sentences() == [
        "Ada began the access review of Ledger",
        "Ada confirmed Cy as Account manager: Own customers only",
    ]
    assert {one.company_id for one in SecurityEvent.objects.all()} == {ada.company_id}


def test_it_is_finished_when_all_who_are_here_were_confirmed_the_suspended_too(ada, bo, cy):
    Membership.objects.filter(pk=cy.pk).update(suspended_at=AT)
    assert confirm(ada, bo).finished_at is None
    assert confirm(bo, ada).finished_at is None
    review = confirm(ada, cy, at=AT + DAY)
    assert (review.finished_at, AccessReview.objects.count()) == (AT + DAY, 1)
    assert sentences(action="access_review.finished") == ["Ada finished the access review of Ledger"]


def test_who_joins_meanwhile_is_included_and_who_leaves_drops_out(ada, bo, cy):
    confirm(ada, bo)
    confirm(bo, ada)
    ed = visitors.member(ada.company, name="Ed")
    assert confirm(ada, cy).finished_at is None
    members.revoke(membership=ed, granter=ada, by=make.BY, at=AT)
    assert confirm(ada).finished_at == AT


CHANGES = [
    {"role": "administrator", "restriction": "none"},
    {"restriction": "none"},
    {"restriction": "customers", "customer_ids": ["1"]},
]


@pytest.mark.parametrize("change", CHANGES)
def test_who_changed_since_is_confirmed_anew_as_what_they_are_now(ada, bo, cy, change):
    confirm(ada, bo, cy)
    Membership.objects.filter(pk=cy.pk).update(**change)
    cy.refresh_from_db()
    assert "changed since it was confirmed" in body(visitors.browser(ada).get(REVIEW))
    assert confirm(bo, ada).finished_at is None

    review = confirm(bo, cy)

    assert review.finished_at == AT
    kept = ReviewedMember.objects.get(membership=cy)
    assert (kept.role_name, kept.restriction) == (cy.role_name, cy.restriction_words)
    assert kept.confirmed_by == bo.user
    _, table = exported(visitors.browser(ada), review)
    assert [row[2:5] for row in table if row[0] == "Cy"] == [[cy.role_name, cy.restriction_words, "Bo"]]


@pytest.mark.parametrize("change", CHANGES)
def test_who_changed_since_the_list_was_opened_is_not_confirmed(ada, bo, cy, change):
    browser = visitors.browser(ada)
    Membership.objects.filter(pk=cy.pk).update(**change)

    assert "Cy may do or see something else by now than what you saw" in body(tick(browser, cy))
    assert "Cy may do or see something else" in body(browser.post(REVIEW, {"members": [cy.pk]}))
    with pytest.raises(ReviewRefused, match="something else by now"):
        confirm(ada, cy)

    assert not ReviewedMember.objects.exists()


def test_who_holds_a_role_that_gives_more_than_was_seen_is_not_confirmed(company, ada):
    role = make.role(company, Permission.TEAM_VIEW, name="Porter")
    ed = visitors.member(company, role, "Ed")
    type(role).objects.filter(pk=role.pk).update(permissions=[Permission.TEAM_EDIT, Permission.TEAM_VIEW])

    with pytest.raises(ReviewRefused, match="something else by now"):
        confirm(ada, ed)


def test_nobody_confirms_themselves_while_somebody_else_can(ada, bo):
    with pytest.raises(ReviewRefused, match="Nobody confirms their own access"):
        confirm(ada, ada, bo)
    assert not AccessReview.objects.exists()
    assert not ReviewedMember.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"suspended_at": AT}, {"revoked_at": AT}, {"role": "employee"}, {"role": "employee", "restriction": "owner"}],
)
def test_the_only_one_who_may_confirms_themselves_too(ada, bo, change):
    Membership.objects.filter(pk=bo.pk).update(**change)
    assert confirm(ada, ada)


def test_confirming_twice_is_once(ada, bo, cy):
    confirm(ada, bo)
    confirm(ada, bo)
    assert ReviewedMember.objects.count() == 1
    assert len(sentences(action="member.confirmed")) == 1


def test_somebody_with_fewer_rights_may_confirm_an_administrator_for_it_gives_nothing(company, ada):
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, name="Porter")
    porter = visitors.member(company, role, "Ed")
    assert confirm(porter, ada)


def test_who_may_not_or_sees_only_some_confirms_nobody(company, ada):
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, name="Porter")
    for judge in (
        visitors.member(company, "employee", "Ed"),
        visitors.member(company, role, "Flo", restriction="owner"),
        visitors.member(company, name="Gus", suspended_at=AT),
    ):
        with pytest.raises(GrantRefused):
            confirm(judge, ada)


def test_somebody_of_another_company_or_gone_is_not_confirmed(ada, bo, cy):
    rival = visitors.member(visitors.company("Rival"), name="Riva")
    members.revoke(membership=cy, granter=ada, by=make.BY, at=AT)
    for other in (rival, cy):
        with pytest.raises(ReviewRefused, match="no longer a member"):
            confirm(ada, bo, other)
    with pytest.raises(ReviewRefused):
        reviews.confirm(company=rival.company, memberships=[rival], judge=ada, by=make.BY, at=AT)
    assert not ReviewedMember.objects.exists()


def test_nothing_is_kept_without_its_entry(ada, bo, monkeypatch):
    def failing(*args, **details):
        raise RuntimeError

    monkeypatch.setattr(log, "record", failing)
    with pytest.raises(RuntimeError):
        confirm(ada, bo)
    with pytest.raises(RuntimeError):
        reviews.remind(company=ada.company, by=make.BY, at=AT + EVERY)
    assert not AccessReview.objects.exists()
    assert not Letter.objects.exists()
    assert Company.objects.get().review_reminded_at is None


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_the_last_ones_at_once_finish_it_once(company, ada, bo):
    outcomes = together(company, [lambda: confirm(ada, bo), lambda: confirm(bo, ada)])
    assert all(isinstance(one, AccessReview) for one in outcomes)
    assert len(sentences(action="access_review.finished")) == 1
    assert AccessReview.objects.get().finished_at == AT


# The page


def test_the_page_shows_each_member_and_who_may_be_ticked(ada, bo, cy):
    browser = visitors.browser(ada)
    page = body(browser.get(REVIEW))
    for words in (
        "Cy",
        "cy@ledger.example",
        "Account manager",
        "Own customers only",
        "Password only",
        "The next is due on",
    ):
        assert words in page
    assert f'value="{cy.pk} {mark_of(cy)}"' in page
    assert f'value="{ada.pk}' not in page
    assert reverse("accounts:member_detail", args=[cy.pk]) in page


def test_ticking_confirms_until_nobody_is_left(ada, bo, cy):
    browser = visitors.browser(ada)
    page = body(tick(browser, bo, cy))
    assert "2 confirmed. The review is finished when nobody is left." in page
    assert "1 of 3 members still to confirm." in page

    page = body(tick(visitors.browser(bo), ada))
    assert "The review is finished" in page
    assert "Finished reviews" in page


def test_ticking_nobody_or_oneself_or_a_stranger_is_refused_with_a_sentence(ada, bo):
    browser = visitors.browser(ada)
    rival = visitors.member(visitors.company("Rival"), name="Riva")
    assert "Tick the members you looked at" in body(tick(browser))
    assert "Nobody confirms their own access" in body(tick(browser, ada))
    assert "Somebody you ticked is no longer a member" in body(tick(browser, bo, rival))
    assert "Somebody you ticked is no longer a member" in body(browser.post(REVIEW, {"members": ["x"]}))
    assert "Riva" not in body(tick(browser, rival))
    assert not ReviewedMember.objects.exists()


def test_when_the_last_one_left_somebody_presses_finish(ada, bo, cy):
    confirm(ada, bo)
    confirm(bo, ada)
    members.revoke(membership=cy, granter=ada, by=make.BY, at=AT)
    browser = visitors.browser(ada)
    assert "Finish the review" in body(browser.get(REVIEW))
    tick(browser)
    assert AccessReview.objects.get().finished_at == AT


@pytest.mark.parametrize("role", ["employee", "read_only"])
def test_only_who_may_change_the_team_reviews_it(company, ada, role):
    review = confirm(ada, ada)
    browser = visitors.browser(visitors.member(company, role, "Ed"))
    assert browser.get(REVIEW).status_code == 403
    assert browser.post(REVIEW, {"members": [ada.pk]}).status_code == 403
    assert browser.post(reverse("accounts:access_review_export", args=[review.pk])).status_code == 403


def test_looking_changes_nothing(ada):
    visitors.browser(ada).get(REVIEW)
    assert not AccessReview.objects.exists()
    assert not SecurityEvent.objects.exists()


def test_the_page_takes_the_same_queries_for_any_number_of_members(ada, django_assert_num_queries):
    browser = visitors.browser(ada)
    with django_assert_num_queries(QUERIES):
        browser.get(REVIEW)
    for number in range(5):
        visitors.member(ada.company, make.role(ada.company, name=f"Role {number}"), f"Eve{number}")
    with django_assert_num_queries(QUERIES):
        browser.get(REVIEW)


# The file


def test_a_review_is_exported_and_that_is_in_the_log(ada, bo):
    bo.user.name = "=HYPERLINK(1)"
    bo.user.save()
    confirm(ada, bo)
    review = confirm(bo, ada)

    response, table = exported(visitors.browser(ada), review)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="access-review-2026-03-16.csv"'
    assert table == [
        ["Member", "E-mail address", "Role", "Customers", "Confirmed by", "Confirmed at (UTC)"],
        ["'=HYPERLINK(1)", "bo@ledger.example", "Administrator", "All customers", "Ada", "2026-03-16 09:00"],
        ["Ada", "ada@ledger.example", "Administrator", "All customers", "'=HYPERLINK(1)", "2026-03-16 09:00"],
    ]
    assert sentences(action="access_review.exported") == ["Ada exported the access review of Ledger"]


def test_a_review_of_another_company_or_under_way_is_not_there(ada, bo):
    riva = visitors.member(visitors.company("Rival"), name="Riva")
    browser = visitors.browser(ada)
    for review in (confirm(riva, riva), confirm(ada, bo)):
        assert browser.post(reverse("accounts:access_review_export", args=[review.pk])).status_code == 404
    assert not SecurityEvent.objects.filter(action="access_review.exported").exists()


# The reminder


def test_administrators_are_told_once_when_it_is_due(ada, bo, cy, clock):
    schedules.remind_of_reviews(AT + EVERY - timedelta(seconds=1))
    assert not Letter.objects.exists()

    for _ in range(2):
        schedules.remind_of_reviews(AT + EVERY)

    clock.move_to(AT + EVERY)
    letters = delivered()
    assert sorted(letter["To"] for letter in letters) == ["ada@ledger.example", "bo@ledger.example"]
    assert letters[0]["Subject"] == "Look through who has access to Ledger"
    assert "https://testserver/settings/team/review/" in text(letters[0])
    assert sentences() == ["Reminder of access reviews told the administrators of Ledger that an access review is due"]


def test_the_next_due_date_has_a_reminder_of_its_own(company, ada, clock):
    schedules.remind_of_reviews(AT + EVERY)
    confirm(ada, ada, at=AT + EVERY + DAY)
    schedules.remind_of_reviews(AT + 2 * EVERY)
    assert Letter.objects.count() == 1
    schedules.remind_of_reviews(AT + 2 * EVERY + DAY)
    assert Letter.objects.count() == 2


def test_it_runs_every_day_by_itself():
    assert schedules.SCHEDULES["access reviews"] == (DAY, schedules.remind_of_reviews)
