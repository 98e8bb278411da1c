"""Streams: what arrives at the endpoint, in which order, how often, and what happens when it does not."""

import hashlib
import hmac
import json
import re
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django_scopes import scope

from audit import lines, sender, streaming, triggers
from audit.actions import streams
from audit.errors import StreamRefused
from audit.leaves import entry_bytes, rows_of
from audit.merkle import leaf_hash
from audit.models import LOGS, BillingEvent, Leaf, SecurityEvent, Stream
from audit.queries import entries_of, leaves_from
from security.destinations import parse_allowed
from security.ids import uuid7
from tests.audit import make
from tests.endpoints import endpoint

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DOCUMENT = Path(__file__).parents[2] / "docs" / "log-stream.md"
LATER = make.NOON + MINUTE


@pytest.fixture
def siem(settings):
    with endpoint() as server:
        settings.OUTBOUND_ALLOWED = [*settings.OUTBOUND_ALLOWED, *parse_allowed([f"127.0.0.1:{server.port}"])]
        yield server


@pytest.fixture
def write(db, company_id, parcel_sent, door_opened, sealed_log):
    """Seal so many entries, of both logs in turn."""

    def write(count, company_id=company_id, label="P-1"):
        kinds = [(parcel_sent, {"place": "Ulm"}), (door_opened, {})]
        with transaction.atomic():
            for position in range(count):
                kind, data = kinds[position % 2]
                make.recorded(kind, make.Parcel(company_id, label=label), **data)
        sealed_log()

    return write


@pytest.fixture
def stream(db, company_id, siem):
    """A stream from the company's first entry on, set up at noon."""
    return set_up(company_id, siem.url)


def set_up(company_id, url, is_from_now=False):
    made, _ = streams.set_up(company=of(company_id), url=url, is_from_now=is_from_now, by=make.ADA, at=make.NOON)
    return made


def of(company_id):
    return SimpleNamespace(pk=company_id)


def deliver_all(at=LATER):
    """What a worker does when it is alone; how often it sent something."""
    sent = 0
    while due := streaming.due(at):
        for stream_id in due:
            streaming.deliver(stream_id, at)
        sent += 1
    return sent


def numbers(siem):
    return [json.loads(line)["number"] for request in siem.requests for line in request.body.splitlines()]


def actions():
    """What the log says was done; what happened at one instant has no order."""
    told = SecurityEvent.objects.filter(action__startswith="log_stream.")
    return sorted(told.values_list("action", flat=True))


def test_the_entries_of_both_logs_arrive_in_the_order_of_their_numbers(write, stream, siem, company_id):
    write(5)
    assert deliver_all() == 1
    [request] = siem.requests
    lines = [json.loads(line) for line in request.body.splitlines()]

    assert [line["number"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line["log"] for line in lines] == ["security", "billing", "security", "billing", "security", "billing"]
    assert (request.headers["Invoiced-First"], request.headers["Invoiced-Last"]) == ("1", "6")
    assert request.headers["Content-Type"] == "application/x-ndjson"
    assert request.headers["Invoiced-Stream"] == str(stream.pk)
    assert request.headers["Idempotency-Key"] == f"{stream.pk}:1:6"
    stream.refresh_from_db()
    assert (stream.next_number, stream.delivered_at, stream.taken_until) == (7, LATER, None)


def test_a_line_is_the_entry_as_it_is_sealed_with_its_place_and_without_its_salt(write, stream, siem):
    write(1)
    deliver_all()
    for line in map(json.loads, siem.requests[0].body.splitlines()):
        leaf = Leaf.objects.get(number=line["number"])
        [row] = rows_of(leaf.log, [leaf.entry_id])
        sealed = entry_bytes(leaf.log, leaf.number, row)
        expected = json.loads(sealed)
        assert expected.pop("salt")
        assert line == expected | {
            "format": "invoiced-log-line/1",
            "index": leaf.index,
            "leaf_hash": leaf_hash(sealed).hex(),
            "sentence": str(LOGS[leaf.log]._base_manager.get(pk=leaf.entry_id)),
            "erased_at": None,
        }


def test_a_line_is_that_of_an_export(write, stream, siem):
    write(3)
    deliver_all()
    entries = entries_of(leaves_from(stream.company_id, 1, 9))

    assert siem.requests[0].body.decode() == "".join(lines.line(lines.said(entry)) for entry in entries)


def test_only_the_entries_of_the_company_are_sent(write, stream, siem, company_id):
    other = uuid7()
    with scope(company=other):
        write(3, other)
    write(2)
    deliver_all()
    companies = {json.loads(line)["company"] for request in siem.requests for line in request.body.splitlines()}
    assert (companies, numbers(siem)) == ({str(company_id)}, [1, 2, 3])


def test_nothing_is_sent_before_it_is_sealed(company_id, stream, siem, door_opened):
    make.recorded(door_opened, make.Parcel(company_id))
    assert (streaming.due(LATER), siem.requests) == ([], [])


def test_delivering_leaves_no_entry(write, stream, siem):
    write(2)
    deliver_all()
    assert actions() == ["log_stream.made"]
    assert streaming.due(LATER + HOUR) == []


def test_a_batch_has_500_entries_at_most(write, stream, siem):
    write(620)
    assert deliver_all() == 2
    assert [request.headers["Invoiced-Last"] for request in siem.requests] == ["500", "621"]
    assert numbers(siem) == list(range(1, 622))


def test_a_batch_has_a_megabyte_at_most_unless_one_entry_is_longer(write, stream, siem, monkeypatch):
    write(9)
    monkeypatch.setattr(streaming, "MOST_BYTES", 1_500)
    deliver_all()
    assert numbers(siem) == list(range(1, 11))
    assert all(len(request.body) <= 1_500 for request in siem.requests)
    monkeypatch.setattr(streaming, "MOST_BYTES", 10)
    write(2)
    siem.requests.clear()
    deliver_all()
    assert [len(request.body.splitlines()) for request in siem.requests] == [1, 1]


def test_a_stream_can_begin_with_what_comes_from_now_on(write, siem, company_id):
    write(4)
    set_up(company_id, siem.url, is_from_now=True)
    write(1)
    deliver_all()
    assert numbers(siem) == [5, 6]


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_success_acknowledges(status, write, stream, siem):
    write(1)
    siem.answers.append((status, b""))
    deliver_all()
    assert (len(siem.requests), Stream.objects.get().next_number) == (1, 3)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 413, 429, 500, 503])
