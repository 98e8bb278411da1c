import csv
import io
import json
import tracemalloc
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from accounts.scoping import in_company
from audit import exports, log, queries
from audit.actions import exports as export_actions
from audit.actors import Actor
from audit.models import BillingEvent, Checkpoint, Cosignature, Export, Leaf, SecurityEvent
from audit.queries import Filters
from audit.registry import declare, find
from security.ids import uuid7
from tests import make as project
from tests import visitors
from tests.audit import make

pytestmark = pytest.mark.django_db
NOTE = "testserver/log\n1\n+Yd1Zw==\n\n— testserver/log AbC+/=\n"


@pytest.fixture
def company():
    return visitors.company("Acme", time_zone="Europe/Berlin")


@pytest.fixture
def ada(company):
    return visitors.browser(visitors.member(company))


@pytest.fixture(params=["billing", "security"])
def event_type(request):
    return declare("shelf.filled", "filled shelf {target}", log=request.param, changes=True)


def taken(browser, log, query="", format="jsonl"):
    """The text of an export."""
    answer = browser.post(f"{reverse(f'audit:{log}_export')}?{query}", {"format": format})
    assert answer.status_code == 200, answer.get("Location")
    return b"".join(answer.streaming_content).decode()


def records(text):
    """The entries of a JSON Lines file, and its last line."""
    *lines, last = [json.loads(line) for line in text.splitlines()]
    return lines, last


def table(text):
    """The entries of a CSV file, by column, and its last row."""
    head, *rows, last = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    return [dict(zip(head, row, strict=True)) for row in rows], last


def on_screen(browser, log, query=""):
    """The ids on all pages of the screen."""
    address, ids = f"{reverse(f'audit:{log}_log')}?{query}", []
    while address:
        page = browser.get(address)
        ids += [str(entry.pk) for entry in page.context["page"].entries]
        address = page.context["older"]
    return ids


