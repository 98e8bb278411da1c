"""A company passes to another administrator when that one accepts, or by a command if its owner is lost."""

import datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import members, ownership
from accounts.errors import AccountsError, OwnershipRefused
from accounts.models import Letter, Membership, OwnershipTransfer
from accounts.permissions import Permission
from audit import log
from audit.models import SecurityEvent
from tests import make, visitors
from tests.accounts.letter_box import delivered, text
from tests.together import together

AT, WEEK = make.AT, datetime.timedelta(days=7)
OFFER = "/settings/team/ownership/offer/"
TEAM = "/settings/team/"


@pytest.fixture
def ada(db):
    """The owner."""
    return make.member(user=make.user("ada@harbour.example", name="Ada"), is_owner=True)


@pytest.fixture
def bo(ada):
    """Another administrator."""
    return make.member(company=ada.company, user=make.user("bo@harbour.example", name="Bo"))


def offer(owner, to, at=AT):
    return ownership.offer(owner=owner, to=to, by=make.BY, at=at)


def accept(transfer, at=AT):
    return ownership.accept(transfer=transfer, by=make.BY, at=at)


def owners():
    return [str(member) for member in Membership.objects.filter(is_owner=True)]


def address(transfer, act):
    return f"/settings/team/ownership/{transfer.pk}/{act}/"


def test_it_passes_when_the_other_accepts(ada, bo):
    transfer = offer(ada, bo)
    assert owners() == ["Ada"]

    accept(transfer)

    ada.refresh_from_db()
    transfer.refresh_from_db()
    assert (owners(), ada.role, transfer.outcome, transfer.ended_at) == (["Bo"], "administrator", "accepted", AT)
    offered, passed = SecurityEvent.objects.order_by("id")
    assert str(offered) == "tests offered the ownership of Harbour Works to Bo"
    assert (str(passed), passed.changes, passed.company_id) == (
        "tests took over the ownership of Harbour Works from Ada",
        {"owner": ["Ada", "Bo"]},
        ada.company_id,
    )
    letters = [(letter["To"], letter["Subject"]) for letter in delivered()]
    assert letters == [
        ("bo@harbour.example", "You are offered the ownership of Harbour Works"),
        ("ada@harbour.example", "You offered the ownership of Harbour Works"),
        ("ada@harbour.example", "Harbour Works has a new owner"),
        ("bo@harbour.example", "Harbour Works has a new owner"),
    ]


@pytest.mark.parametrize(
    ("end", "outcome", "reader", "sentence"),
    [
        (ownership.decline, "declined", "ada", "tests declined the ownership of Harbour Works"),
        (ownership.withdraw, "withdrawn", "bo", "tests took back the offer of Harbour Works to Bo"),
    ],
)
def test_it_stays_where_it_is_when_the_offer_ends(ada, bo, end, outcome, reader, sentence):
    transfer = offer(ada, bo)
    delivered()

    end(transfer=transfer, by=make.BY, at=AT)

    transfer.refresh_from_db()
    assert (owners(), transfer.outcome) == (["Ada"], outcome)
    assert [letter["To"] for letter in delivered()] == [f"{reader}@harbour.example"]
    assert str(SecurityEvent.objects.order_by("id").last()) == sentence
    for act in (ownership.accept, ownership.decline, ownership.withdraw):
        with pytest.raises(OwnershipRefused, match="accepted, withdrawn or ran out"):
            act(transfer=transfer, by=make.BY, at=AT)
    assert offer(ada, bo).is_open(AT)


def test_an_offer_runs_out_after_seven_days_and_makes_room_for_another(ada, bo):
    transfer = offer(ada, bo)

    with pytest.raises(OwnershipRefused, match="ran out"):
        accept(transfer, AT + WEEK)
    assert offer(ada, bo, AT + WEEK).is_open(AT + WEEK)
    transfer.refresh_from_db()
    assert (transfer.outcome, transfer.ended_at) == ("", AT + WEEK)


def test_only_the_owner_offers_to_another_live_administrator_and_once(ada, bo):
    clerk = make.member("employee", company=ada.company, user=make.user(name="Cy"))
    away = make.member(company=ada.company, suspended_at=AT)
    stranger = make.member()

    with pytest.raises(OwnershipRefused, match="Only the owner"):
        offer(bo, ada)
    with pytest.raises(OwnershipRefused, match="You own Harbour Works already"):
        offer(ada, ada)
    for other in (clerk, away, stranger):
        with pytest.raises(OwnershipRefused, match="does not administer Harbour Works"):
            offer(ada, other)
    offer(ada, bo)
    with pytest.raises(OwnershipRefused, match="offered to Bo already"):
        offer(ada, bo)


