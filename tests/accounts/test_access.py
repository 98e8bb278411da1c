import datetime

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django_scopes import ScopeError, get_scope

from accounts.models import Membership
from accounts.permissions import Permission
from accounts.scoping import in_company
from audit.models import BillingEvent, SecurityEvent
from tests import make, visitors

pytestmark = pytest.mark.django_db

TEAM = "/settings/team/"


def test_access_answers_what_the_role_holds():
    access = make.access("read_only")

    assert access.can(Permission.INVOICE_VIEW)
    assert access.can("invoice.view")
    assert not access.can(Permission.INVOICE_VOID)
    assert not access.can("invoice.unknown")


def test_visible_rows_are_the_companys_even_with_another_scope_open():
    ours, theirs = make.member(), make.member()
    access = make.access(company=ours.company)

    with in_company(theirs.company):
        seen = set(access.visible(Membership))

    assert seen == set(Membership.objects.filter(company=ours.company))
    assert theirs not in seen


def test_a_query_outside_a_scope_raises():
    with pytest.raises(ScopeError):
        BillingEvent.objects.count()


def test_a_request_opens_the_scope_of_its_company_and_closes_it(browser):
    member = make.member()
    browser.force_login(member.user)

    response = browser.get(TEAM)

    assert response.wsgi_request.access.company == member.company
    assert get_scope().get("company") is None


def test_access_costs_two_queries_a_request(access_middleware):
    member = make.member()
    for _ in range(3):
        make.member(user=member.user)

    request = access_middleware(member.user, company=member.company)

    assert len(request.queries) == 2
    assert request.access.company == member.company
    assert len(request.memberships) == 4


def test_a_revoked_membership_counts_from_the_next_request(browser):
    member = make.member()
    browser.force_login(member.user)
    assert browser.get(TEAM).status_code == 200

    Membership.objects.filter(pk=member.pk).update(revoked_at=make.AT)
    response = browser.get(TEAM)

    assert response.status_code == 403
    assert "You belong to no company" in response.content.decode()
    assert response.wsgi_request.access is None


def test_a_lost_company_is_not_quietly_replaced_by_another(browser):
    member = make.member()
    other = make.member(user=member.user)
    browser.force_login(member.user)
    browser.post("/company/switch/", {"company": str(member.company_id)})

    Membership.objects.filter(pk=member.pk).update(revoked_at=make.AT)
    response = browser.get(TEAM)

    assert response.status_code == 403
    assert "Your membership of the company you were working in has ended" in response.content.decode()
    assert other.company.name in response.content.decode()


def test_a_changed_role_counts_from_the_next_request(browser):
    member = make.member("administrator")
    browser.force_login(member.user)
    assert browser.get(TEAM).status_code == 200

    Membership.objects.filter(pk=member.pk).update(role="employee")

    assert browser.get(TEAM).status_code == 403


def test_a_changed_role_changes_the_key_of_the_session(browser, other_browser):
    member = make.member("employee")
    visitors.sign_in(browser, member)
    old = browser.cookies["__Host-session"].value
    Membership.objects.filter(pk=member.pk).update(role="administrator")

    assert browser.get(TEAM).status_code == 200

    assert browser.cookies["__Host-session"].value != old
    other_browser.cookies["__Host-session"] = old
    assert other_browser.get(TEAM).status_code == 302
    assert browser.get(TEAM).status_code == 200


def test_a_deactivated_person_gets_nothing_from_the_next_request(browser):
    member = make.member()
    browser.force_login(member.user)
    member.user.is_active = False
    member.user.save()

    assert browser.get(TEAM).url == f"/sign-in/?next={TEAM}"


def test_somebody_without_any_company_is_told_so_and_reaches_only_their_own_account(browser):
    browser.force_login(make.user())

    assert browser.get(TEAM).status_code == 403
    assert browser.get("/settings/security/").status_code == 200


def test_who_is_not_signed_in_has_no_access(access_middleware):
    request = access_middleware(AnonymousUser())

    assert (request.access, request.memberships) == (None, [])


def test_a_refused_page_is_in_the_security_log_once_a_minute(browser):
    member = make.member("read_only")
    browser.force_login(member.user)
    with time_machine.travel(make.AT, tick=False) as clock:
        answers = [browser.get(TEAM).status_code for _ in range(3)]
        clock.shift(datetime.timedelta(minutes=1))
        answers.append(browser.get(TEAM).status_code)

    assert answers == [403] * 4
    entries = SecurityEvent.objects.filter(action="access.refused")
    assert [(str(entry), entry.outcome, entry.company_id) for entry in entries] == [
        ("Ada Lovelace was refused the page /settings/team/", "refused", member.company_id)
    ] * 2
