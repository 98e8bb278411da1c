"""The page that says what is alerted of, who gets it, and where the checkpoints go."""

import datetime

import pytest
import time_machine

from accounts import alert_kinds
from accounts.actions import log_settings
from accounts.errors import AccountsError, AlertRefused
from accounts.models import AlertSettings, Letter
from accounts.queries.alerts import settings_of
from audit import log
from audit.models import SecurityEvent
from tests import make, visitors
from tests.accounts.sealed import alerts, followed

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2026, 3, 16, 9, 0, tzinfo=datetime.UTC)
PAGE = "/settings/logs/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


def form(off=(), **changed):
    on = [kind.code for kind in alert_kinds.kinds() if kind.can_be_off and kind.code not in off]
    return {"alerts": on, "addresses": "", "checkpoint_addresses": ""} | changed


def text(response):
    return " ".join(response.content.decode().split())


def kept(company):
    found = settings_of(company)
    return found.off, found.addresses, found.checkpoint_addresses


def test_what_is_chosen_is_kept_with_one_entry_of_before_and_after(company, ada):
    answer = ada.post(
        PAGE,
        form(
            off=["api_key_made"],
            addresses="Siem@Elsewhere.example",
            checkpoint_addresses="a@one.example\nb@two.example",
        ),
    )

    assert answer.url == PAGE
    assert kept(company) == (["api_key_made"], ["siem@elsewhere.example"], ["a@one.example", "b@two.example"])
    entry = SecurityEvent.objects.get()
    assert str(entry) == "Ada changed what Ledger is alerted of, and who gets it"
    assert entry.changes == {
        "off": [[], ["api_key_made"]],
        "addresses": [[], ["siem@elsewhere.example"]],
        "checkpoint_addresses": [[], ["a@one.example", "b@two.example"]],
    }
    page = text(ada.get(PAGE))
    assert "a@one.example b@two.example" in page


def test_saving_what_is_there_writes_nothing(company, ada):
    ada.post(PAGE, form(addresses="siem@elsewhere.example"))
    ada.post(PAGE, form(addresses="siem@elsewhere.example"))
    assert SecurityEvent.objects.count() == 1


def test_whoever_changes_it_alerts_the_administrators_whatever_is_off(company, ada):
    every = [kind.code for kind in alert_kinds.kinds() if kind.can_be_off]
    ada.post(PAGE, form(off=every))
    followed()

    assert alerts() == [("log_settings", "Ada changed what Ledger is alerted of, and who gets it")]
    assert Letter.objects.get().recipient == "ada@ledger.example"


def test_a_failed_check_is_always_told_of(company, ada):
    page = text(ada.get(PAGE))
    assert 'value="verification_failed"' not in page
    assert "Check of the log failed: when the check of the logs finds" in page

    membership = visitors.member(company, name="Ida")
    chosen = {"off": ["verification_failed"], "addresses": [], "checkpoint_addresses": []}
    with pytest.raises(AlertRefused, match=r"“Check of the log failed” cannot be switched off\."):
        log_settings.change(membership=membership, chosen=chosen, by=make.BY, at=AT)
    assert not AlertSettings.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"addresses": "nobody"}, "“nobody” is no e-mail address."),
        ({"addresses": "a@one.example\nA@ONE.example"}, "a@one.example is named twice. Remove one of them."),
        ({"checkpoint_addresses": "a@one.example, a@one.example"}, "a@one.example is named twice. Remove one of them."),
        (
            {"checkpoint_addresses": "\n".join(f"a{number}@one.example" for number in range(11))},
            "These are 11 addresses. Name at most 10.",
        ),
        ({"addresses": "x" * 5_000}, "This list is too long. Name at most 10 addresses."),
        ({"addresses": "a@one.example\x07"}, "This text holds an invisible control character."),
        ({"alerts": ["nonsense"]}, "Choose from the list: one of these is no kind of alert."),
    ],
    ids=["no address", "twice", "twice on a line", "eleven", "too long", "control character", "unknown kind"],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence_and_kept_in_the_form(company, ada, changed, sentence):
    answer = ada.post(PAGE, form() | changed)

    assert answer.status_code == 200
    assert sentence in text(answer)
    typed = next(iter(changed.values()))
    assert isinstance(typed, list) or typed.split("\n")[0][:50].replace("\x07", "") in text(answer)
    assert not AlertSettings.objects.exists()
    assert not SecurityEvent.objects.exists()


def test_who_may_not_or_sees_only_some_customers_changes_nothing(company):
    clerk = visitors.browser(visitors.member(company, "employee", "Bo"))
    guards = make.role(company, "security.edit", name="Guard")
    kept_apart = visitors.browser(visitors.member(company, guards, "Gus", restriction="owner"))

    assert clerk.post(PAGE, form()).status_code == 403
    assert "You see only some of the customers" in text(kept_apart.post(PAGE, form(off=["refusals"])))
    assert not AlertSettings.objects.exists()


def test_another_company_keeps_its_own(company, ada):
    rival = visitors.company("Rival")
    AlertSettings.objects.create(company=rival, addresses=["riva@rival.example"])
    ada.post(PAGE, form(addresses="siem@elsewhere.example"))

    assert kept(rival) == ([], ["riva@rival.example"], [])
    assert "riva@rival.example" not in text(ada.get(PAGE))


def test_a_factor_is_asked_for_first(company, ada, clock):
    clock.shift(datetime.timedelta(minutes=6))
    assert "Confirm that it is you" in text(ada.post(PAGE, form(off=["refusals"])))
    assert not AlertSettings.objects.exists()


def test_without_its_entry_nothing_changes(company, monkeypatch):
    def refuse(*parts, **details):
        raise AccountsError

    membership = visitors.member(company, name="Ida")
    monkeypatch.setattr(log, "record", refuse)
    chosen = {"off": ["refusals"], "addresses": [], "checkpoint_addresses": []}
    with pytest.raises(AccountsError):
        log_settings.change(membership=membership, chosen=chosen, by=make.BY, at=AT)
    assert not AlertSettings.objects.exists()
