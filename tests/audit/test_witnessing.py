"""The witness: what it is shown, what is kept of its answer, and what is done when it does not sign."""

import base64
import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from audit import log_keys, sealing, witnessing
from audit.merkle import node_hash
from audit.models import Checkpoint, Cosignature, Witness
from audit.notes import TIMED, Signer, opened, parse_verifier
from audit.notes import Checkpoint as Head
from audit.tool import invoiced_log
from security.destinations import parse_allowed
from tests.audit import make
from tests.endpoints import endpoint

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LATER = make.NOON + timedelta(minutes=1)
NAME = "witness.example.com"
NOT_ITS_SIGNATURE = "The witness's answer is not its signature on our checkpoint."


class FakeWitness:
    """A witness as c2sp.org/tlog-witness has it. It checks what it is sent, and keeps what it has cosigned."""

    def __init__(self, server, signer):
        self.server, self.signer = server, signer
        self.size, self.root, self.now, self.trusted = 0, b"", LATER, []
        self.sign = lambda text: self.signer.cosign(text, int(self.now.timestamp()))

    def answer(self, handler, request):
        status, body = self.judge(request.body.decode())
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def judge(self, sent):
        head, note = sent.split("\n\n", 1)
        old, *hashes = head.split("\n")
        text, _ = opened(note, self.trusted)
        shown = Head.parse(text)
        if old != f"old {self.size}":
            return 409, f"{self.size}\n".encode()
        proof = [base64.b64decode(one, validate=True) for one in hashes]
        if not is_consistent(self.size, shown.size, self.root, shown.root, proof):
            return 422, b""
        self.size, self.root = shown.size, shown.root
        return 200, self.sign(text).encode()


def is_consistent(older, newer, old_root, new_root, proof):
    """RFC 9162, section 2.1.4.2, written down a second time."""
    if older in (0, newer):
        return not proof and (older == 0 or old_root == new_root)
    path = list(proof) if older & (older - 1) else [old_root, *proof]
    first, last = older - 1, newer - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    one = two = path.pop(0)
    for each in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            one, two = node_hash(each, one), node_hash(each, two)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            two = node_hash(two, each)
        first, last = first >> 1, last >> 1
    return (one, two, last) == (old_root, new_root, 0)


@pytest.fixture
def server(settings):
    with endpoint() as made:
        settings.OUTBOUND_ALLOWED = parse_allowed([f"127.0.0.1:{made.port}"])
        settings.WITNESS_URL = made.url
        yield made


@pytest.fixture
def witness(db, server, settings):
    signer = Signer.new(NAME)
    settings.WITNESS_KEY = str(signer.verifier(TIMED))
    return FakeWitness(server, signer)


@pytest.fixture
def seal(sealed_log, company_id, door_opened):
    """Seal so many entries and sign a checkpoint of them."""

    def seal(count):
        with transaction.atomic():
            for _ in range(count):
                make.recorded(door_opened, make.Parcel(company_id))
        return sealed_log()

    return seal


def turn(witness, at=LATER):
    """A turn, in which the witness answers unless the test has answered for it."""
    witness.trusted = log_keys.verifiers()
    witness.server.answers = witness.server.answers or [witness.answer]
    return witnessing.turn(at)


def answered(witness, status, body, at=LATER):
    """What is known of a witness that answers so."""
    witness.server.answers = [(status, body)]
    assert not turn(witness, at)
    return Witness.objects.get()


def test_nothing_is_posted_without_a_witness(seal, db):
    seal(1)
    assert (witnessing.is_due(LATER), witnessing.turn(LATER), witnessing.trouble(LATER)) == (False, False, [])


def test_a_checkpoint_is_shown_and_its_cosignature_kept(seal, witness, settings):
    checkpoint = seal(3)
    assert witnessing.is_due(LATER)
    assert turn(witness)

    [request] = witness.server.requests
    assert request.path == "/intake/add-checkpoint"
    assert request.body.decode() == f"old 0\n\n{checkpoint.note}"
    kept = Cosignature.objects.get()
    assert (kept.checkpoint, kept.witness, kept.at) == (checkpoint, NAME, LATER)
    verifier = parse_verifier(settings.WITNESS_KEY)
    _, signed = opened(checkpoint.note + kept.line, [verifier])
    assert signed == {verifier: int(LATER.timestamp())}
    known = Witness.objects.get()
    assert (known.size, known.cosigned_at, known.failure) == (checkpoint.size, LATER, "")
    assert (witnessing.is_due(LATER + HOUR), turn(witness, LATER + HOUR)) == (False, False)


