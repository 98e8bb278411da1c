"""The page on which a company says how long its logs say what they say, and what the worker makes of it."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.actions import log_retention
from accounts.errors import LogSettingRefused
from accounts.permissions import Permission
from accounts.scoping import in_company
from audit import log, sealing
from audit.actions import erasing
from audit.models import LogSettings, SecurityEvent
from tests import make, visitors

pytestmark = pytest.mark.django_db

PAGE = "/settings/logs/retention/"
AT = datetime(2026, 3, 12, 12, 0, 10, tzinfo=UTC)
LONG_AGO = datetime(2021, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT) as clock:
        yield clock


@pytest.fixture
def company():
    made = make.company()
    with in_company(made):
        yield made


@pytest.fixture
def membership(company):
    return make.member(user=make.user("ada@example.com"), company=company)


@pytest.fixture
def ada(membership):
    return visitors.browser(membership)


def text(response):
    return " ".join(response.content.decode().split())


def old_entry(of, at=LONG_AGO):
    with log.transaction.atomic():
        log.record(log_retention.events.POLICY_CHANGED, target=of, by=make.BY, at=at)
    sealing.turn(AT)


def kept(company):
    return LogSettings.objects.filter(pk=company.pk).values_list("kept_months", flat=True).first()


def changes():
    return list(SecurityEvent.objects.filter(action="log_retention.changed").values_list("changes", flat=True))


def test_the_page_says_what_is_kept(ada):
    shown = text(ada.get(PAGE))

    assert 'value="72"' in shown
    assert "12 Mar 2020" in shown
    assert "0 entries" in shown


def test_a_shorter_time_is_asked_about_with_what_is_lost(ada, company):
    old_entry(company)

    shown = text(ada.post(PAGE, {"kept_months": "24"}))

    assert "Keep the logs for 24 months instead of 72?" in shown
    assert "What 1 entry from before 12 Mar 2024 says is erased" in shown
    assert (kept(company), changes()) == (None, [])


def test_a_shorter_time_counts_once_it_is_confirmed(ada, company):
    response = ada.post(PAGE, {"kept_months": "24", "confirmed": "on"})

    assert response.url == PAGE
    assert (kept(company), changes()) == (24, [{"kept_months": [72, 24]}])
    entry = SecurityEvent.objects.get(action="log_retention.changed")
    assert (entry.company_id, entry.actor_label) == (company.pk, "Ada Lovelace")


def test_a_longer_time_loses_nothing_and_is_not_asked_about(ada, company):
    LogSettings.objects.create(company_id=company.pk, kept_months=24)

    assert ada.post(PAGE, {"kept_months": "36"}).url == PAGE
    assert (kept(company), changes()) == (36, [{"kept_months": [24, 36]}])


def test_saving_what_is_there_writes_nothing(ada, company):
    assert ada.post(PAGE, {"kept_months": "72"}).url == PAGE
    assert (kept(company), changes()) == (None, [])


@pytest.mark.parametrize("months", ["11", "73", "", "1e1", "-1", "9" * 400])
def test_another_time_is_refused_with_a_sentence(ada, company, months):
    response = ada.post(PAGE, {"kept_months": months, "confirmed": "on"})

    assert response.status_code == 200
    assert "Enter a whole number from 12 to 72." in text(response)
    assert kept(company) is None


@pytest.mark.parametrize("months", [11, 73])
def test_the_action_keeps_the_bounds_too(membership, months):
    with pytest.raises(LogSettingRefused, match="Choose from 12 to 72 months"):
        log_retention.change(membership=membership, months=months, by=make.BY, at=AT)


def test_who_may_not_change_security_is_refused(company):
    bo = visitors.browser(make.member("employee", company=company))

    assert bo.get(PAGE).status_code == 403


def test_who_sees_only_some_customers_decides_nothing(company):
    role = make.role(company, Permission.SECURITY_EDIT)
    eli = visitors.browser(make.member(role, company=company, restriction="customers"))

    assert "You see only some of the customers" in text(eli.post(PAGE, {"kept_months": "12", "confirmed": "on"}))
    assert kept(company) is None


def test_no_change_without_its_entry(membership, company, monkeypatch):
    monkeypatch.setattr(log, "record", None)

    with pytest.raises(TypeError):
        log_retention.change(membership=membership, months=12, by=make.BY, at=AT)
    assert kept(company) is None


def test_the_worker_erases_what_each_company_no_longer_keeps(company):
    short, long = company, make.company("Quay Works")
    LogSettings.objects.create(company_id=short.pk, kept_months=24)
    for of in (short, long):
        old_entry(of)

    log_retention.erase_due(AT)

    erased = SecurityEvent._base_manager.filter(erased_at__isnull=False)
    assert list(erased.values_list("company_id", flat=True)) == [short.pk]


def test_one_company_s_trouble_does_not_keep_the_others(company, monkeypatch, caplog):
    other = make.company("Quay Works")
    for of in (company, other):
        LogSettings.objects.create(company_id=of.pk, kept_months=24)
        old_entry(of)
    erase_old = erasing.erase_old

    def fails_for_one(*, company_id, **when):
        if company_id == company.pk:
            raise RuntimeError("the disk is full")
        return erase_old(company_id=company_id, **when)

    monkeypatch.setattr(erasing, "erase_old", fails_for_one)

    log_retention.erase_due(AT)

    erased = SecurityEvent._base_manager.filter(erased_at__isnull=False)
    assert list(erased.values_list("company_id", flat=True)) == [other.pk]
    assert f"old entries of company {company.pk} could not be erased" in caplog.text
