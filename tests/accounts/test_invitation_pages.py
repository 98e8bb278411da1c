"""Inviting and joining as people meet them: the page that asks, the letter, and the page its link opens."""

import datetime
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.actions import invitations
from accounts.forms.invitations import addresses_in
from accounts.models import Company, Invitation, KnownDevice, MailedLink, Membership, Session, User
from accounts.permissions import Permission
from audit.actors import Actor
from audit.models import SecurityEvent
from security.redaction import redact
from tests import make, visitors
from tests.accounts.letter_box import delivered, path, token
from tests.accounts.signing_in import give_code, give_password, is_inside
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
DAY = timedelta(days=1)
DI = "di@elsewhere.example"
INVITE = "/settings/team/invite/"
TEAM = "/settings/team/"
PASSWORD = "eleven patient ferries under glass"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


@pytest.fixture
def member(company):
    return visitors.member(company, name="Ada")


@pytest.fixture
def ada(member):
    """Ada's browser."""
    return visitors.browser(member)


@pytest.fixture
def letter(member):
    """Where the link of an invitation of Di leads, as employee."""
    invite(member)
    return path(*delivered())


def invite(member, *emails, role="employee", **options):
    return invitations.invite_many(
        company=member.company,
        emails=emails or [DI],
        role=role,
        granter=member,
        by=Actor.member(member.user),
        at=AT,
        **options,
    )


def send(browser, emails, role="employee", restriction="none", **more):
    return browser.post(INVITE, {"emails": emails, "role": role, "restriction": restriction} | more, follow=True)


def join(browser, address, name="Di", password=PASSWORD):
    return browser.post(address, {"name": name, "password": password})


def body(response):
    return response.content.decode()


# The page that invites


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a@x.example", ["a@x.example"]),
        ("a@x.example, b@x.example;c@x.example\nd@x.example e@x.example", [f"{one}@x.example" for one in "abcde"]),
        ("Ana Reyes <A@X.example>, <b@x.example>", ["a@x.example", "b@x.example"]),
        ('"Reyes, Ana; CEO" <a@x.example>; Bo <b@x.example>', ["a@x.example", "b@x.example"]),
        ("Ana <a@x.example> Bo <b@x.example>", ["a@x.example", "b@x.example"]),
        ("c@x.example Ana <a@x.example>", ["c@x.example", "a@x.example"]),
        ("a@x.example A@X.EXAMPLE <a@x.example>", ["a@x.example"]),
        ("ana", ["ana"]),
        ("Reyes, Ana <a@x.example>", ["reyes", "a@x.example"]),
        (" ,;\r\n ", []),
    ],
)
def test_what_people_paste_is_understood(typed, meant):
    assert addresses_in(typed.replace("\r\n", "\n")) == meant


def test_many_are_invited_at_once(ada):
    page = body(send(ada, "Di Moon <di@elsewhere.example>\ned@elsewhere.example", "account_manager", "owner"))

    assert "Invited as Account manager: di@elsewhere.example, ed@elsewhere.example." in page
    assert [(one.email, one.role, one.restriction) for one in Invitation.objects.order_by("email")] == [
        (DI, "account_manager", "owner"),
        ("ed@elsewhere.example", "account_manager", "owner"),
    ]
    assert len(delivered()) == 2


def test_everything_wrong_is_named_at_once_and_nothing_is_lost(ada, member):
    visitors.member(member.company, name="Bo")
    invite(member, "ed@elsewhere.example")
    typed = "di@elsewhere.example, bo@ledger.example, ed@elsewhere.example, nobody, a@b"

    response = send(ada, typed)

    assert response.status_code == 200
    assert response.context["form"].errors["emails"] == [
        "bo@ledger.example is already a member.",
        "ed@elsewhere.example is already invited. Send that invitation again, or withdraw it.",
        "“nobody” is no e-mail address.",
        "“a@b” is no e-mail address.",
    ]
    assert typed in body(response)
    assert f"/invitations/{Invitation.objects.get().pk}/resend/" in body(response)
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("emails", "sentence"),
    [
        ("", "Enter the address of whoever you invite."),
        (" ,; ", "Enter the address of whoever you invite."),
        (
            " ".join(f"p{number}@x.example" for number in range(51)),
            "These are 51 addresses. Invite at most 50 at once.",
        ),
        ("x" * 20_001, "This list is too long. Invite at most 50 at once."),
        (f"{'a' * 250}@x.example", "is no e-mail address."),
        ("di@elsewhere.example\x00", "character"),
    ],
)
def test_what_cannot_be_invited_is_said(ada, emails, sentence):
    assert sentence in str(send(ada, emails).context["form"].errors["emails"])
    assert not Invitation.objects.exists()