def test_any_other_answer_is_tried_again_and_nothing_is_skipped(status, write, stream, siem):
    write(1)
    siem.answers.append((status, b"secrets of an inner page"))
    streaming.deliver(stream.pk, LATER)
    found = Stream.objects.get()
    assert (found.next_number, found.failures, found.failing_since) == (1, 1, LATER)
    assert found.retry_at == LATER + 10 * SECOND
    assert f"answered {status}" in found.failure
    assert "secrets" not in found.failure

    assert streaming.due(LATER + 9 * SECOND) == []
    assert streaming.due(LATER + 10 * SECOND) == [stream.pk]
    deliver_all(LATER + 10 * SECOND)
    found.refresh_from_db()
    assert (found.next_number, found.failures, found.failure, found.failing_since, found.retry_at) == (
        3,
        0,
        "",
        None,
        None,
    )
    assert siem.requests[0].headers["Idempotency-Key"] == siem.requests[1].headers["Idempotency-Key"]
    assert numbers(siem) == [1, 2, 1, 2]


def test_pauses_double_up_to_an_hour(write, stream, siem):
    write(1)
    siem.usual, at, pauses = (503, b""), LATER, []
    for _ in range(11):
        streaming.deliver(stream.pk, at)
        stream.refresh_from_db()
        pauses.append((stream.retry_at - at).total_seconds())
        at = stream.retry_at
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_after_a_day_of_failures_it_is_paused_and_the_log_says_so(write, stream, siem):
    write(1)
    siem.usual, at = (503, b""), LATER
    while not stream.paused_at:
        streaming.deliver(stream.pk, at)
        stream.refresh_from_db()
        at = stream.retry_at or at
    assert timedelta(hours=24) <= stream.paused_at - LATER < timedelta(hours=25)
    assert actions() == ["log_stream.failed", "log_stream.made"]
    told = SecurityEvent.objects.get(action="log_stream.failed")
    assert (told.actor_type, told.outcome, told.company_id) == ("automation", "failure", stream.company_id)
    assert "answered 503" in told.sentence
    assert streaming.due(at + 48 * HOUR) == []

    siem.usual = (204, b"")
    streams.resume(company=of(stream.company_id), by=make.ADA, at=at)
    siem.requests.clear()
    deliver_all(at)
    assert numbers(siem)[:2] == [1, 2]


