"""What is said of a password while it is typed."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import mailed_links
from accounts.models import MailedLink
from accounts.views import passwords
from audit.models import SecurityEvent
from security.tokens import token_hash
from tests import make, visitors
from tests.accounts.signing_in import SOURCE

pytestmark = pytest.mark.django_db

ADDRESS = "/password-strength/"
GOOD = "nine patient herons by the weir"


def judge(browser, password, source=SOURCE, **options):
    return browser.post(ADDRESS, {"password": password}, REMOTE_ADDR=source, **options)


def test_a_good_password_is_said_to_be_good(browser):
    assert judge(browser, GOOD).json() == {"score": 4, "is_accepted": True, "reasons": []}


@pytest.mark.parametrize(
    ("password", "score", "complaint"),
    [("", 0, "too short"), ("january2026january", 3, "too easy"), ("x" * 300, 0, "too long"), ("\x00", 0, "too short")],
)
def test_the_reasons_are_those_of_the_form(browser, password, score, complaint):
    judged = judge(browser, password).json()

    assert (judged["score"], judged["is_accepted"]) == (score, False)
    assert complaint in " ".join(judged["reasons"])


def test_whoever_is_signed_in_is_judged_with_the_words_about_them(browser):
    assert judge(browser, "harbour works ada 9").json()["is_accepted"]
    visitors.sign_in(browser, make.member(user=make.user("ada@example.com")))

    assert "mostly your name" in judge(browser, "harbour works ada 9").json()["reasons"][0]


def test_earlier_passwords_are_not_told_by_it(browser):
    visitors.sign_in(browser, make.member())

    assert judge(browser, make.PASSWORD).json()["is_accepted"]


def test_it_answers_a_post_with_its_token_and_nothing_else(browser):
    assert browser.get(ADDRESS).status_code == 405
    assert judge(visitors.Browser(enforce_csrf_checks=True), GOOD).status_code == 403


def test_one_source_asks_so_often(browser):
    for _ in range(passwords.JUDGEMENTS.tries):
        assert judge(browser, "short").status_code == 200

    assert judge(browser, GOOD).status_code == 429
    assert judge(browser, GOOD, "198.51.100.7").status_code == 200


def test_nothing_of_it_is_kept_or_logged(browser, caplog):
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as queries:
        judge(browser, GOOD)

    assert GOOD not in caplog.text
    assert GOOD not in str(queries.captured_queries)
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize("address", [ADDRESS, "/settings/security/password/", "/sign-in/reset/token/"])
def test_a_report_of_a_failure_would_hold_no_password(browser, address):
    member = make.member()
    visitors.sign_in(browser, member)
    link = mailed_links.create(
        MailedLink.Purpose.RESET_PASSWORD, user=member.user, at=timezone.now(), lasts=timedelta(minutes=1)
    )
    MailedLink.objects.filter(pk=link.pk).update(token_hash=token_hash("token"))

    request = browser.post(address, {"password": "short", "new": "short", "current": "short"}).wsgi_request

    assert request.sensitive_post_parameters == "__ALL__"