def test_who_is_no_administrator_any_more_does_not_take_over(ada, bo):
    transfer = offer(ada, bo)
    Membership.objects.filter(pk=bo.pk).update(role="employee")

    with pytest.raises(OwnershipRefused, match="does not administer"):
        accept(transfer)
    assert owners() == ["Ada"]


def test_the_database_knows_one_owner_who_is_a_live_administrator(ada, bo):
    for member, fields in [
        (bo, {"is_owner": True}),
        (ada, {"role": "employee"}),
        (ada, {"suspended_at": AT}),
        (ada, {"revoked_at": AT}),
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=member.pk).update(**fields)


ENDS = {
    "Bo was suspended.": lambda bo, ada: members.suspend(membership=bo, granter=ada, by=make.BY, at=AT),
    "Bo was removed.": lambda bo, ada: members.revoke(membership=bo, granter=ada, by=make.BY, at=AT),
    "Bo is no administrator any more.": lambda bo, ada: members.change_role(
        membership=bo, role="employee", granter=ada, by=make.BY, at=AT
    ),
}


@pytest.mark.parametrize("reason", ENDS)
def test_an_offer_that_ends_with_whom_it_was_made_to_is_in_the_log_and_told(ada, bo, reason):
    transfer = offer(ada, bo)
    Letter.objects.all().delete()

    ENDS[reason](bo, make.member(company=ada.company))

    transfer.refresh_from_db()
    assert (transfer.outcome, transfer.ended_at) == ("withdrawn", AT)
    entry = SecurityEvent.objects.get(action="ownership.withdrawn")
    assert (entry.reason, entry.data["person"], entry.actor_label) == (reason, "Bo", "tests")
    told = Letter.objects.filter(kind="ownership_withdrawn").order_by("recipient")
    assert [letter.recipient for letter in told] == ["ada@harbour.example", "bo@harbour.example"]
    assert len(delivered()) == Letter.objects.count()


def test_an_offer_that_ran_out_before_is_not_said_to_be_taken_back(ada, bo):
    transfer = offer(ada, bo, at=AT - WEEK)

    members.suspend(membership=bo, granter=ada, by=make.BY, at=AT)

    transfer.refresh_from_db()
    assert (transfer.outcome, transfer.ended_at) == ("", AT)
    assert not SecurityEvent.objects.filter(action="ownership.withdrawn").exists()


@pytest.mark.parametrize("act", ["offer", "accept", "decline", "withdraw", "hand_over"])
def test_no_change_without_its_entry(monkeypatch, ada, bo, act):
    transfer = offer(ada, bo) if act in ("accept", "decline", "withdraw") else None
    before = (list(Membership.objects.values()), list(OwnershipTransfer.objects.values()), Letter.objects.count())
    monkeypatch.setattr(log, "record", failing)
    given = {
        "offer": {"owner": ada, "to": bo},
        "hand_over": {"to": bo},
    }.get(act, {"transfer": transfer})

    with pytest.raises(RuntimeError):
        getattr(ownership, act)(**given, by=make.BY, at=AT)

    after = (list(Membership.objects.values()), list(OwnershipTransfer.objects.values()), Letter.objects.count())
    assert after == before


def failing(*args, **details):
    raise RuntimeError


@time_machine.travel(AT, tick=False)
def test_on_the_pages_it_is_offered_and_accepted(ada, bo):
    owner, other = visitors.browser(ada), visitors.browser(bo)
    assert owner.get(OFFER).status_code == 200
    refused = owner.post(OFFER, {"to": ""})
    assert (refused.status_code, "Choose one of the other administrators." in refused.content.decode()) == (200, True)

    assert owner.post(OFFER, {"to": bo.pk}).url == TEAM

    transfer = OwnershipTransfer.objects.get()
    assert "is offered to" in owner.get(TEAM).content.decode()
    assert "offers you" in other.get(TEAM).content.decode()
    assert owner.get(address(transfer, "accept")).status_code == 404
    assert other.get(address(transfer, "withdraw")).status_code == 404
    assert other.get(address(transfer, "accept")).status_code == 200
    assert owners() == ["Ada"]
    assert other.post(address(transfer, "accept")).url == TEAM
    assert owners() == ["Bo"]
    assert other.post(address(transfer, "accept")).status_code == 404


@time_machine.travel(AT, tick=False)
@pytest.mark.parametrize(("act", "who"), [("decline", "bo"), ("withdraw", "ada")])
def test_on_the_pages_an_offer_is_ended(ada, bo, act, who):
    transfer = offer(ada, bo)
    browser = visitors.browser({"ada": ada, "bo": bo}[who])

    assert browser.get(address(transfer, act)).status_code == 200
    assert browser.post(address(transfer, act)).url == TEAM
    assert (owners(), OwnershipTransfer.objects.get().ended_at) == (["Ada"], AT)