def test_everybody_who_reads_the_latest_checkpoint_reads_the_cosignature(seal, witness, settings):
    checkpoint = seal(3)
    turn(witness)
    sealing.turn(checkpoint.signed_at + SECOND)
    published = (settings.LOG_DIR / "checkpoint").read_text()
    assert published == checkpoint.note + Cosignature.objects.get().line
    _, signed = opened(published, [*log_keys.verifiers(), parse_verifier(settings.WITNESS_KEY)])
    assert len(signed) == 2


def test_each_checkpoint_comes_with_the_proof_from_the_one_before(seal, witness):
    at = LATER
    for count in (1, 2, 4, 9, 1, 300, 5):
        seal(count)
        assert turn(witness, at)
        at += witnessing.POSTED_EVERY
    assert Cosignature.objects.count() == 7
    assert witness.size == Checkpoint.objects.order_by("pk").last().size


def test_a_witness_that_knows_another_size_is_asked_again_from_there(seal, witness):
    seal(5)
    turn(witness)
    Witness.objects.all().delete()
    seal(4)
    at = LATER + timedelta(minutes=1)
    assert not turn(witness, at)
    assert Witness.objects.get().size == 5
    assert not witnessing.is_due(at + 4 * SECOND)
    assert turn(witness, at + 5 * SECOND)
    assert (Witness.objects.get().failure, len(witness.server.requests)) == ("", 3)


def test_it_is_asked_once_in_five_seconds_at_most(seal, witness):
    seal(1)
    turn(witness)
    seal(1)
    assert not witnessing.turn(LATER + 4 * SECOND)
    assert len(witness.server.requests) == 1
    assert turn(witness, LATER + 5 * SECOND)


def test_of_two_workers_one_asks(seal, witness):
    seal(1)
    Witness.objects.create(url=witness.server.url, post_at=LATER + SECOND)
    assert not witnessing.turn(LATER)
    assert witness.server.requests == []


def test_an_unreachable_witness_loses_nothing_and_is_told_of_after_an_hour(seal, witness, settings):
    settings.OUTBOUND_ALLOWED, allowed = [], settings.OUTBOUND_ALLOWED
    first = seal(2)
    at = LATER
    while at < LATER + HOUR:
        assert not witnessing.turn(at)
        assert witnessing.trouble(at) == []
        at += timedelta(minutes=10)
    [(kind, cause, sentence)] = witnessing.trouble(at)
    assert (kind, cause) == ("witness_unreachable", "witness since 2026-03-12 12:01 UTC")
    assert sentence.startswith("The witness has signed nothing since 2026-03-12 12:01 UTC.")
    assert seal(2).size > first.size

    settings.OUTBOUND_ALLOWED = allowed
    witness.now = at
    assert turn(witness, at)
    assert witnessing.trouble(at + HOUR) == []
    assert Cosignature.objects.get().checkpoint.size == witness.size


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
def test_a_witness_that_fails_is_asked_again(status, seal, witness):
    seal(1)
    known = answered(witness, status, b"inner words")
    assert (known.failure, known.was_refused) == (f"The witness answered {status}.", False)
    assert witnessing.trouble(LATER + HOUR / 2) == []
    assert not witnessing.is_due(LATER + 29 * SECOND)
    assert turn(witness, LATER + 30 * SECOND)


@pytest.mark.parametrize(("status", "words"), [(403, "does not trust"), (404, "does not know"), (422, "not the one")])
def test_a_refusal_is_told_of_at_once(status, words, seal, witness):
    seal(1)
    assert words in answered(witness, status, b"").failure
    [(_, _, sentence)] = witnessing.trouble(LATER)
    assert words in sentence


def proof_page(browser, at=LATER):
    """The card of the witness on the page "Proof of the logs"."""
    with time_machine.travel(at, tick=False):
        page = browser.get("/audit/state/").content.decode()
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<h2>Witness</h2>")[2].partition("</section>")[0]).split())


