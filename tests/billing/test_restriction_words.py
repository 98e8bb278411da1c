"""Restrictions by the values of fields, named wherever people read what somebody sees."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions import members, reviews
from accounts.models import Invitation, Letter, ReviewedMember
from accounts.permissions import Permission
from accounts.queries.restrictions import words_of
from audit.models import SecurityEvent
from billing.models import CustomField
from tests import make, visitors
from tests.access.world import key_of
from tests.books import AT, BY

TEAM, REVIEW, KEYS = "/settings/team/", "/settings/team/review/", "/settings/api-keys/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-03-16T09:00:00Z", tick=False):
        yield


@pytest.fixture
def region(company):
    return field(company, "Region", "choice")


@pytest.fixture
def bo(company, region):
    return kept_to(company, "Bo", {region: ["North", "South"]})


def field(company, name, kind="text", position=0):
    return CustomField.objects.create(company=company, name=name, kind=kind, position=position, created_at=AT)


def kept_to(company, name, values, role="employee"):
    given = {str(field.pk): list(wanted) for field, wanted in values.items()}
    return visitors.member(company, role, name, restriction="fields", field_values=given)


def key_kept_to(membership, values):
    key = key_of(membership)
    key.restriction, key.field_values = "fields", values
    key.save()
    return key


def invite_kept_to(member, email):
    """Somebody asked into the company of this member, to see what they see."""
    dates = {"invited_at": AT, "sent_at": AT, "expires_at": AT + datetime.timedelta(days=30)}
    kept = {"restriction": "fields", "field_values": member.field_values}
    Invitation.objects.create(company=member.company, email=email, role="employee", invited_by=member, **kept, **dates)


def test_fields_stand_in_their_order_with_values_as_people_read_them(company, region):
    since = field(company, "Since", "date", position=2)
    size = field(company, "Size", "number", position=1)
    values = {since: ["2026-03-12"], size: ["1234.5"], region: ["North", "South"]}
    assert words_of(kept_to(company, "Bo", values)) == "Region: North or South; Size: 1,234.5; Since: 12 Mar 2026"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["A"], "Region: A"),
        (["A", "B"], "Region: A or B"),
        (["A", "B", "C"], "Region: A, B or C"),
        (["A", "B", "C", "D"], "Region: A, B, C or 1 more"),
        (["x" * 40], "Region: " + "x" * 40),
        (["x" * 41], "Region: " + "x" * 40 + "…"),
    ],
    ids=["one", "two", "three", "four", "long", "too long"],
)
def test_of_many_values_the_first_are_named(company, region, values, words):
    assert words_of(kept_to(company, "Bo", {region: values})) == words


def test_the_longest_words_fit_the_record_of_a_review(company):
    many = {field(company, f"{number}" * 60): [f"{one}" * 200 for one in range(9)] for number in range(3)}
    words = words_of(kept_to(company, "Bo", many))
    assert len(words) <= ReviewedMember._meta.get_field("restriction").max_length


def test_an_archived_field_is_named_still(company, bo, region):
    region.archived_at = AT
    region.save()
    assert words_of(bo) == "Region: North or South"


def test_pages_name_them(ada, company, bo):
    key = key_kept_to(bo, bo.field_values)
    explained = f"{TEAM}explain/?member={bo.pk}&permission=invoice.view"
    for page in (TEAM, f"{TEAM}{bo.pk}/", f"{TEAM}{bo.pk}/role/", REVIEW, KEYS, f"{KEYS}{key.pk}/", explained):
        assert "Region: North or South" in ada.get(page).text, page


def test_whoever_sees_only_some_customers_is_not_told_the_values_of_others(company, bo, region):
    reads = make.role(company, Permission.TEAM_VIEW, Permission.API_KEY_VIEW)
    browser = visitors.browser(kept_to(company, "Cy", {region: ["East"]}, reads))
    explained = f"{TEAM}explain/?member={bo.pk}&permission=invoice.view"
    for page in (TEAM, f"{TEAM}{bo.pk}/", KEYS, explained):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "North" not in answer.text, page


@pytest.mark.parametrize("page", [TEAM, REVIEW, KEYS])
def test_lists_ask_once_for_the_fields_of_all(ada, company, bo, region, page):
    key_kept_to(bo, bo.field_values)
    invite_kept_to(bo, "one@bo.example")
    ada.get(page)
    with CaptureQueriesContext(connection) as few:
        ada.get(page)
    for name in ("Cy", "Di", "Ed"):
        key_kept_to(kept_to(company, name, {region: [name]}), bo.field_values)
        invite_kept_to(bo, f"{name}@bo.example")
    with CaptureQueriesContext(connection) as many:
        ada.get(page)
    assert len(many) == len(few)


def test_letters_and_the_log_name_them(company, region):
    ada = visitors.member(company, "administrator", "Ada")
    bo = visitors.member(company, "employee", "Bo")
    decision = {"granter": ada, "by": BY, "at": AT + datetime.timedelta(days=1)}
    members.restrict(membership=bo, restriction="fields", field_values={str(region.pk): ["North"]}, **decision)

    assert SecurityEvent.objects.get(action="member.restriction_changed").data["sight"] == "Region: North"
    assert Letter.objects.get(kind="sight_changed").facts["sight"] == "Region: North"

    bo.refresh_from_db()
    reviews.confirm(company=company, memberships=[bo], judge=ada, by=BY, at=AT)
    assert ReviewedMember.objects.get().restriction == "Region: North"
