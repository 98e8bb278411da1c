"""The pages of what waits for a second person: who sees what, and what their buttons do."""

import datetime
import re
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions import approvals
from accounts.approvals import Amount, find, kinds
from accounts.models import ApiKey, Approval, Company, Invitation, Membership
from audit.models import SecurityEvent
from invoiced.env import BASE_DIR
from tests import books, make, visitors
from tests.accounts.second_persons import AT, DAY, HOUR, request_of, switch_on, who

pytestmark = pytest.mark.django_db
LIST = "/approvals/"
RULES = "/settings/approvals/"
ALL = ("approval.view", "approval.decide", "invoice.view", "invoice.write_off", "customer.view")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def ada(company):
    return visitors.member(company, "administrator", "Ada")


@pytest.fixture
def bo(company):
    return visitors.member(company, "administrator", "Bo")


@pytest.fixture
def asked(ada, bo):
    switch_on(ada.company, bank_details={})
    return request_of(ada)


@pytest.fixture
def write_off(ada, bo, acme):
    """The request to write off 612.30 of Acme's."""
    switch_on(ada.company, write_off={})
    invoice = books.issued(acme, lines=[books.line("612.30")])
    return request_of(ada, kind="write_off", target=invoice, payload={}, amount=Amount.of(invoice.balance.plain()))


def page_of(approval, act=""):
    return f"{LIST}{approval.pk}/{act}"


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def outcome(approval):
    approval.refresh_from_db()
    return approval.outcome


def listed(membership, query=""):
    return [row.approval for row in visitors.browser(membership).get(LIST + query).context["rows"]]


def test_the_page_says_who_what_when_and_before_and_after(asked, bo):
    page = plain(visitors.browser(bo).get(page_of(asked)))

    for said in ("Change the payment instructions on invoices", "Ada , Administrator", "16 Mar 2026, 09:00", "IBAN"):
        assert said in page


def test_agreeing_asks_first_and_then_does_it(asked, bo):
    browser = visitors.browser(bo)

    assert "It is done at once, in both your names." in plain(browser.get(page_of(asked, "approve/")))
    assert outcome(asked) == "waiting"
    assert "You agreed, and it is done." in plain(browser.post(page_of(asked, "approve/"), follow=True))
    assert outcome(asked) == "approved"


@pytest.mark.parametrize("act", ["approve/", "refuse/"])
def test_deciding_asks_for_a_fresh_factor(asked, bo, clock, act):
    browser = visitors.browser(bo)
    clock.shift(datetime.timedelta(minutes=5, seconds=1))

    assert "Confirm that it is you" in plain(browser.post(page_of(asked, act), {"reason": "No"}))
    assert outcome(asked) == "waiting"


def test_refusing_needs_a_reason(asked, bo):
    browser = visitors.browser(bo)

    assert "Say why." in plain(browser.post(page_of(asked, "refuse/"), {"reason": " "}))
    assert outcome(asked) == "waiting"
    browser.post(page_of(asked, "refuse/"), {"reason": "Call the bank first"})
    assert (outcome(asked), asked.decision_reason) == ("refused", "Call the bank first")
    assert "Call the bank first" in plain(browser.get(page_of(asked)))


def test_whoever_asked_sees_no_button_to_agree_in_any_session(asked, ada):
    for browser in (visitors.browser(ada), visitors.browser(ada)):
        page = browser.get(page_of(asked))
        assert "approve/" not in page.content.decode()
        assert "Withdraw request" in plain(page)
        refused = browser.post(page_of(asked, "approve/"), follow=True)
        assert "Nobody agrees to what they asked for themselves" in plain(refused)
    assert outcome(asked) == "waiting"


def test_whoever_asked_takes_it_back(asked, ada):
    browser = visitors.browser(ada)

    assert "Withdraw your request?" in plain(browser.get(page_of(asked, "withdraw/")))
    assert "Your request is withdrawn." in plain(browser.post(page_of(asked, "withdraw/"), follow=True))
    assert outcome(asked) == "withdrawn"


def test_others_are_offered_no_button_to_take_it_back(asked, bo):
    browser = visitors.browser(bo)

    assert "Nothing to withdraw" in plain(browser.get(page_of(asked, "withdraw/")))
    assert "Only whoever asked" in plain(browser.post(page_of(asked, "withdraw/"), follow=True))
    assert outcome(asked) == "waiting"


