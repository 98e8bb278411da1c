"""Why somebody may or may not do something, as the page tells it and as it is."""

from datetime import date

import pytest

from accounts.explanations import Facts, Reason, explain, may
from accounts.models import ApiKey, Company
from accounts.permissions import Permission
from accounts.policy import Demand, Kind
from tests import make, visitors

pytestmark = pytest.mark.django_db

P = Permission
PAGE = "/settings/team/explain/"
NOTHING = Demand()


@pytest.fixture
def company():
    return make.company()


@pytest.fixture
def ada(company):
    return visitors.browser(make.member(company=company, user=make.user("ada@example.com", name="Ada")))


@pytest.fixture
def bo(company):
    role = make.role(
        company, P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, name="Booker", limits={P.INVOICE_WRITE_OFF: {"EUR": 500}}
    )
    return make.member(role, company=company, user=make.user("bo@example.com", name="Bo"))


def reasons(member, permission, **facts):
    return [(one.lets, one.sentence) for one in explain(permission, Facts(member, **{"demand": NOTHING} | facts))]


def stops(member, permission, **facts):
    return [sentence for lets, sentence in reasons(member, permission, **facts) if lets is False]


def ask(browser, member, permission):
    response = browser.get(PAGE, {"member": member.pk, "permission": permission})
    assert response.status_code == 200
    return response.context


def test_each_reason_follows_the_one_before(bo):
    assert reasons(bo, P.INVOICE_WRITE_OFF, keys=["Backup", "Ledger"]) == [
        (True, "Bo is a member of Harbour Works."),
        (True, "Their sign-in has all that the rules demand."),
        (True, "Their role, Booker, lets them write off what is no longer expected, and reinstate it."),
        (None, "Their role sets how much: up to 500 EUR at a time; other currencies not at all."),
        (None, "Programs may do it with these API keys of theirs: Backup, Ledger."),
    ]


def test_what_the_role_does_not_give_is_told_with_those_that_do(bo):
    assert stops(bo, P.INVOICE_VOID, given_by=["Administrator", "Employee"]) == [
        "Their role, Booker, does not let them void an issued invoice. These do: Administrator, Employee."
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"suspended_at": make.AT}, "Bo is suspended: nothing in Harbour Works opens until they are let in again."),
        ({"revoked_at": make.AT}, "Bo is not a member of Harbour Works any more."),
    ],
)
def test_who_is_shut_out_may_nothing(bo, fields, sentence):
    for field, value in fields.items():
        setattr(bo, field, value)
    assert stops(bo, P.INVOICE_VIEW) == [sentence]


def test_a_closed_account_may_nothing(bo):
    bo.user.locked_at = make.AT
    assert stops(bo, P.INVOICE_VIEW) == ["The account of Bo is closed, so they cannot sign in."]


def test_what_the_sign_in_lacks_stops_or_warns(bo):
    missing = Demand(Kind.MISSING, needs_passkey=True)
    assert stops(bo, P.INVOICE_VIEW, demand=missing) == [
        "Their sign-in lacks a passkey: until they set it up, nothing else opens for them."
    ]
    soon = Demand(Kind.SET_UP_BY, last_day=date(2026, 3, 9), days_left=3)
    assert reasons(bo, P.INVOICE_VIEW, demand=soon)[1] == (
        None,
        "Their sign-in lacks a second factor. After 9 Mar 2026 nothing opens without it.",
    )


def test_who_sees_only_some_customers_is_told_how_many(bo):
    bo.restriction = "owner"
    assert reasons(bo, P.INVOICE_VIEW, seen=(3, 40))[-1] == (
        None,
        "Where a customer is concerned, only with those they see: own customers only. That is 3 of 40 today.",
    )
    assert reasons(bo, P.INVOICE_VIEW)[-1][1].endswith("own customers only.")


def test_who_sees_only_some_customers_decides_nothing_about_others(company):
    held = [P.TEAM_EDIT, P.ROLE_EDIT, P.SECURITY_EDIT]
    member = make.member(make.role(company, P.TEAM_VIEW, *held), company=company, restriction="owner")
    for permission in held:
        assert stops(member, permission) == [
            "They see only some customers, so they decide nothing about what others may do or see."
        ]