def test_the_page_says_that_there_is_no_witness_and_where_to_read_how_to_get_one(seal, ada):
    seal(1)

    said = proof_page(ada)

    assert said.startswith("None A witness is a computer of somebody else.")
    assert said.endswith("Whoever runs it can name one: how to get a witness .")
    assert 'id="witness"' in ada.get("/log/").content.decode()


def test_the_page_says_what_the_witness_signed_and_how_far_it_is_behind(seal, witness, ada):
    seal(3)
    assert proof_page(ada).startswith(f"Not asked yet Name {NAME} Last signed Never Behind 3 entries that")

    turn(witness)
    said = proof_page(ada)
    assert said.startswith(f"Signs Name {NAME} Last signed 12 Mar 2026, ")
    assert "up to entry 3 Behind Nothing: it signed all that the log did A witness is" in said

    size = seal(1).size
    assert f"Behind {size - 3} entr" in proof_page(ada)


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [(500, "Does not answer", "answered 500"), (403, "Refuses to sign", "the key at /log/keys")],
)
def test_the_page_says_what_went_wrong_last(status, state, words, seal, witness, ada):
    seal(1)
    answered(witness, status, b"")

    said = proof_page(ada)

    assert said.startswith(state)
    assert words in said.partition("What went wrong last")[2]
    assert "Entries are sealed and proved without it all the same." in said


@pytest.mark.parametrize(
    "body", [b"", b"0\n", b"00\n", b"-1\n", b"1e3\n", b"5", b"5\n5\n", b"9" * 40 + b"\n", b"\xff\n"]
)
def test_a_size_that_is_none_or_ours_is_refused(body, seal, witness):
    seal(1)
    known = answered(witness, 409, body)
    assert (known.size, known.was_refused) == (0, True)


def test_a_witness_that_has_seen_more_than_there_is_is_told_of(seal, witness):
    seal(3)
    answered(witness, 409, b"1000\n")
    assert not witnessing.turn(LATER + 5 * SECOND)
    known = Witness.objects.get()
    assert known.failure.startswith("The witness has signed 1,000 entries, and the log has 3.")
    assert len(witness.server.requests) == 1
    assert witnessing.trouble(LATER + 5 * SECOND) != []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"signed\n",
        b"\xff\xfe",
        "\N{EM DASH} witness.example.com AAAA\n".encode(),
        b"<html></html>",
        b"x" * 70_000,
    ],
    ids=["nothing", "line end", "words", "no text", "short", "page", "long"],
)
def test_nonsense_is_refused(body, seal, witness):
    seal(1)
    known = answered(witness, 200, body)
    assert (known.failure, known.was_refused, known.size) == (NOT_ITS_SIGNATURE, True, 0)
    assert Cosignature.objects.count() == 0


def test_a_signature_on_something_else_is_refused(seal, witness):
    checkpoint = seal(2)
    other = Head(log_keys.origin(), checkpoint.size, b"\0" * 32).text
    witness.sign = lambda text: witness.signer.cosign(other, int(LATER.timestamp()))
    assert not turn(witness)
    assert Witness.objects.get().failure == NOT_ITS_SIGNATURE


def test_a_signature_on_a_text_that_the_answer_brings_along_is_refused(seal, witness):
    """The end of a note is looked for from behind: an answer could bring a second one."""
    checkpoint = seal(2)
    longer = f"{checkpoint.note}more\n"

    def sign(text):
        return "more\n\n" + witness.signer.cosign(longer, int(LATER.timestamp()))

    witness.sign = sign
    assert not turn(witness)
    assert Cosignature.objects.count() == 0
    assert Witness.objects.get().failure == NOT_ITS_SIGNATURE


def test_a_signature_of_another_key_under_its_name_is_refused(seal, witness):
    seal(1)
    witness.signer = Signer.new(NAME)
    assert not turn(witness)
    assert Witness.objects.get().failure == NOT_ITS_SIGNATURE


def test_a_signature_without_a_time_is_refused(seal, witness):
    """The kind a log gives (01) is not the kind a witness gives (04)."""
    seal(1)
    witness.sign = witness.signer.sign
    assert not turn(witness)
    assert Witness.objects.get().failure == NOT_ITS_SIGNATURE


