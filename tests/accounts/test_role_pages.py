"""The pages of roles, and what nobody gets past on them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Letter, Membership, Role
from accounts.permissions import Permission
from audit.models import SecurityEvent
from tests import make, visitors

pytestmark = pytest.mark.django_db

P = Permission
ROLES = "/settings/roles/"
CLERK = [P.CUSTOMER_VIEW, P.INVOICE_VIEW, P.PAYMENT_VIEW]
EDITOR = [*CLERK, P.TEAM_VIEW, P.TEAM_EDIT, P.ROLE_EDIT, P.INVOICE_WRITE_OFF]


@pytest.fixture
def company():
    return make.company()


@pytest.fixture
def ada(company):
    """An administrator at work."""
    return visitors.browser(make.member(company=company, user=make.user("ada@example.com", name="Ada")))


@pytest.fixture
def clerk(company):
    return make.role(company, *CLERK, name="Clerk")


@pytest.fixture
def editor(company):
    """Somebody who may edit roles, and less than everything besides."""
    role = make.role(company, *EDITOR, name="Editor", limits={P.INVOICE_WRITE_OFF: {"EUR": 500}})
    return make.member(role, company=company, user=make.user("ed@example.com", name="Ed"))


def page(role, act=""):
    return f"{ROLES}{role.key}/{act}"


def filled(*permissions, name="Night clerk", **others):
    return {"name": name, "description": "Works at night", "permissions": [*permissions], **others}


def text(response):
    assert response.status_code == 200
    return response.content.decode().replace("&#x27;", "'")


def entries(action="role."):
    return list(SecurityEvent.objects.filter(action__startswith=action).order_by("pk"))


def test_a_role_is_made_and_logged_with_what_it_gives(ada, company):
    response = ada.post(
        f"{ROLES}new/",
        filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, limit_invoice_write_off="500 eur, USD 600", company="x", id="y"),
    )

    role = Role.objects.get(company=company)
    assert response.url == page(role)
    assert (role.name, role.description) == ("Night clerk", "Works at night")
    assert role.permissions == ["invoice.view", "invoice.write_off"]
    assert role.limits == {"invoice.write_off": {"EUR": 500, "USD": 600}}
    [entry] = entries()
    assert (entry.action, entry.actor_label, entry.object_label) == ("role.created", "Ada", "Night clerk")
    assert entry.changes == {
        "name": [None, "Night clerk"],
        "description": [None, "Works at night"],
        "permissions": [None, ["invoice.view", "invoice.write_off"]],
        "limits": [None, {"invoice.write_off": {"EUR": 500, "USD": 600}}],
    }


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (filled(name=" "), "Give the role a name."),
        (filled(), "Tick at least one thing the role may do."),
        (filled("invoice.shred"), "“invoice.shred” is no permission."),
        (filled(P.CUSTOMER_EDIT), "“change customers and their contacts” also needs: see customers, their contacts"),
        (filled(P.INVOICE_VIEW, name="clerk"), "There is a role called clerk already."),
        (filled(P.INVOICE_VIEW, name="READ-ONLY"), "There is a role called READ-ONLY already."),
        (filled(P.INVOICE_VIEW, name="\uff21dministrator"), "There is a role called \uff21dministrator already."),
        (filled(P.INVOICE_VIEW, name="\uff23lerk"), "There is a role called \uff23lerk already."),
        (
            filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, limit_invoice_write_off="500 EUR, lots"),
            "“lots” is not understood.",
        ),
        (filled(P.INVOICE_VIEW, limit_invoice_write_off="500 EUR"), "Tick “write off what is no longer expected"),
    ],
)
def test_what_no_role_can_be_is_refused_and_what_was_typed_stays(ada, clerk, sent, sentence):
    shown = text(ada.post(f"{ROLES}new/", sent))

    assert sentence in shown
    assert 'value="Works at night"' in shown
    for value in sent["permissions"]:
        assert (
            value == "invoice.shred"
            or f'value="{value}" id="id_permissions_{P.of(value).name.lower()}" checked' in shown
        )
    assert (Role.objects.count(), entries()) == (1, [])


def test_the_name_of_another_companys_role_is_free(ada, company):
    make.role(make.company("Rival"), P.INVOICE_VIEW, name="Night clerk")
    ada.post(f"{ROLES}new/", filled(P.INVOICE_VIEW))
    assert Role.objects.filter(company=company, name="Night clerk").exists()


def test_what_one_lacks_is_shown_with_the_reason_and_cannot_be_ticked(editor):
    shown = text(visitors.browser(editor).get(f"{ROLES}new/"))
    [box] = [line for line in shown.splitlines() if 'value="payment.record"' in line]
    assert " disabled" in box
    assert "You do not hold this yourself, so you cannot give it." in shown
    assert "You hold this up to 500 EUR at a time, so you cannot give more." in shown


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (filled(*CLERK, P.PAYMENT_RECORD), "You cannot give what you do not hold yourself: record a payment that arr"),
        (filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF), "reinstate it, beyond 500 EUR at a time."),
        (
            filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, limit_invoice_write_off="501 EUR"),
            "reinstate it, beyond 500 EUR at a time.",
        ),
        (
            filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, limit_invoice_write_off="5 EUR, 5 USD"),
            "reinstate it, beyond 500 EUR at a time.",
        ),
    ],
)
@pytest.mark.parametrize("act", ["new/", "{}/edit/", "{}/copy/"])
def test_nobody_makes_a_role_into_more_than_they_hold(editor, clerk, act, sent, sentence):
    before = list(Role.objects.order_by("pk").values())

    shown = text(visitors.browser(editor).post(ROLES + act.format(clerk.key), sent))

    assert sentence in shown
    assert 'value="Night clerk"' in shown
    assert (list(Role.objects.order_by("pk").values()), entries()) == (before, [])


def test_a_limit_within_ones_own_can_be_given(editor):
    sent = filled(P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, limit_invoice_write_off="500 EUR")
    visitors.browser(editor).post(f"{ROLES}new/", sent)
    assert Role.objects.get(name="Night clerk").limits == {"invoice.write_off": {"EUR": 500}}


@pytest.mark.parametrize("act", ["edit/", "delete/"])
def test_nobody_touches_the_role_they_hold_or_one_that_gives_more(editor, company, act):
    more = make.role(company, P.SETTINGS_EDIT, name="Settler")
    browser = visitors.browser(editor)
    for role, sentence in ((editor.own_role, "You hold this role yourself."), (more, "gives more than you hold")):
        response = browser.post(page(role, act), filled(P.INVOICE_VIEW), follow=True)
        assert response.redirect_chain == [(page(role), 302)]
        assert sentence in text(response)
        role.refresh_from_db()
    assert entries() == []


def test_who_sees_only_some_customers_makes_no_roles(company):
    role = make.role(company, *EDITOR, name="Editor")
    member = make.member(role, company=company, restriction="owner")
    assert "You see only some of the customers" in text(visitors.browser(member).post(f"{ROLES}new/", filled(*CLERK)))
    assert not Role.objects.filter(name="Night clerk").exists()


def test_a_change_counts_at_once_and_is_told_to_those_who_hold_the_role(ada, company, clerk):
    bo = make.member(clerk, company=company, user=make.user("bo@example.com", name="Bo"))
    make.member(clerk, company=company, user=make.user("gone@example.com"), suspended_at=make.AT)
    browser = visitors.browser(bo)
    assert browser.get("/payments/").status_code == 200

    ada.post(page(clerk, "edit/"), filled(P.CUSTOMER_VIEW, P.INVOICE_VIEW, P.NOTE_CREATE, name="Clerk"))

    assert browser.get("/payments/").status_code == 403
    letter = Letter.objects.get(kind="own_role_changed")
    assert (letter.recipient, letter.company) == ("bo@example.com", company)
    assert letter.facts == {
        "by": "Ada",
        "role": "Clerk",
        "changed": "You may now also: write internal notes. You may no longer: see payments.",
    }
    [entry] = entries("role.changed")
    assert entry.changes == {
        "description": ["", "Works at night"],
        "permissions": [
            ["customer.view", "invoice.view", "payment.view"],
            ["customer.view", "invoice.view", "note.create"],
        ],
    }


def test_saving_what_is_there_already_changes_nothing(ada, clerk):
    sent = {"name": "Clerk", "description": "", "permissions": CLERK}
    assert ada.post(page(clerk, "edit/"), sent).url == page(clerk)
    assert (entries(), Letter.objects.count()) == ([], 0)


def test_a_copy_begins_as_what_it_was_copied_from(ada, clerk, company):
    shown = text(ada.get(page(clerk, "copy/")))
    assert 'value="Copy of Clerk"' in shown
    assert shown.count(" checked>") + shown.count(" checked aria") == len(CLERK)
    ada.post(page(clerk, "copy/"), filled(P.INVOICE_VIEW))
    assert set(Role.objects.values_list("name", flat=True)) == {"Clerk", "Night clerk"}


@pytest.mark.parametrize("act", ["", "edit/", "copy/", "delete/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_of_another_company_is_not_there(ada, act, method):
    foreign = make.role(make.company("Rival"), *CLERK, name="Foreign clerk")
    response = getattr(ada, method)(page(foreign, act), filled(P.INVOICE_VIEW))
    assert response.status_code == (405 if (act, method) == ("", "post") else 404)
    assert (Role.objects.get().name, entries()) == ("Foreign clerk", [])


@pytest.mark.parametrize("key", ["administrator", "read_only", "nonsense", "0"])
@pytest.mark.parametrize("act", ["edit/", "delete/"])
def test_a_built_in_role_is_neither_edited_nor_deleted(ada, key, act):
    assert ada.get(f"{ROLES}{key}/{act}").status_code == 404
    assert ada.post(f"{ROLES}{key}/{act}", filled(P.INVOICE_VIEW)).status_code == 404


def test_a_foreign_role_cannot_be_compared_with(ada):
    foreign = make.role(make.company("Rival"), *CLERK, name="Foreign clerk")
    shown = text(ada.get(f"{ROLES}compare/?a={foreign.key}&b=nonsense"))
    assert "Foreign" not in shown
    assert "Administrator" in shown


def test_what_differs_between_two_roles_comes_first(ada, clerk):
    shown = text(ada.get(f"{ROLES}compare/?a={clerk.key}&b=read_only"))
    different, alike = shown.split("Different in 3")[1].split("Alike in")
    assert "See the dashboard" in different
    assert "See payments" not in different
    assert "See payments" in alike


def test_the_matrix_says_in_words_what_each_role_may_do(ada, company):
    make.role(company, P.INVOICE_VIEW, P.INVOICE_WRITE_OFF, name="Booker", limits={P.INVOICE_WRITE_OFF: {"EUR": 500}})
    shown = text(ada.get(f"{ROLES}?role=read_only"))
    assert "Booker" in shown
    assert "Up to 500 EUR" in shown
    assert '<option value="read_only" selected>' in shown
    for permission in P:
        assert permission.sentence[1:] in shown


def test_the_matrix_costs_the_same_however_many_members_there_are(ada, company, clerk):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(ROLES).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(5):
        make.member(make.role(company, P.INVOICE_VIEW, name=f"Role {number}"), company=company)
    assert cost() == few


def test_a_role_page_names_who_holds_it_and_who_is_invited(ada, company, clerk):
    make.member(clerk, company=company, user=make.user("bo@example.com", name="Bo"))
    make.member(clerk, company=company, user=make.user("cy@example.com", name="Cy"), suspended_at=make.AT)
    make.member(clerk, company=company, user=make.user("gone@example.com", name="Gone"), revoked_at=make.AT)
    invite(company, clerk, "new@example.com")
    shown = text(ada.get(page(clerk)))
    assert [name in shown for name in ("bo@example.com", "cy@example.com", "Suspended", "new@example.com")] == [
        True
    ] * 4
    assert "gone@example.com" not in shown


def test_an_invited_address_is_named_only_to_who_may_invite(company, clerk):
    editor = make.member(make.role(company, *CLERK, P.TEAM_VIEW, P.ROLE_EDIT, name="Editor"), company=company)
    invite(company, clerk, "new@example.com")
    browser = visitors.browser(editor)
    for act in ("", "delete/"):
        assert "new@example.com" not in text(browser.get(page(clerk, act)))
    assert "Somebody else" in text(browser.get(page(clerk, "delete/")))


def invite(company, role, email, **fields):
    inviter = Membership.objects.filter(company=company).first()
    times = {"invited_at": make.AT, "sent_at": make.AT, "expires_at": make.AT.replace(year=2100)}
    return Invitation.objects.create(company=company, email=email, invited_by=inviter, own_role=role, **times | fields)


def seen(*rows):
    return " ".join(str(row.pk) for row in rows)


def test_a_deleted_roles_holders_get_the_chosen_one(ada, company, clerk):
    bo = make.member(clerk, company=company, user=make.user("bo@example.com", name="Bo"))
    gone = make.member(clerk, company=company, revoked_at=make.AT)
    invited = invite(company, clerk, "new@example.com")

    response = ada.post(page(clerk, "delete/"), {"heir": "read_only", "holders": seen(bo, invited)})

    assert response.url == ROLES
    assert not Role.objects.exists()
    for row in (bo, gone, invited):
        row.refresh_from_db()
        assert (row.role, row.own_role) == ("read_only", None)
    [entry] = entries()
    assert (entry.action, entry.actor_label, entry.object_label) == ("role.deleted", "Ada", "Clerk")
    assert entry.data == {"moved": "Bo, new@example.com got the role Read-only"}
    assert entry.changes["permissions"] == [["customer.view", "invoice.view", "payment.view"], None]
    [moved] = entries("member.role_changed")
    assert moved.changes == {"role": ["Clerk", "Read-only"]}
    assert list(Letter.objects.values_list("kind", "recipient")) == [("role_changed", "bo@example.com")]


def test_a_role_nobody_holds_is_deleted_without_more(ada, clerk):
    assert "Nobody holds this role" in text(ada.get(page(clerk, "delete/")))
    assert ada.post(page(clerk, "delete/"), {"holders": ""}).url == ROLES
    assert [entry.data for entry in entries()] == [{"moved": "nobody held it"}]


@pytest.mark.parametrize(
    ("heir", "sentence"),
    [
        ("", "Choose one of the roles listed."),
        ("administrator", "Choose one of the roles listed."),
        ("itself", "Choose one of the roles listed."),
        ("foreign", "Choose one of the roles listed."),
    ],
)
def test_a_role_that_cannot_follow_is_refused(ada, company, clerk, heir, sentence):
    bo = make.member(clerk, company=company)
    foreign = make.role(make.company("Rival"), P.INVOICE_VIEW)
    key = {"itself": clerk.key, "foreign": foreign.key}.get(heir, heir)
    assert sentence in text(ada.post(page(clerk, "delete/"), {"heir": key, "holders": seen(bo)}))
    assert Membership.objects.get(pk=bo.pk).own_role == clerk


def test_nobody_deletes_a_role_to_give_more_than_they_hold(editor, company, clerk):
    bo = make.member(clerk, company=company)
    sent = {"heir": "employee", "holders": seen(bo)}
    shown = text(visitors.browser(editor).post(page(clerk, "delete/"), sent))
    assert "You cannot give the role Employee: it may do more than you." in shown
    assert (Membership.objects.get(pk=bo.pk).own_role, entries()) == (clerk, [])


def test_who_gives_no_roles_deletes_only_those_nobody_holds(company, clerk):
    maker = make.role(company, *CLERK, P.TEAM_VIEW, P.ROLE_EDIT, name="Maker")
    browser = visitors.browser(make.member(maker, company=company))
    less = make.role(company, P.INVOICE_VIEW, name="Less")
    bo = make.member(clerk, company=company)
    shown = text(browser.post(page(clerk, "delete/"), {"heir": less.key, "holders": seen(bo)}))
    assert "You give nobody another role." in shown
    assert browser.post(page(less, "delete/"), {"holders": ""}).url == ROLES
    assert list(Role.objects.order_by("name").values_list("name", flat=True)) == ["Clerk", "Maker"]


@pytest.mark.parametrize("shown_before", ["", "not-an-id", "00000000-0000-0000-0000-000000000000"])
def test_somebody_who_got_the_role_since_the_page_was_made_stops_its_deletion(ada, company, clerk, shown_before):
    bo = make.member(clerk, company=company, user=make.user("bo@example.com", name="Bo"))
    shown = text(ada.post(page(clerk, "delete/"), {"heir": "read_only", "holders": shown_before}))
    assert "Others hold the role Clerk by now than those you saw." in shown
    assert f'value="{bo.pk}"' in shown
    assert Role.objects.get() == clerk


@pytest.mark.parametrize("act", ["new/", "{}/edit/", "{}/copy/", "{}/delete/"])
def test_looking_at_roles_is_not_changing_them(company, clerk, act):
    looker = make.member(make.role(company, P.TEAM_VIEW, name="Looker"), company=company)
    browser = visitors.browser(looker)
    assert browser.get(ROLES + act.format(clerk.key)).status_code == 403
    assert browser.post(ROLES + act.format(clerk.key), filled(P.TEAM_VIEW)).status_code == 403
    for address in ("", "compare/", f"{clerk.key}/"):
        assert "Delete" not in text(browser.get(ROLES + address))
