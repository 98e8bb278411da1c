from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.scoping import in_company
from audit.actors import Actor
from audit.records import declare_parts
from audit.registry import declare
from billing.models import Customer
from security.ids import uuid7
from tests import make as project
from tests import visitors
from tests.audit import make

pytestmark = pytest.mark.django_db
BO = Actor(type="contact", id=str(uuid7()), label="Bo <b>", ip="2001:db8::7")
NIGHTLY = Actor.automation("send_payment_reminders", "Automatic reminders")


@pytest.fixture
def company():
    return visitors.company("Acme", time_zone="Europe/Berlin")


@pytest.fixture
def ada(company):
    return visitors.browser(visitors.member(company))


@pytest.fixture
def filled():
    return declare("shelf.filled", "filled shelf {target}")


@pytest.fixture
def opened():
    return declare("door.opened", "opened the door of {target}", log="security")


def shown(response):
    return [entry.object_label for entry in response.context["page"].entries]


def did(actor, log="billing"):
    return reverse(f"audit:{log}_person", args=[actor.type, actor.id])


def test_history_tells_one_objects_story(company, ada):
    filled = declare("shelf.filled", "filled shelf {target}")
    shelf = make.Parcel(company.pk, label="Tall")
    make.recorded(filled, shelf)
    make.recorded(filled, shelf, at=make.NOON + timedelta(days=1))
    make.recorded(filled, make.Parcel(company.pk, label="Other"))

    page = ada.get(reverse("audit:history", args=["parcel", shelf.pk]))

    assert shown(page) == ["Tall", "Tall"]
    assert "History of <bdi>Tall</bdi>" in page.content.decode()


def test_the_history_of_nothing_and_of_another_companys_object_is_not_there(company, ada):
    filled = declare("shelf.filled", "filled shelf {target}")
    foreign = make.Parcel(visitors.company("Borealis").pk)
    make.recorded(filled, foreign)

    for object_type, object_id in (("parcel", foreign.pk), ("parcel", uuid7()), ("invoice", uuid7())):
        assert ada.get(reverse("audit:history", args=[object_type, object_id])).status_code == 404


def test_the_history_tells_of_what_hangs_on_the_object(company, ada, filled, monkeypatch):
    monkeypatch.setattr("audit.records._parts", {})
    declare_parts("parcel", (Customer, "company"))
    parcel, part = make.Parcel(company.pk, label="Tall"), make.Parcel(company.pk, label="Part")
    parcel.pk, part._meta = company.pk, Customer._meta
    make.recorded(filled, parcel)
    make.recorded(filled, part, at=make.NOON + timedelta(hours=1))
    address = reverse("audit:history", args=["parcel", parcel.pk])
    assert shown(ada.get(address)) == ["Tall"]

    with in_company(company):
        Customer.objects.create(
            pk=part.pk,
            company=company,
            number="C-1",
            name="Part",
            currency="EUR",
            payment_terms="NET 30",
            created_at=make.NOON,
        )

    assert shown(ada.get(address)) == ["Part", "Tall"]


def test_a_customers_history_is_that_of_everything_theirs(company, ada, filled):
    customer = uuid7()
    make.recorded(filled, make.Parcel(company.pk, customer, "Theirs"))
    theirs = make.Parcel(company.pk, customer, "Acme")
    theirs._meta, theirs.pk = Customer._meta, customer
    make.recorded(filled, theirs)

    assert shown(ada.get(reverse("audit:history", args=["customer", customer]))) == ["Acme", "Theirs"]


def test_what_somebody_did_stands_together_in_each_log(company, ada, filled, opened):
    make.recorded(filled, make.Parcel(company.pk, label="Shelf"), by=BO)
    make.recorded(opened, make.Parcel(company.pk, label="Door"), by=BO)
    make.recorded(filled, make.Parcel(company.pk, label="Another"))

    billing, security = ada.get(did(BO)), ada.get(did(BO, "security"))

    assert (shown(billing), shown(security)) == (["Shelf"], ["Door"])
    assert "What <bdi>Bo &lt;b&gt;</bdi> did" in billing.content.decode()
    assert did(BO, "security") in billing.content.decode()


