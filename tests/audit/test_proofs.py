"""Proofs as members download them: each is checked with the customers' tool, and nobody gets one they may not read."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.scoping import in_company
from audit import log_keys, placing, proofs, tiles, triggers
from audit.forms import NUMBER_REFUSED
from audit.models import Checkpoint, Leaf, SecurityEvent
from audit.notes import Signer
from audit.tool import invoiced_log
from security.ids import uuid7
from tests import visitors
from tests.audit import make, sealed
from tests.books import customer

pytestmark = pytest.mark.django_db
LOGS = ["billing", "security"]


def address(log, entry):
    return reverse(f"audit:{log}_proof", args=[entry.pk])


def history(entry):
    return reverse("audit:history_proof", args=[entry.object_type, entry.object_id])


def status(browser, ask):
    """What is answered, with the file closed that comes with it."""
    answer = browser.get(ask)
    assert b"".join(answer)
    return answer.status_code


def unzipped(answer):
    assert answer.status_code == 200, answer.content
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def accepted(files, folder=""):
    """What the tool says of one entry of a zip."""
    names = {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}
    own = {name: content for name, content in names.items() if name in invoiced_log.LARGEST}
    return invoiced_log.proved_by(own, invoiced_log.keys_of([str(log_keys.verifiers()[-1])]), []).sentence


@pytest.mark.parametrize("log", LOGS)
def test_the_proof_of_an_entry_is_accepted(company, ada, log):
    entry, *_ = sealed.entries(company.pk, 5, log, changes=None, reason="Größe \x7f <b>")
    sealed.seal()

    answer = ada.get(address(log, entry))

    files = unzipped(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="proof-{entry.pk}.zip"'
    assert answer["Content-Type"] == "application/zip"
    assert [*files] == ["entry.json", "entry.tlog-proof", "README.txt", "log.vkey", "invoiced_log.py"]
    assert accepted(files).startswith(f"{log}_shelf.filled at 2026-03-12T12:00:00.000000Z, number ")
    assert json.loads(files["entry.json"])["id"] == str(entry.pk)
    assert files["log.vkey"].decode() == f"{log_keys.verifiers()[0]}\n"
    assert f'--key "{log_keys.verifiers()[0]}"' in files["README.txt"].decode()


def test_the_bytes_of_the_entry_are_those_that_were_hashed(company, ada):
    [entry] = sealed.entries(company.pk)
    sealed.seal()

    files = unzipped(ada.get(address("billing", entry)))

    leaf = Leaf.objects.get(entry_id=entry.pk)
    assert invoiced_log.leaf_hash(files["entry.json"]) == bytes(leaf.hash)
    assert json.loads(files["entry.json"])["salt"] == bytes(entry.salt).hex()


def test_the_proof_is_written_as_the_specification_says(company, ada):
    entries = sealed.entries(company.pk, 3)
    checkpoint = sealed.seal()
    index = Leaf.objects.get(entry_id=entries[0].pk).index

    first, number, *lines = unzipped(ada.get(address("billing", entries[0])))["entry.tlog-proof"].decode().split("\n")

    assert (first, number) == ("c2sp.org/tlog-proof@v1", f"index {index}")
    end = lines.index("")
    assert all(len(line) == 44 for line in lines[:end])
    assert "\n".join(lines[end + 1 :]) == checkpoint.note


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads no index of a table of no rows")
def test_what_witnesses_signed_is_read_from_an_index_in_order_and_from_a_checkpoint_on(db):
    plan = proofs._cosigned_over(7)[: proofs.MOST_COSIGNED].explain()

    assert "SEARCH audit_cosignature USING INDEX" in plan
    assert "(checkpoint_id>?)" in plan
    assert "TEMP B-TREE" not in plan


def test_the_witness_s_signature_is_on_a_checkpoint_that_covers_the_entry(company):
    sealed.entries(company.pk)
    early = sealed.seal()
    early.cosignatures.create(witness="w.example", line="— w.example AAAAAAAA\n", at=sealed.LATER)
    sealed.entries(company.pk)
    late = sealed.seal(sealed.LATER + timedelta(seconds=10))
    assert proofs.checkpoint_over([0]) == early
    assert proofs.checkpoint_over([0, 1]) == late

    late.cosignatures.create(witness="w.example", line="— w.example AAAAAAAA\n", at=sealed.LATER)
    assert proofs.checkpoint_over([0]) == late


def test_an_entry_that_is_not_sealed_yet_is_proved_in_ten_seconds(company, ada):
    sealed.entries(company.pk)
    sealed.seal()
    [entry] = sealed.entries(company.pk)

    for ask in (address("billing", entry), history(entry)):
        answer = ada.get(ask)
        assert answer.status_code == 409
        assert "sealed yet. Try again in ten seconds." in answer.content.decode()
    placing.place_waiting(sealed.LATER)
    assert ada.get(address("billing", entry)).status_code == 409
    sealed.seal(sealed.LATER + timedelta(seconds=9))

    assert accepted(unzipped(ada.get(address("billing", entry))))


def test_an_erased_entry_is_proved_by_its_hash(company, ada):
    first, second = sealed.entries(company.pk, 2)
    sealed.seal()
    erase(first)

    files = unzipped(ada.get(address("billing", first)))

    assert [*files][:2] == ["entry.leaf-hash", "entry.tlog-proof"]
    assert accepted(files).startswith("Only its hash is here; what it says is not shown.")
    assert "entry.leaf-hash stands in place of entry.json" in files["README.txt"].decode()
    assert accepted(unzipped(ada.get(address("billing", second))))


def test_an_entry_that_was_erased_since_it_was_read_is_proved_by_its_hash(company):
    [entry] = sealed.entries(company.pk)
    sealed.seal()
    erase(entry)
    assert entry.erased_at is None

    with proofs.of_entry("billing", entry) as file, zipfile.ZipFile(file) as archive:
        assert "entry.leaf-hash" in archive.namelist()
        assert "entry.json" not in archive.namelist()


def test_an_entry_that_was_changed_is_not_proved(company, ada):
    [entry] = sealed.entries(company.pk)
    sealed.seal()
    tampered(entry, reason="other")

    answer = ada.get(address("billing", entry))

    assert answer.status_code == 409
    assert "was changed after it was sealed" in answer.content.decode()


@pytest.mark.parametrize("damage", [None, b"x" * 96], ids=["missing", "other"])
def test_damaged_tiles_are_told_of(company, ada, damage):
    entry, *_ = sealed.entries(company.pk, 3)
    checkpoint = sealed.seal()
    tile = tiles.tile_folder() / "0" / f"000.p/{checkpoint.size}"
    tile.unlink()
    if damage:
        tile.write_bytes(damage * checkpoint.size)

    answer = ada.get(address("billing", entry))

    assert answer.status_code == 409
    assert "The files of the log are damaged" in answer.content.decode()


def test_the_history_is_proved_from_its_first_entry_to_its_last(company, ada):
    shelf = make.Parcel(company.pk)
    shelved = sealed.kind()
    entries = [make.recorded(shelved, shelf, at=make.NOON + timedelta(minutes=minute)) for minute in range(3)]
    sealed.entries(company.pk)
    sealed.seal()
    waiting = make.recorded(shelved, shelf, at=make.NOON + timedelta(minutes=9))

    answer = ada.get(history(waiting))

    files = unzipped(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="history-parcel-{shelf.pk}.zip"'
    folders = [f"{number:03}-billing_shelf.filled/" for number in (1, 2, 3)]
    names = ["entry.json", "entry.tlog-proof"]
    expected = [*(folder + name for folder in folders for name in names), "README.txt", "log.vkey", "invoiced_log.py"]
    assert [*files] == expected
    assert [json.loads(files[f"{folder}entry.json"])["id"] for folder in folders] == [str(one.pk) for one in entries]
    assert all(accepted(files, folder) for folder in folders)
    assert "ask again in ten seconds): 004-billing_shelf.filled" in files["README.txt"].decode()


def test_a_long_history_is_proved_by_its_newest_entries(company, ada, monkeypatch):
    monkeypatch.setattr(proofs, "MOST_ENTRIES", 2)
    shelf = make.Parcel(company.pk)
    for minute in range(3):
        make.recorded(sealed.kind(), shelf, at=make.NOON + timedelta(minutes=minute), reason=f"Round {minute}")
    sealed.seal()

    files = unzipped(ada.get(reverse("audit:history_proof", args=["parcel", shelf.pk])))

    reasons = [json.loads(files[name])["reason"] for name in files if name.endswith("entry.json")]
    assert reasons == ["Round 1", "Round 2"]
    assert "these are its newest 2 entries" in files["README.txt"].decode()


def test_a_history_costs_the_same_queries_for_one_entry_and_for_twenty(company, ada, django_assert_num_queries):
    shelf = make.Parcel(company.pk)
    make.recorded(sealed.kind(), shelf)
    sealed.seal()
    ask = reverse("audit:history_proof", args=["parcel", shelf.pk])
    status(ada, ask)
    with django_assert_num_queries(14):
        status(ada, ask)
    for _ in range(20):
        make.recorded(sealed.kind(), shelf)
    sealed.seal(sealed.LATER + timedelta(minutes=1))

    with django_assert_num_queries(14):
        status(ada, ask)


def test_a_checkpoint_that_a_witness_signed_is_preferred(company, ada):
    [first] = sealed.entries(company.pk)
    line = "— witness.example.com AAAAAAAAAA==\n"
    sealed.seal().cosignatures.create(witness="witness.example.com", line=line, at=sealed.LATER)
    [second] = sealed.entries(company.pk)
    sealed.seal(sealed.LATER + timedelta(seconds=9))

    assert unzipped(ada.get(address("billing", first)))["entry.tlog-proof"].decode().endswith(line)
    assert "witness.example.com" not in unzipped(ada.get(address("billing", second)))["entry.tlog-proof"].decode()


def test_no_signed_entry_is_left_out_of_a_history_because_a_witness_is_silent(company, ada):
    shelf = make.Parcel(company.pk)
    make.recorded(sealed.kind(), shelf)
    sealed.seal().cosignatures.create(witness="w", line="— w AAAAAAAAAA==\n", at=sealed.LATER)
    make.recorded(sealed.kind(), shelf)
    sealed.seal(sealed.LATER + timedelta(seconds=9))
    make.recorded(sealed.kind(), shelf)
    placing.place_waiting(sealed.LATER + timedelta(seconds=10))

    files = unzipped(ada.get(reverse("audit:history_proof", args=["parcel", shelf.pk])))

    folders = {name.partition("/")[0] for name in files if "/" in name}
    assert folders == {"001-billing_shelf.filled", "002-billing_shelf.filled"}
    assert "003-billing_shelf.filled" in files["README.txt"].decode()


def test_all_keys_are_there_and_the_one_to_trust_is_named(company, ada):
    [entry] = sealed.entries(company.pk)
    sealed.seal()
    old, new = log_keys.verifiers()[0], Signer.new(log_keys.origin()).verifier()
    log_keys.LogKey.objects.create(verifier_key=str(new), origin=new.name, size=1, hand_over="", made_at=sealed.LATER)

    files = unzipped(ada.get(address("billing", entry)))

    assert files["log.vkey"].decode() == f"{new}\n{old}\n"
    assert f'--key "{old}"' in files["README.txt"].decode()
    assert "The log signs with a newer key by now" in files["README.txt"].decode()


@pytest.mark.parametrize("log", LOGS)
def test_another_companys_entry_and_one_of_the_other_log_are_not_there(company, ada, log):
    [foreign] = sealed.entries(visitors.company("Borealis").pk, log=log)
    [of_other_log] = sealed.entries(company.pk, log={"billing": "security", "security": "billing"}[log])
    sealed.seal()

    for id in (foreign.pk, of_other_log.pk, uuid7()):
        assert ada.get(reverse(f"audit:{log}_proof", args=[id])).status_code == 404
    assert ada.get(history(foreign)).status_code == 404


@pytest.mark.parametrize(
    ("role", "billing", "security"),
    [("administrator", 200, 200), ("employee", 200, 403), ("read_only", 200, 403), ("account_manager", 403, 403)],
)
def test_each_role_proves_what_it_may_read(company, role, billing, security):
    browser = visitors.browser(visitors.member(company, role))
    entries = {log: sealed.entries(company.pk, log=log)[0] for log in LOGS}
    sealed.seal()

    assert status(browser, address("billing", entries["billing"])) == billing
    assert status(browser, address("security", entries["security"])) == security
    assert status(browser, history(entries["billing"])) == billing
    assert status(browser, reverse("audit:consistency")) == billing


def test_a_restricted_member_proves_what_is_about_their_customers(company):
    member = visitors.member(company, "read_only")
    member.restriction = "owner"
    member.save(update_fields=["restriction"])
    with in_company(company):
        own, foreign = customer(company, "Own", owner=member.user), customer(company, "Foreign")
    entries = [make.recorded(sealed.kind(), make.Parcel(company.pk, one.pk)) for one in (own, foreign)]
    entries += sealed.entries(company.pk)
    sealed.seal()
    browser = visitors.browser(member)

    assert [status(browser, address("billing", entry)) for entry in entries] == [200, 404, 404]
    assert [status(browser, history(entry)) for entry in entries] == [200, 404, 404]


def test_proving_an_entry_of_the_security_log_is_reading_it(company, ada, time_machine):
    time_machine.move_to(make.NOON, tick=False)
    [entry] = sealed.entries(company.pk, log="security")
    sealed.seal()

    assert status(ada, address("security", entry)) == 200

    read = SecurityEvent.objects.filter(action="security_log.viewed")
    assert make.sentences(read) == [f"Ada read the security log of {company}"]


def test_taking_the_proofs_of_a_history_along_is_an_entry_once_an_hour(company, ada, time_machine):
    time_machine.move_to(make.NOON, tick=False)
    first, second = sealed.entries(company.pk, 2)
    assert ada.get(history(first)).status_code == 409
    sealed.seal()

    for entry in (first, first, second):
        assert status(ada, history(entry)) == 200

    taken = SecurityEvent.objects.filter(action="log.proved")
    assert make.sentences(taken) == [f"Ada downloaded proofs of the history of one parcel of {company}"] * 2
    assert {entry.data["object_id"] for entry in taken} == {first.object_id, second.object_id}
    for minutes, count in ((20, 2), (40, 2), (59, 2), (61, 3)):
        time_machine.move_to(make.NOON + timedelta(minutes=minutes), tick=False)
        assert (status(ada, history(first)), taken.all().count()) == (200, count)


def test_two_checkpoints_are_proved_consistent(company, ada):
    keys = [invoiced_log.read_key(str(verifier), 0x01) for verifier in seal_twice(company)]
    older, newer = Checkpoint.objects.order_by("pk")

    answer = ada.get(reverse("audit:consistency"), {"older": older.size, "newer": newer.size})

    assert answer["Content-Disposition"] == f'attachment; filename="consistency-{older.size}-{newer.size}.txt"'
    assert answer.content.decode().startswith(f"old {older.size}\n")
    assert answer.content.decode().endswith(f"\n\n{newer.note}")
    size, path, note = invoiced_log.consistency_lines(answer.content)
    assert size == older.size
    invoiced_log.check_consistency(
        invoiced_log.open_checkpoint(older.note.encode(), keys), invoiced_log.open_checkpoint(note, keys), path
    )
    assert ada.get(reverse("audit:consistency"), {"older": older.size}).content == answer.content


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"older": "99999"}, "The log signed no checkpoint of 99999 entries."),
        ({"older": ""}, NUMBER_REFUSED),
        ({"older": "x"}, NUMBER_REFUSED),
        ({"older": "0"}, NUMBER_REFUSED),
        ({"older": "9" * 40}, NUMBER_REFUSED),
        ({"older": "{newer}", "newer": "{older}"}, "has fewer entries"),
    ],
)
def test_what_is_no_checkpoint_of_ours_is_explained(company, ada, query, sentence):
    seal_twice(company)
    older, newer = Checkpoint.objects.order_by("pk")
    query = {name: value.format(older=older.size, newer=newer.size) for name, value in query.items()}

    answer = ada.get(reverse("audit:consistency"), query)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_before_anything_was_signed_there_is_a_form_and_a_sentence(company, ada):
    assert "Download proof" in ada.get(reverse("audit:consistency")).content.decode()
    assert "signed no checkpoint" in ada.get(reverse("audit:consistency"), {"older": 1}).content.decode()


def seal_twice(company):
    sealed.entries(company.pk, 3)
    sealed.seal()
    sealed.entries(company.pk, 300)
    sealed.seal(sealed.LATER + timedelta(seconds=9))
    return log_keys.verifiers()


def tampered(entry, **values):
    """What the owner of the database can do."""
    table = entry._meta.db_table
    triggers.release(connection, table)
    type(entry)._base_manager.filter(pk=entry.pk).update(**values)


def erase(entry):
    tampered(entry, reason="", data={}, changes=None, salt=b"", erased_at=sealed.LATER)
