import pytest

from accounts.actions import companies
from accounts.models import Company
from accounts.queries.memberships import live_memberships
from audit.models import SecurityEvent
from security.ids import uuid7
from tests import make

pytestmark = pytest.mark.django_db

SWITCH = "/company/switch/"


def company_of(browser):
    return browser.get(SWITCH).wsgi_request.access.company


def test_a_person_works_in_the_company_they_joined_first_until_they_switch(browser):
    first = make.member()
    second = make.member(user=first.user)
    browser.force_login(first.user)
    assert company_of(browser) == first.company

    response = browser.post(SWITCH, {"company": str(second.company_id)})

    assert response.status_code == 302
    assert company_of(browser) == second.company
    [entry] = SecurityEvent.objects.filter(action="company.entered")
    assert (entry.company_id, str(entry)) == (second.company_id, f"Ada Lovelace switched to {second.company}")


def test_switching_changes_the_session_key(browser):
    member = make.member()
    browser.force_login(member.user)
    before = browser.session.session_key

    browser.post(SWITCH, {"company": str(member.company_id)})

    assert browser.session.session_key != before


@pytest.mark.parametrize("whose", ["another's", "revoked", "nobody's", "nonsense", "missing"])
def test_a_person_enters_only_their_own_companies(browser, whose):
    ours, theirs, ended = make.member(), make.member(), make.member()
    ended.user, ended.revoked_at = ours.user, make.AT
    ended.save()
    wanted = {
        "another's": {"company": str(theirs.company_id)},
        "revoked": {"company": str(ended.company_id)},
        "nobody's": {"company": str(uuid7())},
        "nonsense": {"company": "1 OR 1=1"},
        "missing": {},
    }
    browser.force_login(ours.user)

    assert browser.post(SWITCH, wanted[whose]).status_code == 404
    assert company_of(browser) == ours.company
    assert not SecurityEvent.objects.filter(action="company.entered").exists()


def test_the_page_lists_own_companies_only(browser):
    ours = make.member(company=make.company("Harbour Works"))
    make.member(company=make.company("Secret Rival"))
    browser.force_login(ours.user)

    page = browser.get(SWITCH).content.decode()

    assert "Harbour Works" in page
    assert "Secret Rival" not in page


def test_create_tells_those_who_declared_an_interest(monkeypatch):
    told = []
    monkeypatch.setattr(companies, "on_company_created", [lambda **what: told.append(what)])

    company = companies.create(name="New", time_zone="UTC", currency="EUR", by=make.BY, at=make.AT)

    assert told == [{"company": company, "currency": "EUR", "by": make.BY, "at": make.AT}]
    [entry] = SecurityEvent.objects.all()
    assert (entry.company_id, str(entry)) == (company.pk, "tests created the company New")


def test_a_company_whose_set_up_fails_is_not_there(monkeypatch):
    def fail(**what):
        raise RuntimeError

    monkeypatch.setattr(companies, "on_company_created", [fail])

    with pytest.raises(RuntimeError):
        companies.create(name="New", time_zone="UTC", currency="EUR", by=make.BY, at=make.AT)
    assert not Company.objects.exists()
    assert not SecurityEvent.objects.exists()


def test_live_memberships_come_with_company_and_user(django_assert_num_queries):
    member = make.member()

    with django_assert_num_queries(1):
        [found] = live_memberships(member.user)
        assert (found.company, found.user) == (member.company, member.user)