@pytest.mark.parametrize(
    "query",
    ["", "text=P-1", "action=shelf", "who=Bo&outcome=failure", "since=2026-03-13", "ip=192.0.2.0/24", "named=P-3"],
)
def test_the_file_holds_what_the_screen_shows_in_its_order(company, ada, event_type, query):
    bo = Actor(type="contact", id="bo", label="Bo", ip="2001:db8::1")
    for number in range(130):
        make.recorded(
            event_type,
            make.Parcel(company.pk, label=f"P-{number}"),
            by=bo if number % 3 else make.ADA,
            at=make.NOON + timedelta(days=number // 40),
            outcome="failure" if number % 2 else "success",
        )
    make.recorded(event_type, make.Parcel(visitors.company("Borealis").pk))

    shown = on_screen(ada, event_type.log, query)
    lines, _ = records(taken(ada, event_type.log, query))
    rows, _ = table(taken(ada, event_type.log, query, "csv"))

    def without_own_traces(entries, key):
        return [entry[key] for entry in entries if "log.exported" not in entry.values()]

    assert shown
    assert without_own_traces(lines, "id") == without_own_traces(rows, "Entry") == shown


def test_a_search_is_exported_beyond_what_a_page_looks_through(company, ada, event_type, monkeypatch):
    monkeypatch.setattr("audit.paging.LOOKED_THROUGH", 5)
    monkeypatch.setattr("audit.paging.FURTHER_ON", 7)
    for number in range(60):
        make.recorded(event_type, make.Parcel(company.pk, label="needle" if number in (0, 1, 30, 59) else "hay"))

    lines, _ = records(taken(ada, event_type.log, "text=needle&action=shelf"))

    assert [line["object"]["label"] for line in lines] == ["needle"] * 4
    assert [line["id"] for line in lines] == on_screen(ada, event_type.log, "text=needle&action=shelf")


def test_entries_at_one_instant_are_each_there_once(company, ada, event_type, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 7)
    for number in range(50):
        make.recorded(event_type, make.Parcel(company.pk, label=f"P-{number}"))

    lines, _ = records(taken(ada, event_type.log, "action=shelf"))

    assert sorted(line["object"]["label"] for line in lines) == sorted(f"P-{number}" for number in range(50))


def test_what_is_written_meanwhile_moves_nothing(company, ada, event_type, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 10)
    for number in range(40):
        make.recorded(
            event_type, make.Parcel(company.pk, label=f"P-{number}"), at=make.NOON + timedelta(minutes=number)
        )
    shown = on_screen(ada, event_type.log, "action=shelf")

    answer = ada.post(f"{reverse(f'audit:{event_type.log}_export')}?action=shelf", {"format": "jsonl"})
    seen = []
    for line in answer.streaming_content:
        seen.append(json.loads(line).get("id"))
        make.recorded(event_type, make.Parcel(company.pk, label="Meanwhile"), at=make.NOON + timedelta(days=1))

    assert seen == [*shown, None]


def test_a_line_has_the_fields_of_an_entry_its_place_and_its_sentence(company, ada, event_type):
    customer = uuid7()
    by = Actor(
        type="member",
        id="ada",
        label="Ada",
        session="s",
        ip="192.0.2.7",
        user_agent="B",
        request_id="r",
        on_behalf_of="C",
    )
    parcel = make.Parcel(company.pk, customer, "Tall\u2028")
    entry = make.recorded(event_type, parcel, by=by, changes={"a": [1, "b"]}, reason="Why", outcome="failure")
    Leaf.objects.create(
        index=0,
        log=event_type.log,
        entry_id=entry.pk,
        company_id=company.pk,
        number=3,
        hash=bytes(32),
        sealed_at=entry.at,
    )

    text = taken(ada, event_type.log, "action=shelf")
    [line], _ = records(text)

    assert text.isascii()
    assert line == {
        "format": "invoiced-log-line/1",
        "log": event_type.log,
        "number": 3,
        "index": 0,
        "leaf_hash": "00" * 32,
        "id": str(entry.pk),
        "at": "2026-03-12T12:00:00.000000Z",
        "company": str(company.pk),
        "customer": str(customer),
        "actor": {"type": "member", "id": "ada", "label": "Ada"},
        "on_behalf_of": "C",
        "action": "shelf.filled",
        "sentence": "Ada filled shelf Tall\\u2028",
        "object": {"type": "parcel", "id": str(parcel.pk), "label": "Tall\u2028"},
        "changes": {"a": [1, "b"]},
        "data": {},
        "outcome": "failure",
        "reason": "Why",
        "ip": "192.0.2.7",
        "user_agent": "B",
        "session": "s",
        "request_id": "r",
        "erased_at": None,
    }


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "x;=1",
    "x\n=1",
    "＝1",
    '"=1',
    "'=1",
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("words", FORMULAS, ids=range(len(FORMULAS)))
def test_no_cell_is_a_formula(company, ada, event_type, words):
    by = Actor(type="member", id=words, label=words, user_agent=words, session=words, on_behalf_of=words)
    make.recorded(
        event_type, make.Parcel(company.pk, label=words), by=by, reason=words, changes={words: [words, words]}
    )

    [row], _ = table(taken(ada, event_type.log, "action=shelf", "csv"))

    for cell in row.values():
        for part in cell.replace("\t", ";").replace("\n", ";").replace("|", ";").split(";"):
            assert not part.lstrip(" \u00a0\"'").startswith(("=", "+", "-", "@", "＝")) or part.lstrip().startswith("'")


def test_control_characters_are_spelled_out(company, ada, event_type):
    make.recorded(event_type, make.Parcel(company.pk, label="a\x1b[31m\u202eb"), reason="c\x07d")

    text = taken(ada, event_type.log, "action=shelf", "csv")
    [row], _ = table(text)

    assert (row["Object"], row["Reason"]) == ("a\\x1b[31m\\u202eb", "c\\x07d")
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    assert "\x1b" not in taken(ada, event_type.log, "action=shelf")


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "none yet"])
def test_the_last_line_is_the_latest_checkpoint_with_every_signature(company, ada, event_type, is_signed):
    if is_signed:
        Checkpoint.objects.create(size=0, root=bytes(32), note="older", signed_at=make.NOON)
        latest = Checkpoint.objects.create(size=1, root=bytes(32), note=NOTE, signed_at=make.NOON)
        Cosignature.objects.create(checkpoint=latest, witness="w", line="— w AQIDBAUG\n", at=make.NOON)
    expected = {"checkpoint": NOTE + "— w AQIDBAUG\n" if is_signed else None}

    _, line = records(taken(ada, event_type.log))
    _, row = table(taken(ada, event_type.log, format="csv"))

    assert line == expected
    assert [json.loads(cell) for cell in row] == [expected]


def test_an_unknown_format_is_called_that(ada, event_type):
    address = f"{reverse(f'audit:{event_type.log}_export')}?action=shelf"

    for sent in ({"format": "xml"}, {}):
        page = ada.post(address, sent, follow=True)
        assert "a log is exported as CSV or as JSON Lines. Choose one of them under Export." in page.content.decode()
        assert "the filters hold a mistake" not in page.content.decode()
    assert not Export._base_manager.exists()


