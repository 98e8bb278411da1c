"""The one file customers check us with: run by itself, in an empty folder, on what they would download."""

import ast
import http.client
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit import log_keys, proofs
from audit.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_of
from audit.notes import TIMED, Checkpoint, Signer, opened, parse_verifier
from audit.published import published_note
from audit.tool import invoiced_log
from tests.audit import make, sealed

LATER = sealed.LATER + timedelta(seconds=9)
LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = str(LOG.verifier())
HASHES = [leaf_hash(b"%d" % number) for number in range(40)]


@pytest.fixture
def run(tmp_path):
    """The tool in an empty folder: its exit code and all it said."""
    folder = tmp_path / "alone"
    folder.mkdir()
    shutil.copy(invoiced_log.__file__, folder)

    def run(*arguments):
        command = [sys.executable, "-I", "-W", "error", "invoiced_log.py", *map(str, arguments)]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in result.stderr
        return result.returncode, (result.stdout + result.stderr).strip()

    run.folder = folder
    return run


@pytest.fixture
def run_here(tmp_path, monkeypatch, capsys):
    """The same in this process, which is quicker."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments):
        code = invoiced_log.main([*map(str, arguments)])
        said = capsys.readouterr()
        return code, (said.out + said.err).strip()

    run_here.folder = tmp_path
    return run_here


def downloaded(browser, address, path):
    path.write_bytes(b"".join(browser.get(address)))
    return path


@pytest.fixture
def proof(company, ada, run):
    """The downloaded proof of one entry among several."""
    entry, *_ = sealed.entries(company.pk, 5)
    sealed.seal()
    return downloaded(ada, reverse("audit:billing_proof", args=[entry.pk]), run.folder / "proof.zip")


def key():
    return str(log_keys.verifiers()[-1])


def changed(source, target, **files):
    """A zip like another with other content in it; None leaves a file out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = files.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_it_is_one_file_that_imports_nothing_of_ours_and_runs_on_python_3_9():
    source = Path(invoiced_log.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.mark.django_db
def test_a_zip_a_folder_and_two_files_verify(run, proof):
    zipfile.ZipFile(proof).extractall(run.folder / "x")
    (run.folder / "key").write_text(key() + "\n")

    for files in (["proof.zip"], ["x"], ["x/entry.json"], ["x/entry.json", "x/entry.tlog-proof"]):
        for trusted in (key(), "key", "x/log.vkey"):
            code, said = run("verify", *files, "--key", trusted)
            assert code == 0, said
            assert said.endswith("1 entry verifies.")
    assert "billing_shelf.filled at 2026-03-12T12:00:00.000000Z, number " in said
    assert "signed by testserver/log at 2026-03-12 12:00:07 UTC" in said


@pytest.mark.django_db
def test_the_command_in_the_readme_verifies(run, proof):
    zipfile.ZipFile(proof).extractall(run.folder)
    [line] = re.findall(r"python3 invoiced_log.py (.*)", (run.folder / "README.txt").read_text())

    assert run(*line.replace('"', "").split())[0] == 0


@pytest.mark.django_db
def test_a_history_verifies_as_a_whole_and_one_bad_entry_is_named(run, company, ada):
    shelf = make.Parcel(company.pk)
    for minute in range(3):
        make.recorded(sealed.kind(), shelf, at=make.NOON + timedelta(minutes=minute))
    sealed.seal()
    history = downloaded(ada, reverse("audit:history_proof", args=["parcel", shelf.pk]), run.folder / "history.zip")

    assert run("verify", "history.zip", "--key", key())[1].endswith("All 3 entries verify.")

    name = "002-billing_shelf.filled"
    with zipfile.ZipFile(history) as archive:
        entry = archive.read(f"{name}/entry.json").replace(b"Ada", b"Bea")
    changed(history, run.folder / "other.zip", **{f"{name}/entry.json": entry})
    code, said = run("verify", "other.zip", "--key", key())
    assert code == 1
    assert f"{name}: NOT VERIFIED. Entry, proof and signed root do not fit together" in said
    assert said.endswith("NOT VERIFIED. 1 of 3 entries do not verify.")
    assert said.count("It is entry ") == 2

    changed(history, run.folder / "less.zip", **{f"{name}/entry.tlog-proof": None})
    assert f"{name}: NOT VERIFIED. There is no entry.tlog-proof." in run("verify", "less.zip", "--key", key())[1]


@pytest.mark.django_db
def test_no_entry_counts_twice_and_numbers_that_are_missing_are_told(run, company, ada):
    shelf = make.Parcel(company.pk)
    for minute in range(4):
        make.recorded(sealed.kind(), shelf, at=make.NOON + timedelta(minutes=minute))
    sealed.seal()
    history = downloaded(ada, reverse("audit:history_proof", args=["parcel", shelf.pk]), run.folder / "history.zip")
    assert "Note" not in run("verify", "history.zip", "--key", key())[1]

    zipfile.ZipFile(history).extractall(run.folder / "less")
    shutil.rmtree(run.folder / "less" / "002-billing_shelf.filled")
    code, said = run("verify", "less", "--key", key())
    assert (code, said.endswith("All 3 entries verify.")) == (0, True), said
    assert re.search(r"\nNote: between number \d+ and number \d+ of company \S+, 1 more was given\. ", said), said

    shutil.copytree(run.folder / "less" / "001-billing_shelf.filled", run.folder / "less" / "002")
    code, said = run("verify", "less", "--key", key())
    assert code == 1
    assert re.search(r"002: NOT VERIFIED\. It is entry \d+ again, which is here already\.\n", said), said
    assert said.endswith("NOT VERIFIED. 1 of 4 entries do not verify.")


@pytest.mark.django_db
def test_an_entry_verifies_by_its_hash_and_what_lies_beside_it_is_named(run, proof):
    with zipfile.ZipFile(proof) as archive:
        entry, of = archive.read("entry.json"), archive.read("entry.tlog-proof")
    erased = run.folder / "erased"
    erased.mkdir()
    (erased / "entry.tlog-proof").write_bytes(of)
    (erased / "entry.leaf-hash").write_text(leaf_hash(entry).hex() + "\n")

    said = run("verify", "erased", "--key", key())[1]
    assert said.startswith(".: Only its hash is here; what it says is not shown. It is entry "), said
    assert "Not looked at" not in said
    (erased / "Entry.json").write_text("forged")
    (erased / "README.txt").write_text("ours")
    (erased / "002").mkdir()
    shutil.make_archive(str(run.folder / "erased"), "zip", erased)
    for given in ("erased", "erased.zip"):
        said = run("verify", given, "--key", key())[1]
        assert "Not looked at, and proved by nothing here: 002, Entry.json.\n1 entry verifies." in said
    (erased / "entry.leaf-hash").write_text("0" * 64)
    assert run("verify", "erased", "--key", key())[0] == 1
    (erased / "entry.leaf-hash").write_text("zebra")
    assert "does not hold 64 hexadecimal digits" in run("verify", "erased", "--key", key())[1]


@pytest.mark.django_db
def test_every_witness_that_is_named_must_have_signed(run, company, ada):
    witness = Signer.new("witness.example.com")
    [entry] = sealed.entries(company.pk)
    checkpoint = sealed.seal()
    line = witness.cosign(checkpoint.note.partition("\n\n")[0] + "\n", 1_773_316_900)
    checkpoint.cosignatures.create(witness=witness.name, line=line, at=LATER)
    downloaded(ada, reverse("audit:billing_proof", args=[entry.pk]), run.folder / "proof.zip")
    trusted, stranger = (str(one.verifier(TIMED)) for one in (witness, Signer.new("witness.example.com")))

    code, said = run("verify", "proof.zip", "--key", key(), "--witness", trusted)
    assert (code, "by witness.example.com at 2026-03-12 12:01:40 UTC" in said) == (0, True), said
    code, said = run("verify", "proof.zip", "--key", key(), "--witness", trusted, "--witness", stranger)
    assert (code, "The witness witness.example.com did not sign" in said) == (1, True)
    code, said = run("verify", "proof.zip", "--key", trusted)
    assert (code, "is not a log's key" in said) == (1, True)


@pytest.mark.django_db
def test_another_key_is_not_trusted(run, proof):
    code, said = run("verify", "proof.zip", "--key", KEY)

    assert (code, "No key that you trust signed this checkpoint." in said) == (1, True)


@pytest.mark.django_db
def test_of_several_keys_one_has_to_be_named(run, proof):
    (run.folder / "log.vkey").write_text(f"{KEY}\n{key()}\n")

    code, said = run("verify", "proof.zip", "--key", "log.vkey")

    assert code == 1
    assert said == "NOT VERIFIED. log.vkey holds 2 keys. Name the one you trust: --key NAME+ID+KEY"
    assert run("verify", "proof.zip", "--key", KEY, "--key", key())[0] == 0


@pytest.mark.django_db
def test_any_byte_changed_in_entry_or_proof_is_found(proof):
    """By the tool's own functions: a process for each byte would take long."""
    keys = [invoiced_log.read_key(key(), 0x01)]
    with zipfile.ZipFile(proof) as archive:
        files = {name: archive.read(name) for name in ("entry.json", "entry.tlog-proof")}
    assert invoiced_log.proved_by(files, keys, [])
    # The last line says when. With another name on it, it is a stranger's, and passed over.
    most = {"entry.json": len(files["entry.json"]), "entry.tlog-proof": files["entry.tlog-proof"].rindex("— ".encode())}

    for name, content in files.items():
        for place in range(most[name]):
            bent = bytearray(content)
            bent[place] ^= 1
            with pytest.raises(invoiced_log.Refused):
                invoiced_log.proved_by(files | {name: bytes(bent)}, keys, [])


NONSENSE = {
    "nothing": b"",
    "text": b"hello",
    "binary": bytes(range(256)) * 40,
    "cut": b"PK\x03\x04" + b"\x00" * 60,
}


@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("command", ["verify", "checkpoint", "consistency", "consistency of"])
def test_nonsense_is_refused_in_a_sentence(run_here, name, command):
    (run_here.folder / "file").write_bytes(NONSENSE[name])
    checkpoint(5, run_here.folder / "older")
    arguments = {"consistency": ["older", "file"], "consistency of": ["file", "older"]}.get(command, ["file"])

    code, said = run_here(command.split()[0], *arguments, "--key", KEY)

    assert code == 1
    assert re.fullmatch(r"NOT VERIFIED\. [^\n]+[.0-9]", said), said


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "There is no entry with a proof here."),
        ({"README.txt": b"hello"}, "There is no entry with a proof here."),
        ({"entry.json": b"{}"}, "There is no entry.tlog-proof."),
        ({"entry.tlog-proof": b"x"}, "There has to be one of entry.json and entry.leaf-hash."),
        ({"entry.tlog-proof": b"x", "entry.json": b"", "entry.leaf-hash": b""}, "There has to be one of"),
        ({"entry.tlog-proof": b"x", "entry.json": b"{}"}, "This is no proof of c2sp.org/tlog-proof@v1."),
        ({"entry.tlog-proof": b"\xff", "entry.json": b"{}"}, "This is not text in UTF-8."),
        ({"entry.tlog-proof": b"c2sp.org/tlog-proof@v1\nindex 01\n\n", "entry.json": b"{}"}, "is not a whole number"),
        (
            {"entry.tlog-proof": b"c2sp.org/tlog-proof@v1\nindex 0\nAA==\n\n", "entry.json": b"{}"},
            "hashes of the proof",
        ),
        ({"entry.tlog-proof": b"c2sp.org/tlog-proof@v1\nindex 0\n\nx", "entry.json": b"{}"}, "This is no signed note."),
        ({"entry.tlog-proof": b"x" * 2**21, "entry.json": b"{}"}, "is larger than 1048576 bytes"),
        ({"entry.tlog-proof": b"x", "entry.json": b"0" * (64 * 2**20 + 1)}, "is larger than 67108864 bytes"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)