def test_it_resumes_where_it_stopped_or_from_a_chosen_number(write, stream, siem, company_id):
    write(3)
    deliver_all()
    streams.pause(company=of(company_id), by=make.ADA, at=LATER)
    write(2)
    assert (deliver_all(), numbers(siem)) == (0, [1, 2, 3, 4])
    streams.resume(company=of(company_id), by=make.ADA, at=LATER)
    deliver_all()
    assert numbers(siem) == [1, 2, 3, 4, 5, 6, 7]

    streams.pause(company=of(company_id), by=make.ADA, at=LATER)
    streams.resume(company=of(company_id), number=6, by=make.ADA, at=LATER)
    siem.requests.clear()
    deliver_all()
    assert numbers(siem) == [6, 7]


@pytest.mark.parametrize("number", [0, -1, 99])
def test_it_resumes_from_no_number_that_is_not_there(number, write, stream, company_id):
    streams.pause(company=of(company_id), by=make.ADA, at=LATER)
    with pytest.raises(StreamRefused, match="Choose a number from 1 to 1"):
        streams.resume(company=of(company_id), number=number, by=make.ADA, at=LATER)


@pytest.mark.django_db(transaction=True)
def test_a_number_chosen_while_a_batch_is_on_its_way_is_not_overwritten(write, stream, siem):
    write(5)

    def choose(handler, request):
        Stream._base_manager.update(next_number=2)
        connection.close()
        handler.send_response(204)
        handler.end_headers()

    siem.answers.append(choose)
    assert not streaming.deliver(stream.pk, LATER)
    assert Stream.objects.get().next_number == 2


def test_what_another_worker_is_sending_is_left_to_it(write, stream, siem):
    write(1)
    Stream.objects.update(taken_until=LATER + MINUTE)
    assert streaming.due(LATER) == []
    assert not streaming.deliver(stream.pk, LATER)
    assert siem.requests == []
    assert streaming.due(LATER + MINUTE) == [stream.pk]


def test_an_erased_entry_is_sent_as_erased(write, stream, siem):
    write(1)
    for log in LOGS.values():
        triggers.release(connection, log._meta.db_table)
        log._base_manager.update(erased_at=make.NOON)
    deliver_all()
    for line in map(json.loads, siem.requests[0].body.splitlines()):
        assert (line["erased_at"], line["reason"]) == ("2026-03-12T12:00:00.000000Z", "")
        assert line["leaf_hash"]


def test_an_entry_that_somebody_removed_is_sent_as_missing(write, stream, siem, monkeypatch):
    write(1)
    monkeypatch.setattr(streaming, "entries_of", lambda leaves: [])
    deliver_all()
    leaf = Leaf.objects.get(number=1)
    assert json.loads(siem.requests[0].body.splitlines()[0]) == {
        "format": "invoiced-log-line/1",
        "id": str(leaf.entry_id),
        "index": leaf.index,
        "leaf_hash": bytes(leaf.hash).hex(),
        "log": leaf.log,
        "missing": True,
        "number": 1,
    }


def test_a_place_that_is_gone_stops_the_stream_and_says_so(write, stream, siem, monkeypatch):
    write(3)

    def with_a_gap(*asked):
        return [leaf for leaf in leaves_from(*asked) if leaf.number != 2]

    monkeypatch.setattr(streaming, "leaves_from", with_a_gap)
    streaming.deliver(stream.pk, LATER)
    streaming.deliver(stream.pk, LATER)
    assert numbers(siem) == [1]
    assert Stream.objects.get().failure == "Entry 2 has no place in the log. Run manage.py verify_audit_log."


def test_an_address_that_leads_inside_is_not_asked(write, stream, siem, settings):
    write(1)
    settings.OUTBOUND_ALLOWED = []
    streaming.deliver(stream.pk, LATER)
    assert siem.requests == []
    assert "must begin with https" in Stream.objects.get().failure


def test_something_unforeseen_is_put_off_and_told_without_its_words(write, stream, siem, monkeypatch, caplog):
    write(1)
    monkeypatch.setattr(streaming, "entries_of", lambda leaves: 1 / 0)
    streaming.deliver(stream.pk, LATER)
    found = Stream.objects.get()
    assert (found.failures, found.taken_until) == (1, None)
    assert found.failure.startswith("Something of ours is wrong.")
    assert "ZeroDivisionError" in caplog.text


def test_the_signature_is_the_one_of_the_document(write, stream, siem):
    """The lines a customer copies from docs/log-stream.md accept what we send, and nothing else."""
    write(1)
    deliver_all()
    [request] = siem.requests
    [code] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names = {}
    exec(code, names)
    is_ours, now = names["is_ours"], LATER.timestamp()
    assert len(code.splitlines()) <= 12
    assert is_ours(stream.secret, request.headers, request.body, now)
    assert is_ours(stream.secret, request.headers, request.body, now + 299)
    assert not is_ours(stream.secret, request.headers, request.body, now + 301)
    assert not is_ours(stream.secret, request.headers, request.body + b"\n", now)
    assert not is_ours("another secret", request.headers, request.body, now)
    later = request.headers | {"Invoiced-Timestamp": str(int(now) + 1)}
    assert not is_ours(stream.secret, later, request.body, now)


