"""The team as a list and one page for each member; what is decided there counts with the next click."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, Membership, Session
from accounts.models.session import Proof
from accounts.permissions import Permission
from accounts.roles import BUILT_IN
from accounts.scoping import in_company
from audit.models import SecurityEvent
from tests import books, make, visitors
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
P = Permission
TEAM = "/settings/team/"
MOST_QUERIES = 12
ACTS = ("role", "suspend", "reactivate", "revoke")


@pytest.fixture
def ada(company):
    """The owner."""
    books.seller(company)
    return visitors.member(company, "administrator", "Ada", is_owner=True)


@pytest.fixture
def bo(ada):
    """A clerk."""
    return visitors.member(ada.company, "employee", "Bo")


@pytest.fixture
def at_work(ada):
    """Ada's browser."""
    return visitors.browser(ada)


def page(member, act=""):
    return f"{TEAM}{member.pk}/{act}{'/' if act else ''}"


def shown(response):
    return " ".join(response.content.decode().split())


def test_the_team_page_lists_the_members_of_this_company(at_work, ada, bo):
    make.authenticator(bo.user)
    visitors.browser(bo)
    visitors.member(ada.company, "read_only", "Zoe", suspended_at=make.AT)
    visitors.member(ada.company, "employee", "Gone", revoked_at=make.AT)
    visitors.member(visitors.company("Rival"), name="Riva")

    rows = shown(at_work.get(TEAM)).split("<tbody>")[1].split("</tr>")

    assert len(rows) == 4
    for row, words in zip(
        rows,
        [
            ("Ada", "(you)", "Administrator", "All customers", "Password only", "Owner"),
            ("Bo", "bo@ledger.example", "Employee", "Authenticator app", page(bo)),
            ("Zoe", "Read-only", "Suspended"),
        ],
        strict=False,
    ):
        assert [word for word in words if word not in row] == []


def test_the_team_page_costs_the_same_for_three_members_as_for_one(at_work, ada, django_assert_num_queries):
    at_work.get(TEAM)
    with CaptureQueriesContext(connection) as one:
        at_work.get(TEAM)
    assert len(one) <= MOST_QUERIES

    for name in ("Cy", "Di"):
        member = visitors.member(ada.company, make.role(ada.company, P.TEAM_VIEW, name=name), name)
        visitors.browser(member)
        make.authenticator(member.user)
    with django_assert_num_queries(len(one)):
        at_work.get(TEAM)


def test_the_search_finds_by_name_and_address_and_says_when_nobody_is_found(at_work, bo):
    assert "bo@ledger.example" in shown(at_work.get(TEAM, {"q": "BO"}))
    assert "ada@ledger.example" not in shown(at_work.get(TEAM, {"q": "bo@led"})).split("<tbody>")[1]
    assert "No members match" in shown(at_work.get(TEAM, {"q": "nobody"}))
    assert at_work.get(TEAM, {"q": "x" * 101, "page": "nine"}).status_code == 200


def test_more_than_fifty_members_stand_on_pages(at_work, ada):
    for number in range(50):
        visitors.member(ada.company, "read_only", f"Person{number:02}")

    first, second = at_work.get(TEAM, {"q": "person"}), at_work.get(TEAM, {"page": 2})

    assert "1 to 50 of 51" in shown(at_work.get(TEAM))
    assert "?page=2" in shown(at_work.get(TEAM))
    assert "51 to 51 of 51" in shown(second)
    assert "Person49" in shown(second)
    assert "of 51" not in shown(first)


def test_only_live_sessions_of_this_company_are_counted(at_work, bo):
    elsewhere = Membership.objects.create(
        company=visitors.company("Rival"), user=bo.user, role="employee", created_at=make.AT
    )
    visitors.browser(bo)
    visitors.browser(elsewhere)
    visitors.sign_in(Browser(), bo, at=timezone.now() - datetime.timedelta(hours=1))

    assert at_work.get(TEAM).context["members"][1].open_sessions == 1
    assert len(at_work.get(page(bo)).context["sessions"]) == 1