def test_a_request_that_does_not_fit_any_more_says_so(write_off, bo):
    Membership.objects.filter(pk=write_off.requested_by_id).update(role="read_only", is_owner=False)

    page = plain(visitors.browser(bo).post(page_of(write_off, "approve/"), follow=True))

    assert "Ada may not do this any more, so nothing was done." in page
    assert outcome(write_off) == "expired"


@pytest.mark.parametrize("act", ["", "approve/", "refuse/", "withdraw/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_of_another_company_hidden_or_unknown_are_the_same_404(write_off, company, act, method):
    if not act and method == "post":
        pytest.skip("the page itself takes no POST")
    stranger = visitors.member(visitors.company("Rival"), "administrator", "Eve")
    hidden = make.member(make.role(company, *ALL), company=company, restriction="owner")
    nobody = visitors.member(company, "administrator", "Nobody")

    answers = [
        getattr(visitors.browser(stranger), method)(page_of(write_off, act), {"reason": "x"}),
        getattr(visitors.browser(hidden), method)(page_of(write_off, act), {"reason": "x"}),
        getattr(visitors.browser(nobody), method)(f"{LIST}{uuid4()}/{act}", {"reason": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert outcome(write_off) == "waiting"


def test_others_see_what_they_could_do_themselves(asked, company):
    sees = make.member(make.role(company, "approval.view", "settings.edit"), company=company)
    clerk = make.member(make.role(company, "approval.view", "customer.view", name="Other"), company=company)

    assert (listed(sees), listed(clerk)) == ([asked], [])
    assert visitors.browser(clerk).get(page_of(asked)).status_code == 404
    assert visitors.browser(sees).post(page_of(asked, "approve/")).status_code == 403
    assert "approve/" not in visitors.browser(sees).get(page_of(asked)).content.decode()


def test_restricted_members_see_what_is_about_their_customers(write_off, company, acme):
    role = make.role(company, *ALL)
    near = make.member(role, company=company, restriction="customers", customer_ids=[str(acme.pk)])
    far = make.member(role, company=company, restriction="customers", customer_ids=[])

    assert (listed(near), listed(far)) == ([write_off], [])


def test_ones_own_request_about_a_customer_hidden_by_now_is_hidden(write_off, ada):
    assert listed(ada) == [write_off]
    Membership.objects.filter(pk=ada.pk).update(restriction="owner", role="employee", is_owner=False)

    assert listed(Membership.objects.get(pk=ada.pk)) == []


def test_the_list_has_what_waits_and_what_is_over(asked, ada, bo, clock):
    assert listed(bo) == [asked]
    assert listed(bo, "?tab=decided") == []
    approvals.refuse(approval=asked, reason="No", **who(bo))

    assert listed(bo) == []
    assert listed(bo, "?tab=decided") == [asked]


def test_what_ran_out_is_over_before_the_clock_came_by(asked, bo, clock):
    clock.shift(3 * DAY)

    assert listed(bo) == []
    assert "Expired" in plain(visitors.browser(bo).get(LIST + "?tab=decided"))


def test_the_list_goes_on_by_position(asked, bo):
    for number in range(60):
        Approval.objects.create(
            company=bo.company,
            kind="bank_details",
            object_type="seller",
            object_id=str(number),
            object_label=f"Seller {number}",
            requested_by=asked.requested_by,
            requested_at=AT + datetime.timedelta(seconds=number),
            expires_at=AT + DAY,
        )
    browser, seen, address = visitors.browser(bo), [], LIST

    while address:
        page = browser.get(address)
        seen += [row.approval.pk for row in page.context["rows"]]
        address = page.context["next"] and LIST + page.context["next"]

    assert (len(seen), len(set(seen))) == (61, 61)


@pytest.mark.parametrize("query", ["?older_than=x", "?newer_than=1.x", "?tab=else", f"?older_than={9**30}.x"])
def test_an_address_that_means_nothing_shows_the_first_page(asked, bo, query):
    assert listed(bo, query) == [asked]


def test_an_empty_list_says_what_to_do(company):
    ada = visitors.member(company, "administrator", "Ada")

    assert "Choose what waits" in plain(visitors.browser(ada).get(LIST))
    assert "Nothing decided yet" in plain(visitors.browser(ada).get(LIST + "?tab=decided"))


# The count beside the navigation's entry


def badge(membership):
    page = visitors.browser(membership).get(LIST).content.decode()
    found = re.search(r'Approvals\s+<span class="nav-note">(\d+)', page)
    return int(found[1]) if found else 0


def test_the_count_is_of_what_waits_for_the_reader(write_off, ada, bo, company):
    little = make.role(company, *ALL, name="Little", limits={"invoice.write_off": {"EUR": 500}})
    most = make.role(company, *ALL, name="Most", limits={"invoice.write_off": {"EUR": 900}})

    assert badge(bo) == 1
    assert badge(ada) == 0
    assert badge(make.member(little, company=company)) == 0
    assert badge(make.member(most, company=company)) == 1
    approvals.refuse(approval=write_off, reason="No", **who(bo))
    assert badge(bo) == 0


def test_the_list_takes_the_same_queries_for_any_number_of_requests(asked, bo, company):
    browser = visitors.browser(bo)
    browser.get(LIST)
    with CaptureQueriesContext(connection) as for_one:
        browser.get(LIST)
    for _ in range(5):
        request_of(visitors.member(company, "administrator", f"More{_}"))
    browser.get(LIST)

    with CaptureQueriesContext(connection) as for_six:
        browser.get(LIST)

    assert len(for_six) == len(for_one)


# Rules


def rules_of(company):
    return Company.objects.get(pk=company.pk).approvals


def test_rules_are_saved_as_they_were_written(ada, bo, company):
    browser = visitors.browser(ada)

    answer = browser.post(RULES, {"write_off": "on", "write_off_up_to": "500 EUR, JPY 70000", "api_key": "on"})

    assert answer.url == RULES
    assert rules_of(company) == {"write_off": {"EUR": 500, "JPY": 70000}, "api_key": {}}
    assert 'value="500 EUR, 70000 JPY"' in browser.get(RULES).content.decode()


@pytest.mark.parametrize("limit", ["5.5 EUR", "500", "-1 EUR", "5 XXQ", "\x00", "5 EUR, 6 EUR", "9" * 500])
def test_a_limit_that_is_not_understood_is_refused_with_a_sentence(ada, bo, company, limit):
    page = visitors.browser(ada).post(RULES, {"write_off": "on", "write_off_up_to": limit})

    assert page.status_code == 200
    assert page.context["form"].errors["write_off_up_to"]
    assert rules_of(company) == {}


@pytest.mark.parametrize(
    ("on", "is_said"), [({}, False), ({"api_key": {}}, True), ({"api_key": {}, "administrator": {}}, False)]
)
def test_the_rules_say_where_one_person_could_be_two(ada, company, on, is_said):
    switch_on(company, **on)

    page = plain(visitors.browser(ada).get(RULES))
    assert ("could agree to their own requests with a second account" in page) == is_said


def test_letting_an_administrator_in_again_waits_on_its_page(ada, bo, company):
    eve = visitors.member(company, "administrator", "Eve", suspended_at=AT)
    switch_on(company, administrator={})

    page = visitors.browser(ada).post(f"/settings/team/{eve.pk}/reactivate/", follow=True)
    assert "This waits until a second person agrees" in plain(page)


def test_kinds_nobody_declared_are_ignored(ada, bo, company):
    visitors.browser(ada).post(RULES, {"approval_rules": "on", "refund": "on", "write_off_up_to": "5 EUR"})

    assert rules_of(company) == {}


def test_relaxing_waits_and_the_page_says_so(ada, bo, company):
    switch_on(company, bank_details={})
    browser = visitors.browser(ada)

    page = plain(browser.post(RULES, {}, follow=True))

    assert "so it waits for a second person itself" in page
    assert "A change of these rules waits for a second person." in page
    assert rules_of(company) == {"bank_details": {}}
    visitors.browser(bo).post(page_of(Approval.objects.get(), "approve/"))
    assert rules_of(company) == {}


def test_rules_ask_for_a_fresh_factor(ada, bo, company, clock):
    browser = visitors.browser(ada)
    clock.shift(datetime.timedelta(minutes=5, seconds=1))

    assert "Confirm that it is you" in plain(browser.post(RULES, {"api_key": "on"}))
    assert rules_of(company) == {}


@pytest.mark.parametrize("role", ["employee", "account_manager", "read_only"])
def test_only_who_keeps_the_company_safe_sees_the_rules(company, role):
    assert visitors.browser(visitors.member(company, role, "Cy")).get(RULES).status_code == 403


def test_who_sees_some_customers_changes_no_rules(company, ada, bo):
    clerk = make.member(make.role(company, "security.edit"), company=company, restriction="owner")

    page = visitors.browser(clerk).post(RULES, {"api_key": "on"})

    assert "You see only some of the customers" in plain(page)
    assert rules_of(company) == {}


# Acts of other pages


def test_another_administrator_waits(company, ada, bo):
    switch_on(company, administrator={})
    cy = visitors.member(company, "employee", "Cy")

    page = visitors.browser(ada).post(f"/settings/team/{cy.pk}/role/", {"role": "administrator"}, follow=True)

    assert "This waits until a second person agrees" in plain(page)
    assert Membership.objects.get(pk=cy.pk).role == "employee"
    visitors.browser(bo).post(page_of(Approval.objects.get(), "approve/"))
    assert Membership.objects.get(pk=cy.pk).role == "administrator"


def test_an_invited_administrator_waits(company, ada, bo):
    switch_on(company, administrator={})
    form = {"emails": "cy@example.com\ndi@example.com", "role": "administrator", "restriction": "none"}
    for _ in range(2):
        page = visitors.browser(ada).post("/settings/team/invite/", form, follow=True)
        assert "This waits until a second person agrees" in plain(page)
    assert not Invitation.objects.exists()

    approval = Approval.objects.get()
    assert approval.object_label == "cy@example.com, di@example.com"
    visitors.browser(bo).post(page_of(approval, "approve/"))

    invited = Invitation.objects.order_by("email")
    assert [(one.email, one.role, one.invited_by) for one in invited] == [
        ("cy@example.com", "administrator", ada),
        ("di@example.com", "administrator", ada),
    ]


def key_form(**changed):
    return {"name": "Nightly", "permissions": ["customer.view"], "sees": "mine", "lasts": "30"} | changed


def test_a_key_is_made_once_a_second_person_agreed_to_exactly_that_one(company, ada, bo, clock):
    switch_on(company, api_key={})
    make_key, browser = "/settings/api-keys/new/", visitors.browser(ada)
    assert "A second person has to agree" in plain(browser.get(make_key))

    browser.post(make_key, key_form())
    approval = Approval.objects.get()
    visitors.browser(bo).post(page_of(approval, "approve/"))
    assert not ApiKey.objects.exists()
    assert "You can do it now, once." in plain(browser.get(page_of(approval)))

    browser.post(make_key, key_form(permissions=["customer.view", "invoice.view"]))
    assert not ApiKey.objects.exists()

    begins_with = browser.get(f"{make_key}?approval={approval.pk}").context["form"].initial
    assert begins_with == {
        "name": "Nightly",
        "permissions": ["customer.view"],
        "sees": "mine",
        "lasts": "day",
        "last_day": "2026-04-15",
    }
    clock.shift(23 * HOUR)
    browser = visitors.browser(ada)
    browser.post(make_key, begins_with)
    assert ApiKey.objects.get().name == "Nightly"
    browser.post(make_key, begins_with | {"name": "Another"})
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("id", ["x", "00000000-0000-7000-8000-000000000000", ""])
def test_what_is_no_agreement_of_ones_own_fills_in_nothing(company, ada, id):
    form = visitors.browser(ada).get(f"/settings/api-keys/new/?approval={id}").context["form"]

    assert "name" not in form.initial


def test_every_step_is_in_the_log_with_a_link(asked, ada):
    page = visitors.browser(ada).get("/audit/security/").content.decode()

    assert SecurityEvent.objects.filter(action="approval.asked").exists()
    assert page_of(asked) in page


def test_a_stored_kind_must_be_declared():
    with pytest.raises(KeyError):
        find("refund")


def test_the_document_lists_every_kind():
    document = (BASE_DIR / "docs" / "approvals.md").read_text("utf-8")
    assert [kind.code for kind in kinds() if f"\n| {kind.sentence}" not in document] == []