def test_an_administrator_cannot_be_restricted_and_no_other_choice_is_taken(ada):
    page = send(ada, DI, "administrator", "owner")
    assert "An administrator sees all customers" in str(page.context["form"].errors)
    assert "restriction" in send(ada, DI, restriction="fields").context["form"].errors
    assert "role" in send(ada, DI, role="emperor").context["form"].errors
    assert not Invitation.objects.exists()


def test_none_until_chosen_offers_the_page_where_they_are_chosen(ada):
    response = send(ada, DI, restriction="customers")
    invitation = Invitation.objects.get()
    assert (invitation.restriction, invitation.customer_ids) == ("customers", [])
    address = reverse("billing:restriction_invitation", args=[invitation.pk])
    assert f'href="{address}"' in body(response)


def test_fields_of_others_are_ignored(ada, member):
    rival = visitors.company("Rival")
    send(ada, DI, company=rival.pk, invited_by="x", expires_at="2036-01-01", customer_ids="x")
    invitation = Invitation.objects.get()
    assert (invitation.company, invitation.invited_by, invitation.expires_at) == (member.company, member, AT + 7 * DAY)


def test_nobody_posts_a_role_beyond_their_own_or_of_another_company(company, member):
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, name="Porter")
    bo = visitors.browser(visitors.member(company, role, "Bo"))
    foreign = make.role(visitors.company("Rival"), name="Foreign")

    for key in ("administrator", "employee", "read_only", foreign.key):
        assert "role" in send(bo, DI, key).context["form"].errors

    assert not Invitation.objects.exists()
    assert "Invited as Porter" in body(send(bo, DI, role.key))


def test_who_sees_only_some_customers_invites_nobody(company, member):
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, name="Porter")
    bo = visitors.browser(visitors.member(company, role, "Bo", restriction="owner"))
    assert "You see only some of the customers" in body(send(bo, DI, role.key))
    assert not Invitation.objects.exists()


def test_the_page_does_not_tell_who_has_an_account_elsewhere(ada):
    visitors.member(visitors.company("Rival"), name="Riva")
    first = body(send(ada, "riva@rival.example"))
    Invitation.objects.all().delete()
    second = body(send(ada, "nobody@rival.example"))
    assert "Invited as Employee: riva@rival.example" in first
    assert "Invited as Employee: nobody@rival.example" in second
    assert "Riva" not in first.replace("riva@", "")


def test_too_many_letters_are_refused_with_a_sentence(ada, member):
    for batch in range(4):
        invite(member, *(f"p{batch}-{number}@x.example" for number in range(50)))
    response = send(ada, DI)
    assert response.status_code == 429
    assert "200 invitations a day" in body(response)


@pytest.mark.parametrize("address", [INVITE, "resend"])
def test_inviting_asks_for_a_fresh_factor(ada, member, clock, address):
    [invitation] = invite(member, "ed@elsewhere.example")
    clock.shift(timedelta(minutes=5, seconds=1))
    address = reverse("accounts:invitation_resend", args=[invitation.pk]) if address == "resend" else address
    response = ada.post(address, {"emails": DI, "role": "employee", "restriction": "none"})
    assert "Confirm that it is you" in body(response)
    assert Invitation.objects.get().sent_at == AT


@pytest.mark.parametrize("role", ["employee", "read_only", "account_manager"])
def test_who_may_not_change_the_team_invites_nobody(company, member, role):
    [invitation] = invite(member)
    bo = visitors.browser(visitors.member(company, role, "Bo"))
    assert bo.get(INVITE).status_code == 403
    assert bo.post(INVITE, {"emails": DI}).status_code == 403
    for act in ("resend", "withdraw"):
        assert bo.post(reverse(f"accounts:invitation_{act}", args=[invitation.pk])).status_code == 403


# What waits on the team page


def test_the_team_page_shows_what_waits(ada, member, clock):
    invite(member, restriction="owner")
    page = body(ada.get(TEAM))
    for words in (DI, "Employee", "Own customers only", "Invited", "23 Mar 2026, 09:00"):
        assert words in page
    clock.shift(8 * DAY)
    assert "Expired" in body(visitors.browser(member).get(TEAM))


