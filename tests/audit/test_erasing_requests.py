"""A person asks for what the logs say about them to be erased."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import transaction

from accounts import events as account_events
from accounts.actions import log_erasing
from accounts.permissions import Permission
from accounts.queries import log_erasing as log_erasing_queries
from accounts.queries.log_erasing import Person
from audit import log, sealing
from audit.actors import Actor
from audit.models import BillingEvent, SecurityEvent
from billing import events
from security.ids import uuid7
from tests import make, visitors
from tests.queue import work

pytestmark = pytest.mark.django_db

PEOPLE = "/settings/logs/erase/"
AT = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 6, 1, tzinfo=UTC)
LATELY = datetime(2025, 9, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT) as clock:
        yield clock


@pytest.fixture
def own_registry():
    """The events are those of the product."""


@pytest.fixture
def former(company):
    """Somebody who was in the team."""
    return make.member(user=make.user("gus@example.com", name="Gus Former"), company=company, revoked_at=LATELY)


@pytest.fixture
def contact(acme):
    return acme.contacts.create(company=acme.company, name="Ana Acme", email="ana@acme.example")


def page(kind, id):
    return f"{PEOPLE}{kind}/{id}/"


def text(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def acted(person, of, at=LONG_AGO):
    """An entry by a person about a customer, and one about their own account."""
    by = Actor(type="member", id=str(person.pk), label=str(person), ip="192.0.2.7")
    with transaction.atomic():
        log.record(events.CUSTOMER_ARCHIVED, target=of, by=by, at=at)
        log.record(account_events.USER_SIGNED_OUT, target=person, by=by, at=at, company_id=of.company_id)
    sealing.turn(AT)


def was_changed(contact, at=LONG_AGO):
    """An entry by a contact, and one about them by somebody else."""
    by = Actor(type="contact", id=str(contact.pk), label=str(contact), ip="192.0.2.8")
    with transaction.atomic():
        log.record(events.CUSTOMER_ARCHIVED, target=contact.customer, by=by, at=at)
        log.record(events.CONTACT_ARCHIVED, target=contact, by=make.BY, at=at, customer=contact.customer.name)
    sealing.turn(AT)


def erased():
    return [list(rows._base_manager.filter(erased_at__isnull=False)) for rows in (BillingEvent, SecurityEvent)]


def test_former_members_and_contacts_are_found_by_name_and_members_are_not(ada, former, contact):
    was_changed(contact)

    assert "Gus Former" in text(ada.get(PEOPLE, {"q": "former"}))
    assert "Gus Former" in text(ada.get(PEOPLE, {"q": "gus@exa"}))
    assert "Ana Acme Acme Contact" in text(ada.get(PEOPLE, {"q": "ana"}))
    assert "Nobody found" in text(ada.get(PEOPLE, {"q": "Ada"}))
    assert "Nobody found" not in text(ada.get(PEOPLE))


def test_contacts_are_found_by_today_s_name_and_address_however_old_their_entries_are(ada, contact, monkeypatch):
    monkeypatch.setattr(log_erasing_queries, "NEWEST", 1)
    contact.customer.contacts.create(company=contact.company, name="Ann Unsaid", email="unsaid@acme.example")
    was_changed(contact)
    acted(contact, contact.customer, at=LATELY)

    assert "Ana Acme Acme Contact" in text(ada.get(PEOPLE, {"q": "ana"}))
    assert "Ana Acme Acme Contact" in text(ada.get(PEOPLE, {"q": "ana@acme"}))
    assert "Nobody found" in text(ada.get(PEOPLE, {"q": "unsaid"}))


def test_former_names_of_contacts_are_found_in_the_newest_entries_alone(ada, contact, monkeypatch):
    was_changed(contact)
    contact.name = "Bea Renamed"
    contact.save()

    assert "Ana Acme Acme Contact" in text(ada.get(PEOPLE, {"q": "ana acme"}))
    monkeypatch.setattr(log_erasing_queries, "NEWEST", 1)
    was_changed(contact, at=LATELY)
    assert "Nobody found" in text(ada.get(PEOPLE, {"q": "ana acme"}))
    assert "the newest 20,000 entries of each log" in text(ada.get(PEOPLE))


def test_what_entries_say_about_a_former_member_is_erased_by_the_worker(ada, former, acme, company):
    acted(former.user, acme)

    response = ada.post(page("user", former.user_id), {"reason": "Request 7"})
    assert response.url == PEOPLE
    assert erased() == [[], []]

    work()

    [of_billing], [of_security] = erased()
    assert (of_billing.actor_label, of_billing.actor_id, of_billing.ip) == ("", "", None)
    assert of_billing.object_id == str(acme.pk)
    assert of_security.object_id == ""
    whys = SecurityEvent.objects.filter(action="log.erased").values_list("data", flat=True)
    assert [(data["why"], data["count"]) for data in whys] == [("request of a person", 1)] * 2


def test_who_asked_and_why_is_in_the_log_and_the_person_s_name_is_not(ada, former, acme):
    acted(former.user, acme)

    ada.post(page("user", former.user_id), {"reason": "Request 7"})

    entry = SecurityEvent.objects.get(action="log_erasing.asked")
    assert (entry.actor_label, entry.reason, entry.data) == ("Ada", "Request 7", {"person": str(former.user_id)})
    assert "Gus" not in str(entry)


def test_what_entries_say_about_a_contact_is_erased(ada, contact):
    was_changed(contact)

    assert "What 2 entries say is erased" in text(ada.get(page("contact", contact.pk)))
    ada.post(page("contact", contact.pk), {"reason": "Request 8"})
    work()

    of_billing, of_security = erased()
    assert [(one.actor_id in ("", "tests"), one.object_label) for one in of_billing] == [(True, "")] * 2
    assert {one.object_id for one in of_billing} == {"", str(contact.customer_id)}
    assert of_security == []


def test_what_somebody_of_the_team_did_to_a_person_stays(ada, former, acme, company):
    [administrator] = company.memberships.exclude(user=former.user_id)
    by = Actor(type="member", id=str(administrator.user_id), label="Ada")
    with transaction.atomic():
        log.record(account_events.USER_SIGNED_OUT, target=former.user, by=by, at=LONG_AGO, company_id=company.pk)
    sealing.turn(AT)

    assert "1 entry of over twelve months says what somebody of the team did, and keeps saying so." in text(
        ada.get(page("user", former.user_id))
    )
    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    assert not SecurityEvent.objects.filter(action="log_erasing.asked").exists()

    acted(former.user, acme)
    shown = text(ada.get(page("user", former.user_id)))
    assert "What 2 entries say is erased" in shown
    assert "1 entry in which somebody of the team acted keeps what it says: nobody erases what they did" in shown
    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    work()

    assert [len(found) for found in erased()] == [1, 1]
    assert SecurityEvent.objects.get(at=LONG_AGO, actor_label="Ada").erased_at is None


def test_entries_about_somebody_else_stay(ada, former, acme):
    other = make.user("hal@example.com", name="Hal")
    acted(former.user, acme)
    acted(other, acme)

    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    work()

    assert BillingEvent.objects.filter(actor_label="Hal", erased_at=None).count() == 1


def test_younger_entries_stay_and_the_page_says_until_when(ada, former, acme):
    acted(former.user, acme)
    acted(former.user, acme, at=LATELY)

    shown = text(ada.get(page("user", former.user_id)))
    assert "2 entries are younger than twelve months and stay." in shown
    assert "Come back on 3 Sep 2026" in shown

    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    work()
    assert [len(found) for found in erased()] == [1, 1]


def test_nothing_old_enough_is_said_so_and_refused(ada, former, acme):
    acted(former.user, acme, at=LATELY)

    shown = text(ada.get(page("user", former.user_id)))
    assert "No entry of over twelve months says anything about Gus Former" in shown
    assert "2 entries are younger and stay until then. Come back on 3 Sep 2026" in shown

    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    assert not SecurityEvent.objects.filter(action="log_erasing.asked").exists()


def test_a_member_of_the_team_is_never_erased(ada, company, acme):
    live = make.member(user=make.user("ida@example.com", name="Ida"), company=company)
    acted(live.user, acme)

    assert "Ida is a member of the team" in text(ada.get(page("user", live.user_id)))
    ada.post(page("user", live.user_id), {"reason": "Request 7"})

    assert not SecurityEvent.objects.filter(action="log_erasing.asked").exists()


def test_a_reason_is_needed(ada, former, acme):
    acted(former.user, acme)

    assert "Write why" in text(ada.post(page("user", former.user_id), {"reason": " "}))
    assert not SecurityEvent.objects.filter(action="log_erasing.asked").exists()


@pytest.mark.parametrize("kind", ["user", "contact", "customer"])
def test_who_is_not_of_this_company_is_not_there(ada, kind):
    assert ada.get(page(kind, uuid7())).status_code == 404
    assert ada.get(page(kind, make.member().user_id)).status_code == 404


def test_another_company_s_entries_about_the_same_person_stay(ada, former, acme):
    elsewhere = make.company("Quay Works")
    acted(former.user, acme)
    by = Actor(type="member", id=str(former.user_id), label="Gus Former")
    with transaction.atomic():
        log.record(account_events.POLICY_CHANGED, target=elsewhere, by=by, at=LONG_AGO)
    sealing.turn(AT)

    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    work()

    assert SecurityEvent._base_manager.get(company_id=elsewhere.pk).is_erased is False


def test_who_may_not_change_security_is_refused(company, former):
    bo = visitors.browser(make.member("employee", company=company))

    assert bo.get(PEOPLE).status_code == 403
    assert bo.get(page("user", former.user_id)).status_code == 403


def test_who_sees_only_some_customers_is_shown_nobody(company, former, acme):
    acted(former.user, acme)
    role = make.role(company, Permission.SECURITY_EDIT)
    eli = visitors.browser(make.member(role, company=company, restriction="customers"))

    for shown in (eli.get(PEOPLE, {"q": "gus"}), eli.post(page("user", former.user_id), {"reason": "Request 7"})):
        assert "You see only some of the customers" in text(shown)
        assert "Gus" not in text(shown)
    assert not SecurityEvent.objects.filter(action="log_erasing.asked").exists()


def test_a_long_history_is_erased_in_several_turns(ada, former, acme, monkeypatch):
    monkeypatch.setattr(log_erasing.erasing, "BATCH", 1)
    monkeypatch.setattr(log_erasing.erasing, "AT_A_STRETCH", 2)
    for _ in range(3):
        acted(former.user, acme)

    ada.post(page("user", former.user_id), {"reason": "Request 7"})
    work()

    assert [len(found) for found in erased()] == [3, 3]


def test_nothing_is_queued_without_its_entry(company, former, acme, monkeypatch):
    acted(former.user, acme)
    monkeypatch.setattr(log, "record", None)
    ada = make.member(company=company)

    person = Person("user", former.user_id, "Gus Former")

    with pytest.raises(TypeError):
        log_erasing.ask(membership=ada, person=person, reason="Request 7", by=make.BY, at=AT)
    assert work() == 0