def test_the_page_of_a_member_says_what_is_known_and_no_secret(at_work, ada, bo):
    books.customer(ada.company, "Acme", owner=bo.user)
    books.customer(ada.company, "Borealis")
    session = visitors.sign_in(Browser(), bo)
    key = ApiKey.objects.create(
        company=ada.company,
        membership=bo,
        name="Reports",
        hint="inv_abc",
        key_hash="hash of the key",
        created_at=make.AT,
        expires_at=timezone.now() + datetime.timedelta(days=1),
    )
    at_work.post(page(bo, "suspend"))

    text = shown(at_work.get(page(bo)))

    for word in ("Bo", "bo@ledger.example", "Employee", "All customers", "Sees 2 today", "Password only", "Suspended"):
        assert word in text
    for word in ("Reports", "inv_abc", "Write and duplicate drafts", "Not signed in now", "suspended"):
        assert word in text
    assert session.key_hash not in text
    assert key.key_hash not in text


def test_the_page_of_a_member_costs_the_same_for_three_sessions_as_for_one(at_work, bo, django_assert_num_queries):
    visitors.sign_in(Browser(), bo)
    at_work.get(page(bo))
    with CaptureQueriesContext(connection) as one:
        at_work.get(page(bo))

    for _ in range(2):
        visitors.sign_in(Browser(), bo)
    with django_assert_num_queries(len(one)):
        at_work.get(page(bo))


def test_reading_the_entries_about_a_member_is_itself_in_the_log_and_needs_the_right(ada, bo):
    looks = visitors.member(ada.company, make.role(ada.company, P.TEAM_VIEW), "Cy")

    text = shown(visitors.browser(looks).get(page(bo)))

    assert "Activity" not in text
    assert "API keys" not in text
    assert not SecurityEvent.objects.filter(action="security_log.viewed").exists()
    visitors.browser(ada).get(page(bo))
    assert SecurityEvent.objects.filter(action="security_log.viewed").count() == 1


def test_who_sees_only_some_customers_learns_no_numbers_and_decides_nothing(ada, bo):
    keeper = visitors.member(ada.company, make.role(ada.company, *P), "Cy", restriction="owner")
    browser = visitors.browser(keeper)
    books.customer(ada.company, "Acme")

    text = shown(browser.get(page(bo)))

    assert "Sees 1 today" not in text
    assert "You see only some of the customers" in text
    for act in ACTS:
        assert browser.post(page(bo, act), {"role": "read_only"}).url == page(bo)
    assert Membership.objects.get(pk=bo.pk).is_live


@pytest.mark.parametrize("act", ["", *ACTS])
def test_members_of_other_companies_and_those_who_left_are_not_there(at_work, ada, act):
    riva = visitors.member(visitors.company("Rival"), name="Riva")
    gone = visitors.member(ada.company, "employee", "Gone", revoked_at=make.AT)

    for member in (riva, gone):
        assert at_work.get(page(member, act)).status_code == 404
        assert at_work.post(page(member, act)).status_code in (404, 405)


@pytest.mark.parametrize("act", ACTS)
def test_the_acts_need_the_right_and_ask_again_who_is_there(ada, bo, act):
    looks = visitors.browser(visitors.member(ada.company, make.role(ada.company, P.TEAM_VIEW), "Cy"))
    stale = Browser()
    session = visitors.sign_in(stale, ada)
    long_ago = timezone.now() - datetime.timedelta(minutes=6)
    Session.objects.filter(pk=session.pk).update(proofs={Proof.PASSWORD: long_ago.isoformat()})

    assert [looks.get(page(bo, act)).status_code, looks.post(page(bo, act)).status_code] == [403, 403]
    assert "accounts/step_up/confirm.html" in [one.name for one in stale.post(page(bo, act)).templates]
    assert Membership.objects.get(pk=bo.pk).is_live


@pytest.mark.parametrize("act", ACTS)
def test_a_page_asks_before_it_acts(at_work, bo, act):
    before = Membership.objects.filter(pk=bo.pk).values().get()

    assert at_work.get(page(bo, act)).status_code == 200
    assert Membership.objects.filter(pk=bo.pk).values().get() == before


@pytest.mark.parametrize("act", ACTS)
def test_nobody_decides_about_themselves(at_work, ada, act):
    answer = at_work.get(page(ada, act), follow=True)

    assert answer.redirect_chain == [(page(ada), 302)]
    assert "Nobody decides about their own access" in shown(answer)


def test_another_role_is_given_and_a_wrong_one_is_said(at_work, bo):
    assert "Choose one of the roles listed." in shown(at_work.post(page(bo, "role"), {"role": "emperor"}))
    assert "has the role Employee already" in shown(at_work.post(page(bo, "role"), {"role": "employee"}))

    answer = at_work.post(page(bo, "role"), {"role": "account_manager"}, follow=True)

    assert "Bo is now Account manager. Customers seen: Own customers only." in shown(answer)
    assert Membership.objects.get(pk=bo.pk).role == "account_manager"