def test_the_signature_has_a_known_answer():
    expected = hmac.new(b"secret", b'1773316800.{"a":1}\n', hashlib.sha256).hexdigest()
    assert streaming.signature("secret", 1773316800, b'{"a":1}\n') == f"v1={expected}"


def test_a_test_is_signed_and_moves_nothing(write, stream, siem):
    write(1)
    assert streaming.send_test(stream, LATER) == ""
    [request] = siem.requests
    assert json.loads(request.body) == {
        "at": "2026-03-12T12:01:00.000000Z",
        "format": "invoiced-stream-test/1",
        "stream": str(stream.pk),
    }
    signed = streaming.signature(stream.secret, int(request.headers["Invoiced-Timestamp"]), request.body)
    assert (request.headers["Invoiced-Signature"], request.headers["Invoiced-Test"]) == (signed, "1")
    siem.usual = (403, b"inner words")
    assert streaming.send_test(stream, LATER) == (
        f"{stream.origin} answered 403. Only 200 to 299 acknowledges what was sent."
    )
    assert Stream.objects.get().next_number == 1


def test_every_change_leaves_its_entry_and_none_holds_the_secret(stream, siem, company_id):
    company, by, at = of(company_id), make.ADA, LATER
    secrets = [stream.secret, streams.renew_secret(company=company, by=by, at=at)[1]]
    streams.change_address(company=company, url=siem.url + "/token-in-the-path", by=by, at=at)
    streams.change_address(company=company, url=siem.url + "/token-in-the-path", by=by, at=at)
    streams.pause(company=company, by=by, at=at)
    streams.resume(company=company, by=by, at=at)
    streams.note_test(company=company, failure="", by=by, at=at)
    streams.remove(company=company, by=by, at=at)
    assert actions() == [
        f"log_stream.{verb}" for verb in "changed made paused removed resumed secret_renewed tested".split()
    ]
    stored = "".join(str(row) for model in (SecurityEvent, BillingEvent) for row in model.objects.values())
    assert not any(secret in stored for secret in [*secrets, "token-in-the-path"])
    assert len({*secrets}) == 2
    assert all(len(secret) == 43 for secret in secrets)


@pytest.mark.parametrize("act", ["pause", "remove", "renew_secret", "resume"])
def test_nothing_is_changed_where_there_is_no_stream(act, db, company_id):
    with pytest.raises(StreamRefused, match="There is no log stream any more"):
        getattr(streams, act)(company=of(company_id), by=make.ADA, at=LATER)


def test_a_company_has_one_stream(stream, siem, company_id):
    with pytest.raises(StreamRefused, match="There is a log stream already"):
        set_up(company_id, siem.url)
    assert actions() == ["log_stream.made"]


def test_secrets_and_paths_are_encrypted_in_the_database(stream):
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM audit_stream")
        [found] = cursor.fetchall()
    assert not any(word in bytes(column) for column in found for word in (b"intake", stream.secret.encode()))


@pytest.mark.django_db(transaction=True)
def test_two_workers_deliver_everything_once_and_in_order(write, stream, siem):
    write(1_700)
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        for step in range(40):
            streaming.deliver(stream.pk, LATER + step * SECOND)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert numbers(siem) == list(range(1, 1_702))
    assert Stream._base_manager.get().next_number == 1_702


@pytest.mark.django_db(transaction=True)
def test_a_slow_endpoint_keeps_no_other_stream_waiting(write, siem, company_id, settings):
    other, hold, arrived = uuid7(), threading.Event(), threading.Event()

    def wait(handler, request):
        arrived.set()
        hold.wait(20)
        handler.send_response(204)
        handler.end_headers()

    with endpoint() as slow:
        settings.OUTBOUND_ALLOWED += parse_allowed([f"127.0.0.1:{slow.port}"])
        slow.answers.append(wait)
        with scope(company=other):
            set_up(other, slow.url)
        set_up(company_id, siem.url)
        write(2)
        sending = sender.Sender(threading.Event())
        sending.start_due()
        assert arrived.wait(20)
        deadline = threading.Event()
        while not siem.requests and not deadline.wait(0.01):
            pass
        sending.start_due()
        assert len(slow.requests) == 1
        hold.set()
        sending.finish(20)
    assert numbers(siem) == [1, 2, 3]