def test_a_zip_of_other_things_is_refused_in_a_sentence(run_here, files, sentence):
    with zipfile.ZipFile(run_here.folder / "proof.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)

    code, said = run_here("verify", "proof.zip", "--key", KEY)

    assert code == 1
    assert sentence in said


@pytest.mark.parametrize("way", ["STORED", "DEFLATED", "BZIP2", "LZMA"])
def test_a_zip_damaged_anywhere_is_refused_in_a_sentence(run_here, way):
    path = run_here.folder / "proof.zip"
    with zipfile.ZipFile(path, "w", getattr(zipfile, f"ZIP_{way}")) as archive:
        archive.writestr("entry.json", b'{"format":"invoiced-entry/1"}' * 9)
        archive.writestr("entry.tlog-proof", b"x")
    whole = path.read_bytes()

    for place in range(len(whole)):
        bent = bytearray(whole)
        bent[place] ^= 1 << place % 8
        path.write_bytes(bent)
        code, said = run_here("verify", "proof.zip", "--key", KEY)
        assert (code, "NOT VERIFIED. " in said) == (1, True), said


def test_a_terminal_that_knows_only_ascii_is_told_too(tmp_path):
    command = [sys.executable, invoiced_log.__file__, "witness-key", "--state", "state", "--name", "Größe"]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=True)

    assert done.stdout.startswith(b"Gr\\xf6\\xdfe+")