def test_sending_again_and_withdrawing_from_the_page(ada, member):
    [invitation] = invite(member)
    first = path(*delivered())

    page = ada.post(reverse("accounts:invitation_resend", args=[invitation.pk]), follow=True)
    assert "di@elsewhere.example is invited anew" in body(page)
    second = path(*delivered())
    assert [Browser().get(address).status_code for address in (first, second)] == [404, 200]

    page = ada.post(reverse("accounts:invitation_withdraw", args=[invitation.pk]), follow=True)
    assert "The invitation of di@elsewhere.example is withdrawn" in body(page)
    assert Browser().get(second).status_code == 404
    assert DI not in body(ada.get(TEAM))


def test_what_is_over_or_of_another_company_is_not_there(ada, member):
    rival = visitors.member(visitors.company("Rival"), name="Riva")
    [foreign], [over] = invite(rival), invite(member)
    invitations.withdraw(invitation=over, granter=member, by=make.BY, at=AT)
    for invitation in (foreign, over):
        for act in ("resend", "withdraw"):
            assert ada.post(reverse(f"accounts:invitation_{act}", args=[invitation.pk])).status_code == 404
    foreign.refresh_from_db()
    assert foreign.withdrawn_at is None


def test_who_was_demoted_sends_nothing_again(company, member):
    [invitation] = invite(member)
    role = make.role(company, Permission.TEAM_VIEW, Permission.TEAM_EDIT, name="Porter")
    bo = visitors.browser(visitors.member(company, role, "Bo"))
    page = bo.post(reverse("accounts:invitation_resend", args=[invitation.pk]), follow=True)
    assert "You cannot give what you do not hold yourself" in body(page)


# The page of the link


def test_looking_changes_nothing_and_tells_no_other_site_the_address(letter):
    for browser in (Browser(), visitors.browser(make.member(user=make.user(DI)))):
        before = [list(model.objects.values()) for model in (Invitation, MailedLink, User, Membership)]
        for method in ("get", "head"):
            answer = getattr(browser, method)(letter)
            assert (answer.status_code, answer["Referrer-Policy"]) == (200, "strict-origin")
            assert answer["Cache-Control"] == "no-store"
        after = [list(model.objects.values()) for model in (Invitation, MailedLink, User, Membership)]
        assert [len(rows) for rows in after] == [len(rows) for rows in before]
        assert (after[0], after[1]) == (before[0], before[1])


def test_a_new_person_makes_an_account_joins_and_is_inside(letter, company):
    browser = Browser()
    page = body(browser.get(letter))
    assert "Ada invited di@elsewhere.example as Employee" in strip_tags(page)

    response = join(browser, letter)

    assert response.url == "/"
    assert is_inside(browser)
    user = User.objects.get(email=DI)
    session = Session.objects.get(user=user)
    assert (session.company, session.role, [*session.proofs]) == (company, "employee", ["password"])
    assert KnownDevice.objects.get(user=user) == session.known_device
    assert browser.cookies["__Host-device"].value
    assert Membership.objects.get(user=user).role == "employee"
    assert [one["To"] for one in delivered()] == ["ada@ledger.example"]


def test_the_account_signs_in_from_then_on(letter):
    join(Browser(), letter)
    browser = Browser()
    give_password(browser, DI, PASSWORD)
    assert is_inside(browser)


def test_where_a_second_factor_is_demanded_its_set_up_follows(letter):
    Company.objects.update(second_factor="required", grace_days=0, policy_since=AT)
    browser = Browser()
    response = browser.post(letter, {"name": "Di", "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0].startswith("/settings/security/set-up/")
    assert browser.get(TEAM).status_code == 302


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u202eDi"}, "name"),
        ({"password": ""}, "password"),
        ({"password": "herons"}, "password"),
        ({"password": "Ledger Ledger 2026"}, "password"),
        ({"password": "di@elsewhere.example"}, "password"),
    ],
)
def test_what_is_wrong_with_the_account_is_said_and_the_link_stays(letter, typed, field):
    browser = Browser()
    response = join(browser, letter, **typed)
    assert response.status_code == 200
    assert [*response.context["form"].errors] == [field]
    assert not typed.get("password") or typed["password"] not in body(response).replace(DI, "")
    assert not User.objects.filter(email=DI).exists()
    assert join(browser, letter).status_code == 302


