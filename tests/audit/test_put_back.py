"""What somebody at the database puts back into an erased entry is shown nowhere, and found by nothing."""

import subprocess
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.urls import reverse

from accounts.scoping import in_company
from audit import lines, triggers
from audit.actors import Actor
from audit.models import BillingEvent, SecurityEvent
from audit.models.entry import PEOPLE
from audit.queries import entries_of, histories, leaves_from
from audit.registry import declare
from tests import books, programs, visitors
from tests.audit import make, sealed

pytestmark = pytest.mark.django_db
MAL = Actor(
    type="member",
    id="0195a001-0000-7000-8000-00000000006d",
    label="Mallory",
    session="Mallorys-session",
    ip="203.0.113.66",
    user_agent="Mallorys browser",
    request_id="Mallorys-request",
    on_behalf_of="Mallorys friend",
)
WORDS = ("Mallory", "203.0.113.66", MAL.id, "Trent")
EARLIER = make.NOON - timedelta(days=1)
"""Before the entries of what the tests themselves read and export."""


@pytest.fixture(params=["billing", "security"])
def log(request):
    return request.param


@pytest.fixture
def entry(company, log):
    """A sealed entry that is erased, and says again what it said."""
    kind = declare("shelf.filled", "filled {target} with {what}", log=log, changes=True)
    shelf = make.Parcel(company.pk, label="Shelf of Trent")
    made = make.recorded(
        kind, shelf, by=MAL, at=EARLIER, what="Trent", reason="Trent asked", changes={"name": ["Trent", "Mallory"]}
    )
    sealed.seal()
    put_back(made)
    return made


def put_back(entry):
    triggers.release(connection, entry._meta.db_table)
    type(entry)._base_manager.filter(pk=entry.pk).update(erased_at=make.NOON)


def silent(text):
    return [words for words in WORDS if words in text] == []


def listed(ada, log, query):
    page = ada.get(f"{reverse(f'audit:{log}_log')}?{query}")
    assert page.status_code == 200
    return [entry.pk for entry in page.context["page"].entries]


def exported(ada, log, format):
    answer = ada.post(f"{reverse(f'audit:{log}_export')}?action=shelf", {"format": format})
    return b"".join(answer.streaming_content).decode()


def test_the_list_and_its_page_say_that_it_was_erased(ada, log, entry):
    page = reverse(f"audit:{log}_log")

    for address in (f"{page}?action=shelf", f"{page}{entry.pk}/"):
        text = ada.get(address).content.decode()
        assert "what this entry said was erased on" in text
        assert silent(text.replace('value="', "")), address


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_exports_say_that_it_was_erased(ada, log, entry, format):
    text = exported(ada, log, format)

    assert str(entry.pk) in text
    assert "2026-03-12T12:00:00.000000Z" in text
    assert silent(text)


def test_a_report_says_that_it_was_erased(company, ada, log, entry):
    with in_company(company):
        books.seller(company)
    answer = ada.post(f"{reverse(f'billing:{log}_log_report')}?action=shelf")
    command = [programs.needed("pdftotext"), "-layout", "-", "-"]
    text = subprocess.run(command, input=answer.content, capture_output=True, check=True).stdout.decode()

    assert "what this entry said was erased" in " ".join(text.split())
    assert silent(text)


def test_a_stream_says_that_it_was_erased(company, entry):
    [sent] = [one for one in entries_of(leaves_from(company.pk, 1, 99)) if one.pk == entry.pk]

    assert lines.said(sent)["erased_at"] == "2026-03-12T12:00:00.000000Z"
    assert silent(lines.line(lines.said(sent)))


def test_a_proof_holds_its_hash_alone(ada, log, entry):
    answer = ada.get(reverse(f"audit:{log}_proof", args=[entry.pk]))

    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        assert "entry.leaf-hash" in archive.namelist()
        assert "entry.json" not in archive.namelist()


@pytest.mark.parametrize(
    "query",
    [
        f"who={MAL.id}",
        "who=Mallory",
        "ip=203.0.113.66",
        "ip=203.0.113.0/24",
        "text=Trent",
        "named=Shelf+of+Trent",
        "named=of+Trent",
        "text=Trent&action=shelf",
    ],
)
def test_no_search_finds_it_by_what_it_said(ada, log, entry, query):
    assert listed(ada, log, query) == []
    assert entry.pk in listed(ada, log, "action=shelf")


def test_what_erasing_leaves_of_its_object_still_finds_it(ada, log, entry):
    """The id of a document stays in the billing log; in the security log none does."""
    found = [entry.pk] if log == "billing" else []

    assert listed(ada, log, f"object={entry.object_id}") == found


def test_nobody_has_a_page_by_it(ada, log, entry):
    assert ada.get(reverse(f"audit:{log}_person", args=[MAL.type, MAL.id])).status_code == 404


def test_the_history_of_its_object_says_that_it_was_erased(company, ada):
    kind = declare("shelf.filled", "filled {target}")
    shelf = make.Parcel(company.pk, label="Shelf of Trent")
    put_back(make.recorded(kind, shelf, by=MAL, at=EARLIER))

    with in_company(company):
        [told] = histories({"parcel": [shelf.pk]})
    assert silent(str(told))
    assert silent(ada.get(reverse("audit:history", args=["parcel", shelf.pk])).content.decode())


def test_a_person_whose_id_was_erased_has_no_history(company, ada):
    with in_company(company):
        contact = books.contact(books.customer(company))
    entries = list(BillingEvent._base_manager.filter(object_type__in=PEOPLE, object_id=str(contact.pk)))
    kind = declare("contact.greeted", "greeted {target}")
    entries.append(make.recorded(kind, contact, by=MAL, at=EARLIER))
    for one in entries:
        put_back(one)

    assert ada.get(reverse("audit:history", args=["contact", contact.pk])).status_code == 404
    assert BillingEvent._base_manager.get(pk=entries[-1].pk).object_id == ""


def test_accounts_and_members_are_not_told_of_it(company, ada):
    bo = visitors.member(company, "employee", "Bo")
    kind = declare("door.opened", "opened the door of {target}", log="security")
    put_back(make.recorded(kind, bo.user, by=MAL, at=EARLIER, company_id=company.pk))

    told = [
        visitors.browser(bo).get(reverse("accounts:security_events")),
        ada.get(reverse("accounts:member_detail", args=[bo.pk])),
    ]
    assert [(page.status_code, silent(page.content.decode())) for page in told] == [(200, True)] * 2
    assert SecurityEvent._base_manager.get(action="door.opened").object_id == ""