def test_a_zip_with_a_file_twice_is_refused(run_here):
    with zipfile.ZipFile(run_here.folder / "proof.zip", "w") as archive:
        archive.writestr("entry.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("entry.json", b"[]")

    assert run_here("verify", "proof.zip", "--key", KEY)[1] == "NOT VERIFIED. ./entry.json is there twice."


@pytest.mark.parametrize("entry", [b"[]", b"{}", b'{"format":"other"}', b"[" * 100_000, b"x"])
def test_what_is_sealed_but_no_entry_is_not_described(entry):
    with pytest.raises(invoiced_log.Refused, match="no entry of format invoiced-entry/1"):
        invoiced_log.read_entry(entry)


@pytest.mark.parametrize("twice", ['"action":"a","action":"b"', '"data":{"action":1,"\\u0061ction":2}'], ids=range(2))
def test_an_entry_that_says_something_twice_is_refused(twice):
    entry = f'{{"format":"invoiced-entry/1","action":"a","at":"b","number":1,"company":"c",{twice}}}'

    with pytest.raises(invoiced_log.Refused, match='says "action" twice'):
        invoiced_log.read_entry(entry.encode())


def test_what_an_entry_says_cannot_write_to_the_terminal():
    said = {"format": "invoiced-entry/1", "action": "\x1b[2J", "at": "a\nb", "number": 1, "company": "x" * 999}

    shown = invoiced_log.described(said)

    assert shown.startswith("?[2J at a?b, number 1 of company xxx")
    assert len(shown) < 300


def checkpoint(size, path=None, hashes=HASHES):
    """A checkpoint of the tree of so many of these leaves, as the log of these tests signs it."""
    text = Checkpoint(LOG.name, size, root_of(hashes[:size])).text
    note = f"{text}\n{LOG.sign(text)}"
    if path:
        path.write_text(note)
    return note


def request(older, newer, path=None, hashes=HASHES, **other):
    """The body with which a witness is asked."""
    proof = other.get("proof")
    if proof is None:
        proof = consistency_proof(
            older, newer, lambda level, index: root_of(hashes[index << level : (index + 1) << level])
        )
    lines = "".join(f"{invoiced_log.encoded(one)}\n" for one in proof)
    body = f"old {older}\n{lines}\n{checkpoint(newer, hashes=hashes)}"
    if path:
        path.write_text(body)
    return body


def test_a_checkpoint_is_shown(run):
    note = checkpoint(5, run.folder / "checkpoint")

    code, said = run("checkpoint", "checkpoint", "--key", KEY)

    assert (code, said) == (0, f"Signed: example.com/log, 5 entries, root {note.splitlines()[2]}.")


def test_a_key_vouches_for_its_own_log_only(run_here):
    text = Checkpoint("example.com/other", 3, b"x" * 32).text
    (run_here.folder / "checkpoint").write_text(f"{text}\n{LOG.sign(text)}")

    code, said = run_here("checkpoint", "checkpoint", "--key", KEY)

    refusal = "The key is that of example.com/log, and the checkpoint is about example.com/other."
    assert (code, said) == (1, f"NOT VERIFIED. {refusal}")


def test_more_files_than_an_entry_has_are_refused(run_here):
    code, said = run_here("verify", "a.zip", "b.zip", "c.zip", "--key", KEY)

    assert (code, said) == (1, "NOT VERIFIED. Name a zip, a folder, or entry.json and entry.tlog-proof.")


def test_two_checkpoints_are_consistent_or_not(run):
    checkpoint(5, run.folder / "older")
    request(5, 40, run.folder / "proof")
    other = [leaf_hash(b"other"), *HASHES[1:]]
    request(5, 40, run.folder / "forked", hashes=other)
    request(6, 40, run.folder / "wrong")

    code, said = run("consistency", "older", "proof", "--key", KEY)
    assert (code, "the tree of 40 entries begins with the whole tree of 5" in said) == (0, True), said
    code, said = run("consistency", "older", "forked", "--key", KEY)
    assert (code, "history was changed" in said) == (1, True)
    code, said = run("consistency", "older", "wrong", "--key", KEY)
    assert (code, "This proof is not about the older checkpoint" in said) == (1, True)


@pytest.mark.django_db
def test_our_consistency_proof_is_accepted(run, company, ada):
    sealed.entries(company.pk, 3)
    older = sealed.seal()
    (run.folder / "older").write_text(published_note(older))
    sealed.entries(company.pk, 300)
    sealed.seal(LATER)
    (run.folder / "proof").write_bytes(ada.get(reverse("audit:consistency"), {"older": older.size}).content)

    assert run("consistency", "older", "proof", "--key", key())[0] == 0


@pytest.fixture
def site(settings):
    """The files of the log over loopback HTTP, at the addresses they have in public; and what was asked for."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            asked.append(self.path)

    with served(ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=settings.LOG_DIR))) as address:
        yield f"http://{address}", asked


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.django_db
def test_a_log_is_followed_from_one_checkpoint_to_the_next(run, site, company):
    url, asked = site
    for round, count in enumerate((3, 1, 0, 700)):
        sealed.entries(company.pk, count)
        sealed.seal(sealed.LATER + timedelta(seconds=9 * round))
        code, said = run("follow", url, "--key", key(), "--state", "state")
        assert code == 0, said
        assert said.startswith("First seen: " if round == 0 else "Consistent with the "), said
    assert (run.folder / "state").read_text() == published_note(latest())
    assert any(path.startswith("/tile/1/000.p/2") for path in asked)


@pytest.mark.django_db
def test_a_log_that_changed_its_past_or_went_back_is_found_and_what_was_seen_is_kept(run, site, settings, company):
    url, _ = site
    sealed.entries(company.pk, 3)
    older = sealed.seal()
    sealed.entries(company.pk, 3)
    sealed.seal(LATER)
    signer = log_keys.signer(LATER)
    forged = Checkpoint(signer.name, older.size, b"x" * 32).text
    (run.folder / "state").write_text(f"{forged}\n{signer.sign(forged)}")

    code, said = run("follow", url, "--key", key(), "--state", "state")
    assert (code, "history was changed" in said) == (1, True), said

    run("follow", url, "--key", key(), "--state", "fresh")
    kept = (run.folder / "fresh").read_text()
    (settings.LOG_DIR / "checkpoint").write_text(older.note)
    code, said = run("follow", url, "--key", key(), "--state", "fresh")
    assert (code, "history was removed" in said) == (1, True), said
    assert (run.folder / "fresh").read_text() == kept


@pytest.mark.parametrize("kept", [None, 3])
def test_of_two_runs_at_once_the_slow_one_brings_nothing_back(run_here, monkeypatch, kept):
    state, quick = run_here.folder / "state", []
    if kept:
        checkpoint(kept, state)

    def answer_late(address, most):
        quick.append(follow(run_here, monkeypatch, 5))
        return checkpoint(3).encode()

    code, said = follow(run_here, monkeypatch, answer_late)
    assert code == 0, said
    assert quick == [(1, "NOT VERIFIED. Another run works with state. Try again when it has ended.")]

    def answer_later(address, most):
        checkpoint(5, state)
        return checkpoint(3).encode()

    monkeypatch.setattr(invoiced_log, "fcntl", None)
    state.unlink()
    code, said = follow(run_here, monkeypatch, answer_later)
    assert (code, "Another run wrote state meanwhile." in said) == (1, True), said
    assert state.read_text() == checkpoint(5)


def follow(run_here, monkeypatch, answer):
    """Follow a log that answers so, or with the checkpoint of so many entries."""
    answered = answer if callable(answer) else lambda address, most: checkpoint(answer).encode()
    with monkeypatch.context() as patch:
        patch.setattr(invoiced_log, "fetched", answered)
        return run_here("follow", "https://example.com/log", "--key", KEY, "--state", "state")


@pytest.mark.django_db
def test_the_full_tile_is_taken_where_the_part_is_gone(run, site, settings, company):
    url, asked = site
    sealed.entries(company.pk, 3)
    sealed.seal()
    run("follow", url, "--key", key(), "--state", "state")
    sealed.entries(company.pk, 3)
    size = sealed.seal(LATER).size
    part = settings.LOG_DIR / "tile" / "0" / f"000.p/{size}"
    part.rename(settings.LOG_DIR / "tile" / "0" / "000")

    assert run("follow", url, "--key", key(), "--state", "state")[0] == 0
    assert "/tile/0/000" in asked

    (settings.LOG_DIR / "tile" / "0" / "000").unlink()
    (run.folder / "state").write_text(published_note(proofs.Checkpoint.objects.first()))
    code, said = run("follow", url, "--key", key(), "--state", "state")
    assert (code, said) == (1, f"NOT VERIFIED. {url}/tile/0/000 answered 404.")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("file:///etc", "has to begin with https:// or http://"),
        ("example.com/log", "has to begin with https:// or http://"),
        ("http://127.0.0.1:1", "cannot be fetched"),
        ("http://", "has to begin with https:// or http://"),
        ("http:///log", "cannot be fetched"),
        ("http://[", "cannot be fetched"),
    ],
)
def test_an_address_without_a_log_is_refused_in_a_sentence(run_here, url, sentence):
    code, said = run_here("follow", url, "--key", KEY, "--state", "state")

    assert (code, sentence in said, "\n" in said) == (1, True, False), said


@pytest.fixture
def witness(tmp_path):
    """A running witness, and how it is asked: status, type and body of the answer."""
    made = invoiced_log.Witness(tmp_path / "witness", [invoiced_log.read_key(KEY, 0x01)], "witness.example.com/w1")
    with served(invoiced_log.Server(made, "127.0.0.1", 0)) as address:
        connection = http.client.HTTPConnection(address, timeout=10)

        def ask(method, path, body=None):
            connection.request(method, path, body if body is None else body.encode())
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()

        ask.key = parse_verifier(str(made.key))
        ask.folder = tmp_path / "witness"
        yield ask
        connection.close()
    made.guard.close()


def post(witness, body):
    return witness("POST", "/add-checkpoint", body)


def test_a_witness_cosigns_what_continues(witness, time_machine):
    time_machine.move_to(make.NOON, tick=False)
    for older, newer in ((0, 3), (3, 3), (3, 40)):
        status, kind, line = post(witness, request(older, newer))
        assert (status, kind) == (200, "text/plain; charset=utf-8"), line
        text, found = opened(checkpoint(newer) + line, [witness.key])
        assert (Checkpoint.parse(text).size, found) == (newer, {witness.key: int(make.NOON.timestamp())})

    origin = invoiced_log.hashed(LOG.name)
    status, kind, note = witness("GET", f"/{origin}/checkpoint")
    assert (status, kind, note) == (200, "text/plain; charset=utf-8", checkpoint(40) + line)


def test_a_witness_says_which_size_it_saw_last(witness):
    assert post(witness, request(3, 40)) == (409, "text/x.tlog.size", "0\n")
    post(witness, request(0, 3))

    assert post(witness, request(0, 40)) == (409, "text/x.tlog.size", "3\n")
    assert post(witness, request(5, 40)) == (409, "text/x.tlog.size", "3\n")


def other_key(body):
    stranger = Signer.new(LOG.name)
    text = body.partition("\n\n")[2].partition("\n\n")[0] + "\n"
    return body.rpartition("\n\n")[0] + "\n\n" + stranger.sign(text)


REFUSED = {
    "nothing": (lambda: "", 400),
    "no old size": (lambda: request(0, 3).replace("old 0", "0"), 400),
    "a size with zeroes": (lambda: request(0, 3).replace("old 0", "old 00"), 400),
    "a negative size": (lambda: request(0, 3).replace("old 0", "old -1"), 400),
    "more hashes than any proof has": (lambda: request(0, 3, proof=HASHES[:32] * 2), 400),
    "a hash that is none": (lambda: request(0, 3).replace("old 0\n", "old 0\nAAAA\n"), 400),
    "no signature": (lambda: request(0, 3).rpartition("\n\n")[0] + "\n", 400),
    "a size beyond the checkpoint": (lambda: request(0, 3).replace("old 0", "old 4"), 400),
    "too long": (lambda: "x" * 300_000, 400),
    "another log": (lambda: request(0, 3).replace("example.com/log\n", "example.com/lag\n"), 404),
    "another key": (lambda: other_key(request(0, 3)), 403),
    "a signature that does not fit": (lambda: request(0, 3).replace("\n3\n", "\n4\n"), 403),
    "a proof from nothing": (lambda: request(0, 3, proof=HASHES[:1]), 422),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_witness_refuses_and_keeps_nothing(witness, what):
    made, expected = REFUSED[what]

    status, _, _ = post(witness, made())

    assert status == expected
    assert post(witness, request(0, 3))[0] == 200


def test_a_witness_cosigns_no_other_history(witness, capsys):
    post(witness, request(0, 5))
    other = [leaf_hash(b"other"), *HASHES[1:]]

    forks = [request(5, 40, hashes=other), request(5, 5, hashes=other)]
    for body in (*forks, request(5, 40, proof=[]), request(5, 5, proof=HASHES[:1])):
        assert post(witness, body)[0] == 422
    assert "NOT COSIGNED" in capsys.readouterr().err
    assert post(witness, request(5, 40))[0] == 200


def test_an_empty_tree_has_one_root(witness):
    signed = Checkpoint(LOG.name, 0, b"x" * 32).text
    assert post(witness, f"old 0\n\n{signed}\n{LOG.sign(signed)}")[0] == 422
    signed = Checkpoint(LOG.name, 0, EMPTY_ROOT).text
    assert post(witness, f"old 0\n\n{signed}\n{LOG.sign(signed)}")[0] == 200
    assert post(witness, request(0, 3))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/witness.key"),
        ("GET", "/../witness.key"),
        ("GET", "/witness.key/checkpoint"),
        ("GET", f"/{'0' * 64}/checkpoint"),
        ("GET", f"/{invoiced_log.hashed(LOG.name)}"),
        ("POST", "/other"),
    ],
)
def test_a_witness_has_no_other_address(witness, method, path):
    post(witness, request(0, 3))

    assert witness(method, path, "" if method == "POST" else None)[0] == 404


def test_a_witness_that_cannot_keep_what_it_saw_signs_nothing(witness, monkeypatch, capsys):
    def refuse(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(invoiced_log, "keep", refuse)
        assert post(witness, request(0, 3))[0] == 500
    assert "No space left" in capsys.readouterr().err
    assert post(witness, request(0, 3))[0] == 200


def test_a_witness_keeps_its_key_and_what_it_saw(witness, tmp_path):
    post(witness, request(0, 3))
    shutil.copytree(witness.folder, tmp_path / "restarted")

    again = invoiced_log.Witness(tmp_path / "restarted", [invoiced_log.read_key(KEY, 0x01)])

    assert str(again.key) == str(witness.key)
    assert again.add_checkpoint(request(0, 40).encode())[0] == 409
    assert again.add_checkpoint(request(3, 40).encode())[0] == 200
    assert (witness.folder / "witness.key").stat().st_mode & 0o777 == 0o600
    again.guard.close()


def test_of_two_requests_at_once_one_wins(tmp_path):
    made = invoiced_log.Witness(tmp_path, [invoiced_log.read_key(KEY, 0x01)], "w")
    answers = []
    together = threading.Barrier(8)

    def ask(newer):
        together.wait()
        answers.append(made.add_checkpoint(request(0, newer).encode())[0])

    threads = [threading.Thread(target=ask, args=(newer,)) for newer in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200] + [409] * 7
    made.guard.close()


def test_two_witnesses_never_share_a_folder(tmp_path):
    first = invoiced_log.Witness(tmp_path, [], "w")

    with pytest.raises(invoiced_log.Refused, match="Another witness works in"):
        invoiced_log.Witness(tmp_path, [], "w")
    first.guard.close()


def test_the_key_of_a_witness_is_shown_and_stays(run_here):
    code, said = run_here("witness-key", "--state", "state", "--name", "witness.example.com/w1")

    assert (code, parse_verifier(said).name, parse_verifier(said).type) == (0, "witness.example.com/w1", TIMED)
    assert run_here("witness-key", "--state", "state") == (0, said)
    code, refusal = run_here("witness-key", "--state", "state", "--name", "other")
    assert (code, "This witness is called witness.example.com/w1" in refusal) == (1, True)
    code, refusal = run_here("witness-key", "--state", "new", "--name", "a b")
    assert (code, "no spaces" in refusal) == (1, True)


@pytest.mark.parametrize(
    ("listen", "sentence"), [("8090", "HOST:PORT"), ("127.0.0.1:x", "whole number"), (":1", "HOST:PORT")]
)
def test_a_witness_that_cannot_listen_says_so(tmp_path, listen, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("witness", state=str(tmp_path), listen=listen, log=[KEY])


def test_the_command_serves_as_the_file_does(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(invoiced_log.Server, "serve_forever", lambda server: (_ for _ in ()).throw(KeyboardInterrupt))

    call_command("witness", state=str(tmp_path / "state"), listen="127.0.0.1:0", log=[KEY], name="w.example")

    said = capsys.readouterr().out
    assert re.match(r"Listening on 127\.0\.0\.1:[0-9]+\. The key of this witness:\nw\.example\+", said), said


@pytest.mark.django_db
def test_a_witness_takes_our_own_proofs(tmp_path, company):
    sealed.entries(company.pk, 3)
    older = sealed.seal()
    sealed.entries(company.pk, 300)
    newer = sealed.seal(LATER)
    made = invoiced_log.Witness(tmp_path, [invoiced_log.read_key(key(), 0x01)], "w")

    assert made.add_checkpoint(proofs.consistency(0, older).encode())[0] == 200
    assert made.add_checkpoint(proofs.consistency(older.size, newer).encode())[0] == 200
    made.guard.close()


def latest():
    return proofs.Checkpoint.objects.latest("pk")