def test_others_neither_offer_nor_see_the_offer(ada, bo):
    transfer = offer(ada, bo, at=datetime.datetime.now(datetime.UTC))
    keeper = make.member(make.role(ada.company, Permission.TEAM_VIEW, Permission.TEAM_EDIT), company=ada.company)
    rival = make.member(is_owner=True)

    for member, status in ((bo, 403), (keeper, 403)):
        assert visitors.browser(member).get(OFFER).status_code == status
    for member in (keeper, rival):
        browser = visitors.browser(member)
        assert [browser.post(address(transfer, act)).status_code for act in ("accept", "decline", "withdraw")] == [
            404
        ] * 3
    assert (owners().count("Ada"), OwnershipTransfer.objects.get().ended_at) == (1, None)


def test_the_command_hands_a_company_over_and_all_administrators_are_told(ada, bo, capsys):
    make.member("employee", company=ada.company)
    transfer = offer(ada, bo, at=timezone.now())
    delivered()

    call_command("hand_over_company", "--company", "Harbour Works", "--to", "Bo@Harbour.example", "--yes")

    assert owners() == ["Bo"]
    assert "Bo owns Harbour Works." in capsys.readouterr().out
    entry = SecurityEvent.objects.order_by("id").last()
    assert (entry.actor_type, str(entry)) == (
        "operator",
        "hand_over_company made Bo the owner of Harbour Works in place of Ada",
    )
    letters = delivered()
    assert sorted(letter["To"] for letter in letters) == ["ada@harbour.example", "bo@harbour.example"]
    assert "Bo now owns Harbour Works, in place of Ada." in text(letters[0])
    transfer.refresh_from_db()
    assert transfer.outcome == "withdrawn"


@pytest.mark.parametrize(
    ("company", "to", "sentence"),
    [
        ("Nowhere", "bo@harbour.example", "There is no company “Nowhere”"),
        ("Harbour Works", "nobody@harbour.example", "Nobody in Harbour Works signs in with nobody@harbour.example"),
        ("Harbour Works", "cy@harbour.example", "Cy does not administer Harbour Works"),
        ("Harbour Works", "ada@harbour.example", "Ada owns Harbour Works already"),
    ],
)
def test_the_command_says_what_it_cannot_do(ada, bo, company, to, sentence):
    make.member("employee", company=ada.company, user=make.user("cy@harbour.example", name="Cy"))

    with pytest.raises(CommandError, match=sentence):
        call_command("hand_over_company", "--company", company, "--to", to, "--yes")
    assert owners() == ["Ada"]


def test_of_companies_with_one_name_the_id_says_which(ada, bo):
    make.member(is_owner=True)

    with pytest.raises(CommandError, match=str(ada.company_id)):
        call_command("hand_over_company", "--company", "Harbour Works", "--to", "bo@harbour.example", "--yes")
    call_command("hand_over_company", "--company", str(ada.company_id), "--to", "bo@harbour.example", "--yes")
    assert "Bo" in owners()


def test_without_anybody_to_ask_the_command_changes_nothing(ada, bo):
    with pytest.raises(CommandError, match="Add --yes"):
        call_command("hand_over_company", "--company", "Harbour Works", "--to", "bo@harbour.example")
    assert owners() == ["Ada"]


@pytest.mark.django_db(transaction=True)
def test_accepted_and_withdrawn_at_once_is_one_of_both():
    company = make.company()
    first = make.member(company=company, is_owner=True)
    second = make.member(company=company)
    transfer = offer(first, second)

    results = together(
        company, [lambda: accept(transfer), lambda: ownership.withdraw(transfer=transfer, by=make.BY, at=AT)]
    )

    assert [isinstance(result, AccountsError) for result in results].count(True) == 1, results
    assert Membership.objects.filter(is_owner=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "suspend", "revoke"])
def test_two_administrators_who_remove_each_other_at_once_leave_one(act):
    company = make.company()
    one, other = make.member(company=company), make.member(company=company)

    def remove(member, granter):
        given = {"membership": member, "granter": granter, "by": make.BY, "at": AT}
        if act == "demote":
            return members.change_role(role="read_only", **given)
        return {"suspend": members.suspend, "revoke": members.revoke}[act](**given)

    results = together(company, [lambda: remove(one, other), lambda: remove(other, one)])

    assert [isinstance(result, AccountsError) for result in results].count(True) == 1, results
    assert Membership.objects.live().filter(company=company, role="administrator").count() == 1