def test_the_owner_is_not_demoted_by_another_administrator(ada):
    other = visitors.browser(visitors.member(ada.company, "administrator", "Cy"))

    assert "Let the ownership pass" in shown(other.post(page(ada, "role"), {"role": "employee"}))
    assert "Let the ownership pass" in shown(other.post(page(ada, "revoke")))
    assert Membership.objects.get(pk=ada.pk).is_administrator


def test_who_is_suspended_is_signed_out_and_told_whom_to_ask_when_they_sign_in(at_work, ada, bo):
    theirs = visitors.browser(bo)
    assert theirs.get("/customers/").status_code == 200

    at_work.post(page(bo, "suspend"))

    assert theirs.get("/settings/security/").status_code == 302
    again = visitors.browser(bo)
    Membership.objects.filter(pk=bo.pk).update(suspended_at=make.AT)
    refused = again.get("/customers/")
    assert (refused.status_code, "Your access is suspended" in shown(refused)) == (403, True)
    assert "ada@ledger.example" in shown(refused)
    assert again.get("/settings/security/").status_code == 200
    at_work.post(page(bo, "reactivate"))
    assert again.get("/customers/").status_code == 200


def test_who_is_removed_is_stopped_at_the_next_click_and_goes_on_elsewhere(at_work, bo):
    """The old cookie opens nothing here; the one of another company, in another browser, still does."""
    rival = visitors.company("Rival")
    with in_company(rival):
        books.seller(rival)
    elsewhere = Membership.objects.create(company=rival, user=bo.user, role="employee", created_at=make.AT)
    here, there = visitors.browser(bo), visitors.browser(elsewhere)
    old = here.cookies["__Host-session"].value
    assert (here.get("/customers/").status_code, there.get("/customers/").status_code) == (200, 200)

    answer = at_work.post(page(bo, "revoke"), follow=True)

    assert "The membership of Bo has ended." in shown(answer)
    here.cookies["__Host-session"] = old
    assert here.get("/customers/").url.startswith("/sign-in/")
    assert here.post("/customers/new/", {"name": "Mine"}).status_code == 302
    assert there.get("/customers/").status_code == 200
    assert there.post("/company/switch/", {"company": bo.company_id}).status_code == 404


def test_the_dialog_names_what_ends_and_hands_over_the_customers(at_work, ada, bo):
    acme, borealis = books.customer(ada.company, "Acme", owner=bo.user), books.customer(ada.company, "Borealis")
    visitors.browser(bo)
    gone = visitors.member(ada.company, "employee", "Gone", suspended_at=make.AT)

    text = shown(at_work.get(page(bo, "revoke")))

    assert "1 session ends" in text
    assert "They look after 1 customer, who passes to whom you choose." in text
    assert "Gone" not in text
    refused = at_work.post(page(bo, "revoke"), {"heir": gone.user_id})
    assert "Choose a member of today, or nobody." in shown(refused)
    at_work.post(page(bo, "revoke"), {"heir": ada.user_id})
    acme.refresh_from_db()
    borealis.refresh_from_db()
    assert (acme.owner, borealis.owner) == (ada.user, None)


def test_the_roles_beyond_ones_own_are_not_offered(ada, bo):
    bare = visitors.member(ada.company, make.role(ada.company, name="Bare"), "Zoe")
    keeper = visitors.member(
        ada.company, make.role(ada.company, *BUILT_IN["read_only"], P.TEAM_VIEW, P.TEAM_EDIT, name="Keeper"), "Cy"
    )
    browser = visitors.browser(keeper)

    assert "may do more than you" in shown(browser.get(page(bo, "role"), follow=True))
    text = shown(browser.get(page(bare, "role")))
    assert 'value="read_only"' in text
    assert 'value="administrator"' not in text
    assert "may do more than you" in shown(browser.post(page(bare, "role"), {"role": "administrator"}))
    assert Membership.objects.get(pk=bare.pk).role_name == "Bare"


def test_a_changed_role_changes_the_key_of_the_session_with_the_next_click(at_work, bo):
    theirs = visitors.browser(bo)
    old = theirs.cookies["__Host-session"].value

    at_work.post(page(bo, "role"), {"role": "read_only"})

    assert theirs.get("/customers/").status_code == 200
    assert theirs.cookies["__Host-session"].value != old
    assert theirs.get("/customers/new/").status_code == 403