def test_whoever_has_an_account_signs_in_first_and_comes_back(letter):
    di = make.member(user=make.user(DI, name="Di")).user
    device = make.authenticator(di)
    browser = Browser()
    page = body(browser.get(letter))
    assert f'href="/sign-in/?next={letter}"' in page
    assert 'type="password"' not in page
    assert browser.post(letter, {"name": "X", "password": PASSWORD}).status_code == 200
    assert Membership.objects.filter(user=di).count() == 1

    first = browser.post(f"/sign-in/?next={letter}", {"email": DI, "password": make.PASSWORD})
    assert not Membership.objects.filter(user=di, company__name="Ledger").exists()
    second = browser.post(first.url, {"code": make.code(device)})

    assert second.url == letter
    assert "Join Ledger as Employee" in strip_tags(body(browser.get(letter)))
    assert browser.post(letter).url == "/"
    assert Membership.objects.get(user=di, company__name="Ledger").role == "employee"
    assert Session.objects.get(user=di).company.name == "Ledger"


def test_a_password_alone_accepts_nothing_where_there_is_a_second_factor(letter):
    di = make.user(DI)
    make.authenticator(di)
    browser = Browser()
    give_password(browser, DI)
    browser.post(letter)
    assert not Membership.objects.filter(user=di).exists()
    give_code(browser, "000000")
    browser.post(letter)
    assert not Membership.objects.filter(user=di).exists()


def test_somebody_else_is_told_so_and_cannot_accept(letter):
    stranger = visitors.member(visitors.company("Rival"), name="Riva")
    browser = visitors.browser(stranger)
    for response in (browser.get(letter), browser.post(letter), join(browser, letter)):
        assert "This invitation is for another address" in body(response)
        assert DI not in body(response)
        assert 'action="/sign-out/"' in body(response)
    assert not User.objects.filter(email=DI).exists()
    assert Membership.objects.filter(user=stranger.user).count() == 1


def test_capitals_in_an_address_make_no_difference(member):
    invite(member, "DI@Elsewhere.EXAMPLE")
    browser = visitors.browser(make.member(user=make.user(DI)))
    assert browser.post(path(*delivered())).url == "/"


@pytest.mark.parametrize("end", ["accepted", "withdrawn", "expired", "resent", "mistyped", "other purpose"])
def test_a_dead_link_of_any_kind_gets_one_answer(letter, member, clock, end):
    never = Browser().get(reverse("accounts:invitation_accept", args=["x" * 43]))
    address, invitation = letter, Invitation.objects.get()
    if end == "accepted":
        join(Browser(), letter)
    elif end == "withdrawn":
        invitations.withdraw(invitation=invitation, granter=member, by=make.BY, at=AT)
    elif end == "expired":
        clock.shift(7 * DAY)
    elif end == "resent":
        invitations.resend(invitation=invitation, granter=member, by=make.BY, at=AT)
    elif end == "mistyped":
        address = letter[:-3] + "x/"
    else:
        MailedLink.objects.update(purpose="not_me", user=make.user())

    answers = [Browser().get(address), Browser().post(address, {"name": "Di", "password": PASSWORD})]

    assert {answer.status_code for answer in answers} == {404}
    assert {nonceless(answer) for answer in answers} == {nonceless(never)}
    assert Membership.objects.filter(user__email=DI).count() == (end == "accepted")


def nonceless(answer):
    return body(answer).replace(str(answer.wsgi_request.csp_nonce), "")


@pytest.mark.parametrize("is_new", [True, False])
def test_an_inviter_who_lost_the_right_lets_nobody_in(letter, member, company, is_new):
    visitors.member(company, name="Bo")
    Membership.objects.filter(pk=member.pk).update(role="employee")
    browser = Browser() if is_new else visitors.browser(make.member(user=make.user(DI)))
    response = join(browser, letter)
    assert "Ask for a new one" in body(response)
    assert "name=" not in body(response).partition("<main")[2].partition("</main")[0]
    assert browser.get(letter).status_code == 404
    assert SecurityEvent.objects.get(action="invitation.refused").outcome == "refused"


def test_whoever_tries_passwords_on_the_link_runs_out(letter):
    for _ in range(20):
        join(Browser(), letter, password="herons")
    response = join(Browser(), letter)
    assert response.status_code == 429
    assert not User.objects.filter(email=DI).exists()


def test_no_log_line_holds_the_link_as_it_is_nor_as_a_way_back(letter):
    secret = letter.rstrip("/").rpartition("/")[2]
    for line in (letter, f"/sign-in/?next={letter}", f"/sign-in/code/?next=%2Finvitation%2F{secret}%2F"):
        assert secret not in redact(line)


def test_the_right_people_see_the_form_with_a_meter(letter):
    page = body(Browser().get(letter))
    assert 'autocomplete="new-password"' in page
    assert 'data-strength-url="/password-strength/"' in page
    assert "js/password.js" in page


def test_a_token_alone_is_in_the_letter(member):
    invite(member)
    assert len(token(*delivered())) == 43