@pytest.mark.parametrize("seconds", [0, 2_000_000_000, 2**63 - 1])
def test_a_signature_of_another_time_is_refused(seconds, seal, witness):
    seal(1)
    witness.sign = lambda text: witness.signer.cosign(text, seconds)
    assert not turn(witness)
    assert Witness.objects.get().was_refused
    assert Cosignature.objects.count() == 0


def test_lines_of_keys_that_are_not_known_are_passed_over(seal, witness):
    checkpoint = seal(1)
    now = int(LATER.timestamp())
    unknown = Signer.new("witness.example.com/second")
    witness.sign = lambda text: unknown.cosign(text, now) + witness.signer.cosign(text, now)
    assert turn(witness)
    kept = Cosignature.objects.get()
    assert kept.line.count("\n") == 1
    assert opened(checkpoint.note + kept.line, [witness.signer.verifier(TIMED)])


def test_a_log_that_was_signed_anew_is_not_signed_by_the_witness(seal, witness):
    """A fork: the same size, another root."""
    seal(3)
    turn(witness)
    witness.root = b"\1" * 32
    seal(1)
    assert not turn(witness, LATER + timedelta(minutes=1))
    assert "is not the one it has seen before" in Witness.objects.get().failure


def test_tiles_that_cannot_be_read_are_told_of(seal, witness, settings):
    seal(3)
    turn(witness)
    seal(4)
    for tile in (settings.LOG_DIR / "tile").rglob("*"):
        if tile.is_file():
            tile.unlink()
    assert not turn(witness, LATER + timedelta(minutes=1))
    assert "tiles of the log cannot be read" in Witness.objects.get().failure


@pytest.fixture
def shipped(tmp_path, settings, seal):
    """The witness that ships with the product, which shares no line with us, and that knows our log."""
    seal(1)
    keeper = invoiced_log.Witness(tmp_path / "witness", invoiced_log.keys_of(map(str, log_keys.verifiers())), NAME)
    with invoiced_log.Server(keeper, "127.0.0.1", 0) as server:
        port = server.server_address[1]
        settings.OUTBOUND_ALLOWED = parse_allowed([f"127.0.0.1:{port}"])
        settings.WITNESS_URL, settings.WITNESS_KEY = f"http://127.0.0.1:{port}", str(keeper.key)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield keeper
        server.shutdown()
        thread.join()
    keeper.guard.close()


def test_the_witness_that_ships_with_the_product_signs(shipped, seal, settings):
    at = LATER
    with time_machine.travel(LATER, tick=False):
        for count in (3, 250, 40):
            seal(count)
            assert witnessing.turn(at), Witness.objects.get().failure
            at += witnessing.POSTED_EVERY
        Witness.objects.all().delete()
        seal(7)
        assert [witnessing.turn(at), witnessing.turn(at + 5 * SECOND)] == [False, True]
    sealing.turn(at)
    published = (settings.LOG_DIR / "checkpoint").read_bytes()
    keys = invoiced_log.keys_of(map(str, log_keys.verifiers()))
    assert invoiced_log.open_checkpoint(published, keys, [shipped.key]).size == Checkpoint.objects.last().size


def test_the_witness_that_ships_with_the_product_signs_no_fork(shipped, seal, settings):
    with time_machine.travel(LATER, tick=False):
        assert witnessing.turn(LATER)
        last = Checkpoint.objects.last()
        signer = log_keys.signer(LATER)
        other = Head(signer.name, last.size, b"\1" * 32).text
        Checkpoint.objects.create(
            size=last.size, root=b"\1" * 32, note=f"{other}\n{signer.sign(other)}", signed_at=LATER
        )
        assert not witnessing.turn(LATER + 5 * SECOND)
    assert "is not the one it has seen before" in Witness.objects.get().failure


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads no index of a table of no rows")
def test_what_a_witness_signed_last_is_read_from_an_index(db):
    plan = witnessing.signed_by(NAME)[:1].explain()

    assert "USING INDEX" in plan
    assert "(witness=?)" in plan
    assert "TEMP B-TREE" not in plan