def test_the_answer_is_yes_if_nothing_stops():
    assert may([Reason(True, ""), Reason(None, "")])
    assert not may([Reason(True, ""), Reason(False, ""), Reason(None, "")])


def test_an_act_that_waits_for_a_second_person_says_so(ada, bo, company):
    assert not any("second person" in one.sentence for one in ask(ada, bo, P.INVOICE_WRITE_OFF)["reasons"])
    Company.objects.update(approvals={"write_off": {"EUR": 100}})
    [told] = [one for one in ask(ada, bo, P.INVOICE_WRITE_OFF)["reasons"] if "second person" in one.sentence]
    assert told.lets is None
    assert told.sentence.endswith("Up to 100 EUR they need nobody.")


def test_the_page_agrees_with_what_happens(ada, company, bo):
    looker = make.member("read_only", company=company, user=make.user("cy@example.com", name="Cy"))
    suspended = make.member("administrator", company=company, suspended_at=make.AT)
    addresses = {P.INVOICE_VIEW: "/invoices/", P.PAYMENT_VIEW: "/payments/", P.TEAM_VIEW: "/settings/team/"}
    for member in (bo, looker, suspended):
        browser = visitors.browser(member)
        for permission, address in addresses.items():
            opens = browser.get(address).status_code == 200
            assert ask(ada, member, permission)["may_do"] == opens, (member, permission)


def test_the_days_of_grace_that_are_over_stop_everything(ada, company, bo):
    make.authenticator(make.user())
    Company.objects.update(second_factor="required", grace_days=0, policy_since=make.AT)
    administrator = company.memberships.get(user__name="Ada").user
    make.authenticator(administrator)
    browser = visitors.browser(company.memberships.get(user=administrator))
    context = ask(browser, bo, P.INVOICE_VIEW)
    assert not context["may_do"]
    assert [one.sentence for one in context["reasons"] if one.lets is False] == [
        "Their sign-in lacks a second factor: until they set it up, nothing else opens for them."
    ]


def test_only_live_keys_that_hold_the_permission_are_named(ada, bo):
    for name, held, ends in (
        ("Old", P.INVOICE_VIEW, 2020),
        ("Live", P.INVOICE_VIEW, 2100),
        ("Void", P.INVOICE_VOID, 2100),
    ):
        ApiKey.objects.create(
            company=bo.company,
            membership=bo,
            name=name,
            key_hash=name,
            permissions=[held],
            created_at=make.AT,
            expires_at=make.AT.replace(year=ends),
        )
    named = [one.sentence for one in ask(ada, bo, P.INVOICE_VIEW)["reasons"] if "API keys" in one.sentence]
    assert named == ["Programs may do it with these API keys of theirs: Live."]
    viewer = make.member(make.role(bo.company, P.TEAM_VIEW, name="Porter"), company=bo.company)
    told = ask(visitors.browser(viewer), bo, P.INVOICE_VIEW)["reasons"]
    assert not any("API keys" in one.sentence for one in told)


def test_somebody_restricted_does_not_learn_how_many_customers_there_are(company, bo):
    bo.restriction = "owner"
    bo.save()
    viewer = make.member(make.role(company, P.TEAM_VIEW), company=company, restriction="owner")
    sentences = [one.sentence for one in ask(visitors.browser(viewer), bo, P.INVOICE_VIEW)["reasons"]]
    assert any("own customers only" in one for one in sentences)
    assert not any("today" in one for one in sentences)


def test_a_member_of_another_company_is_not_there(ada):
    foreign = make.member(company=make.company("Rival"))
    for member in (foreign.pk, "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert ada.get(PAGE, {"member": member, "permission": "invoice.view"}).status_code == 404


def test_without_a_question_there_is_no_answer(ada, bo):
    for query in (
        {},
        {"member": bo.pk},
        {"permission": "invoice.view"},
        {"member": bo.pk, "permission": "invoice.shred"},
    ):
        response = ada.get(PAGE, query)
        assert response.status_code == 200
        assert "reasons" not in response.context


def test_who_may_not_see_the_team_learns_nothing(company):
    browser = visitors.browser(make.member("employee", company=company))
    assert browser.get(PAGE).status_code == 403