def test_the_log_leads_to_what_somebody_did(company, ada, filled):
    make.recorded(filled, make.Parcel(company.pk), by=NIGHTLY)

    assert did(NIGHTLY) in ada.get(reverse("audit:billing_log")).content.decode()
    assert shown(ada.get(did(NIGHTLY))) == ["P-1"]


def test_who_has_no_entry_the_reader_may_see_is_not_there(company, filled, opened):
    make.recorded(filled, make.Parcel(visitors.company("Borealis").pk), by=BO)
    make.recorded(opened, make.Parcel(company.pk), by=NIGHTLY)
    make.recorded(filled, make.Parcel(company.pk, uuid7()), by=make.ADA)
    role = project.role(company, "audit.view", "security_log.view")
    owner = visitors.browser(visitors.member(company, role, "Cy", restriction="owner"))
    reader = visitors.browser(visitors.member(company, "read_only", "Dee"))
    administrator = visitors.browser(visitors.member(company, "administrator", "Eve"))

    assert [one.get(did(BO)).status_code for one in (owner, reader, administrator)] == [404, 404, 404]
    assert [one.get(did(NIGHTLY)).status_code for one in (owner, reader, administrator)] == [404, 404, 200]
    assert [one.get(did(make.ADA)).status_code for one in (owner, reader, administrator)] == [404, 200, 200]
    assert reader.get(did(make.ADA, "security")).status_code == 403
    assert "Security log" not in reader.get(did(make.ADA)).content.decode().partition("<main")[2]


@pytest.mark.parametrize("id", ["%00", "a%00b", "%0A", "a%7Fb", "%FF", "a" * 101, "%ED%A0%80"])
@pytest.mark.parametrize("address", ["/audit/people/member/{}/", "/audit/people/member/{}/security/"])
def test_an_id_that_nobody_can_have_is_not_there(ada, address, id):
    assert ada.get(address.format(id)).status_code == 404


@pytest.mark.parametrize("kind", ["member", "nonsense", "contact"])
def test_an_id_counts_only_with_its_kind(company, ada, filled, kind):
    make.recorded(filled, make.Parcel(company.pk), by=BO)

    assert ada.get(did(Actor(type=kind, id=BO.id, label=""))).status_code == (200 if kind == "contact" else 404)


def test_a_timeline_costs_the_same_queries_for_one_entry_and_for_fifty(company, ada, filled):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(did(BO)).status_code == 200
        return len(queries)

    make.recorded(filled, make.Parcel(company.pk), by=BO)
    ada.get(did(BO))
    for_one = cost()
    for _ in range(50):
        make.recorded(filled, make.Parcel(company.pk), by=BO)

    assert cost() == for_one == 10


def test_a_person_reads_what_happened_to_their_account_in_the_days_they_ask_for(company, opened):
    member = visitors.member(company, name="Ana")
    browser, by = visitors.browser(member), Actor.member(member.user)
    for number in range(60):
        at = make.NOON + timedelta(days=number % 3)
        make.recorded(opened, make.Parcel(company.pk, label=f"D-{number}"), by=by, at=at)
    address = reverse("accounts:security_events")

    def told(query):
        page = browser.get(address + query)
        return [entry.object_label for entry in page.context["events"]], page

    newest, page = told("?since=2026-03-12&until=2026-03-14")
    older, last = told(page.context["older"])
    assert (len(newest), len({*newest, *older}), last.context["older"]) == (50, 60, None)
    assert {label for label, _ in [told("?since=2026-03-13&until=2026-03-13")] for label in label} == {
        f"D-{number}" for number in range(1, 60, 3)
    }
    assert "Write a day between 2000 and 2199" in told("?since=tomorrow")[1].content.decode()
    assert "Nothing in these days" in told("?since=2000-01-01&until=2000-01-01")[1].content.decode()