def test_an_export_is_an_entry_before_its_first_byte(company, ada, event_type):
    answer = ada.post(
        f"{reverse(f'audit:{event_type.log}_export')}?action=shelf&who=Ada&older_than=1.0", {"format": "csv"}
    )

    entry = SecurityEvent.objects.get(action="log.exported")
    assert str(entry) == f"Ada exported the {event_type.log} log of Acme as CSV"
    filters = {"action": "shelf", "who": "Ada"}
    assert entry.data == {"log": event_type.log, "format": "CSV", "filters": filters, "at_least": 0}
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{event_type.log}-log-')


def test_without_its_entry_nothing_leaves(company, ada, event_type, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError

    monkeypatch.setattr("audit.actions.exports.log.record", fails)
    with pytest.raises(RuntimeError):
        taken(ada, event_type.log)

    assert not Export._base_manager.exists()


@pytest.mark.parametrize(
    ("query", "format"), [("since=tomorrow", "csv"), ("", "exe"), ("", ""), ("ip=1.2.3", "jsonl")], ids=range(4)
)
def test_bad_input_exports_nothing_and_says_so(company, ada, event_type, query, format):
    page = ada.post(f"{reverse(f'audit:{event_type.log}_export')}?{query}", {"format": format}, follow=True)

    assert "Nothing was exported" in page.content.decode()
    assert not Export._base_manager.exists()
    assert not SecurityEvent.objects.filter(action="log.exported").exists()


@pytest.mark.parametrize(
    ("permissions", "billing", "security"),
    [
        (["audit.view", "export.run", "invoice.view", "customer.view"], 200, 403),
        (["security_log.view", "export.run", "invoice.view", "customer.view"], 403, 200),
        (["audit.view", "security_log.view"], 403, 403),
    ],
    ids=["billing", "security", "no export"],
)
def test_an_export_takes_the_right_to_read_and_the_right_to_take_along(company, permissions, billing, security):
    browser = visitors.browser(visitors.member(company, project.role(company, *permissions), "Rea"))
    addresses = [reverse("audit:billing_export"), reverse("audit:security_export")]

    assert [browser.post(one, {"format": "csv"}).status_code for one in addresses] == [billing, security]
    page = browser.get(reverse("audit:billing_log" if "audit.view" in permissions else "audit:security_log"))
    assert ("Your exports" in page.content.decode()) == ("export.run" in permissions)


def test_get_exports_nothing(ada, event_type):
    assert ada.get(reverse(f"audit:{event_type.log}_export")).status_code == 405


def test_a_restricted_member_takes_only_their_customers_entries(company):
    filled = declare("shelf.filled", "filled shelf {target}")
    for customer in (uuid7(), None):
        make.recorded(filled, make.Parcel(company.pk, customer))
    role = project.role(company, "audit.view", "export.run", "customer.view", "invoice.view")
    browser = visitors.browser(visitors.member(company, role, "Rea", restriction="owner"))

    assert records(taken(browser, "billing")) == ([], {"checkpoint": None})
    assert Export._base_manager.get().rows == 0


def test_progress_is_written_down_and_shown(company, ada, event_type, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(exports, "ROWS_BETWEEN_NOTES", 20)
    for _ in range(45):
        make.recorded(event_type, make.Parcel(company.pk))
    address = f"{reverse(f'audit:{event_type.log}_export')}?action=shelf.filled"

    def told():
        return ada.get(reverse("audit:export_list")).content.decode()

    answer = ada.post(address, {"format": "jsonl"})
    stream = iter(answer.streaming_content)
    for _ in range(31):
        next(stream)
    assert ("20 of 45" in told(), "Under way" in told(), "data-refresh" in told()) == (True, True, True)
    list(stream)
    assert ("Complete" in told(), "data-refresh" in told()) == (True, False)
    export = Export._base_manager.get()
    assert (export.rows, export.rows_done, export.broken_off_at) == (45, 45, None)


@pytest.mark.parametrize(("most", "rows"), [(2, 3), (1, None)], ids=["counted", "too many kinds"])
def test_how_many_entries_leave_is_said_only_where_all_kinds_are_counted(company, ada, monkeypatch, most, rows):
    monkeypatch.setattr("audit.queries.exports.COUNTED_LANES", most)
    for code in ("shelf.filled", "shelf.filled", "shelf.emptied"):
        make.recorded(find(code) or declare(code, "did {target}"), make.Parcel(company.pk))

    taken(ada, "billing", "action=shelf")

    assert Export._base_manager.get().rows == rows


def test_an_export_whose_reader_goes_away_is_broken_off(company, ada, event_type):
    make.recorded(event_type, make.Parcel(company.pk))
    ada.post(reverse(f"audit:{event_type.log}_export"), {"format": "csv"})
    export = Export._base_manager.get()
    with in_company(company):
        search = queries.in_log(event_type.log, company.pk, Filters())
    lines = exports.stream(export, search, timezone.now)
    next(lines)

    lines.close()

    export.refresh_from_db()
    assert (export.finished_at, export.broken_off_at is None) == (None, False)
    page = ada.get(reverse("audit:export_list")).content.decode()
    assert "Broken off" in page
    assert "lacks the checkpoint at its end" in page


def test_a_busy_database_keeps_nobody_from_the_rest_of_the_file(company, ada, monkeypatch, caplog):
    monkeypatch.setattr(exports, "ROWS_BETWEEN_NOTES", 1)
    filled = declare("shelf.filled", "filled shelf {target}")
    for _ in range(3):
        make.recorded(filled, make.Parcel(company.pk))
    with in_company(company):
        search = queries.in_log("billing", company.pk, Filters(actions=["shelf.filled"]))
    export = begun(visitors.member(company, name="Bo"))
    monkeypatch.setattr(export_actions.Export._base_manager, "filter", locked)

    lines, last = records("".join(exports.stream(export, search, timezone.now)))
    broken_off = exports.stream(export, search, timezone.now)
    next(broken_off)
    broken_off.close()

    assert (len(lines), last) == (3, {"checkpoint": None})
    notes = [message for message in caplog.messages if "was not noted: database is locked" in message]
    assert len(notes) == 3


def begun(member):
    asked = {"of": "billing", "format": "jsonl", "query": "", "filters": {}, "rows": None, "at_least": 0}
    return export_actions.begin(company=member.company, user=member.user, by=make.ADA, at=timezone.now(), **asked)


def locked(**_):
    raise OperationalError("database is locked")


def test_an_export_that_stands_still_counts_as_broken_off(company, ada, time_machine):
    time_machine.move_to(make.NOON, tick=False)
    browser = visitors.browser(visitors.member(company, name="Bo"))
    browser.post(reverse("audit:billing_export"), {"format": "csv"})

    assert "Under way" in browser.get(reverse("audit:export_list")).content.decode()
    time_machine.move_to(make.NOON + timedelta(minutes=6), tick=False)
    assert "Broken off" in browser.get(reverse("audit:export_list")).content.decode()


def test_everybody_sees_their_own_exports_only(company, ada):
    taken(ada, "billing", "who=Ada")
    colleague = visitors.browser(visitors.member(company, name="Bo"))

    assert "who=Ada" in ada.get(reverse("audit:export_list")).content.decode()
    assert "No exports yet" in colleague.get(reverse("audit:export_list")).content.decode()


def test_a_large_export_needs_little_memory(company):
    member = visitors.member(company)
    filled = declare("shelf.filled", "filled shelf {target}")
    parcel = make.Parcel(company.pk)
    make.recorded(filled, parcel)
    rows = [
        log.entry(filled, target=parcel, by=make.ADA, at=make.NOON + timedelta(seconds=number))
        for number in range(2_000)
    ]
    for _ in range(10):
        for row in rows:
            row.pk = uuid7()
        BillingEvent._base_manager.bulk_create(rows, batch_size=500)
    del rows
    with in_company(company):
        search = queries.in_log("billing", company.pk, Filters())
    export = export_actions.begin(
        company=company,
        user=member.user,
        of="billing",
        format="csv",
        query="",
        filters={},
        rows=None,
        at_least=1_001,
        by=make.ADA,
        at=timezone.now(),
    )
    tracemalloc.start()
    count, most = 0, 0
    for _ in exports.stream(export, search, timezone.now):
        count += 1
        if count == 3_000:
            tracemalloc.reset_peak()
            most = tracemalloc.get_traced_memory()[0]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000 + 1 + 2
    assert peak < most + 10_000_000


@pytest.mark.parametrize(("most", "rows"), [(2, 2), (1, None)], ids=["counted", "too many"])
def test_how_many_entries_leave_is_not_said_of_more_than_are_counted(company, ada, monkeypatch, event_type, most, rows):
    monkeypatch.setattr("audit.queries.exports.COUNTED", most)
    for _ in range(2):
        make.recorded(event_type, make.Parcel(company.pk))
    address = f"{reverse(f'audit:{event_type.log}_export')}?action={event_type.code}"

    list(ada.post(address, {"format": "jsonl"}).streaming_content)

    assert Export._base_manager.get().rows == rows
