"""What the owner of the database does, with the triggers at rest, is found and named."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from audit import events, log, log_keys, merkle, tiles
from audit.actions import erasing
from audit.actions import log_keys as key_actions
from audit.actors import Actor
from audit.leaves import Unreadable, digest_of, entry_bytes, entry_hash, rows_of
from audit.models import BillingEvent, Checkpoint, Leaf, LogKey, LogSettings, SecurityEvent, Waiting
from audit.notes import DASH, Signer
from audit.notes import Checkpoint as Head
from audit.published import published_note
from audit.queries import latest_checkpoint, with_places
from audit.verifying import entries as entry_check
from audit.verifying import unplaced
from audit.verifying.check import UnknownCheckpoint, Verification, begin
from audit.verifying.checkpoints import check_checkpoints
from security.ids import uuid7
from tests.audit import make
from tests.audit.tampering import findings, leaf, named, row, says, sign

pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite keeps text that is none")
OPERATOR = Actor.operator("tests")
HOUR = timedelta(hours=1)
LONG_AGO = datetime(2019, 6, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def many(parcel_sent, company_id, sealed_log):
    """As many entries as make two tiles of leaves and one above them."""
    parcel = make.Parcel(company_id)
    with transaction.atomic():
        log.record_many(
            log.entry(parcel_sent, target=parcel, by=make.ADA, at=make.NOON, place=str(number)) for number in range(300)
        )
    return sealed_log()


def test_nothing_is_found_where_nothing_was_done(entries):
    assert findings() == []


def test_many_checkpoints_cost_the_same_queries_as_one(entries, sealed_log, django_assert_num_queries):
    for count in (1, 4):
        state = begin()["checkpoints"]
        with django_assert_num_queries(8):
            assert check_checkpoints(state) == []
        assert Checkpoint.objects.count() == count
        for hours in range(count, 4):
            sealed_log(make.NOON + hours * 2 * HOUR)


def test_nothing_is_found_in_several_tiles(many):
    assert (many.size, findings()) == (300, [])


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "rewritten"},
        {"data": {"place": "Rome"}},
        {"at": make.NOON + HOUR},
        {"actor_label": "Eve"},
        {"actor_type": "operator"},
        {"on_behalf_of": "Eve"},
        {"ip": "192.0.2.8"},
        {"changes": {"weight": [1, 3]}},
        {"changes": None},
        {"outcome": "refused"},
        {"action": "parcel.lost"},
        {"object_id": "other"},
        {"object_label": "other"},
        {"object_type": "other"},
        {"customer_id": uuid7},
        {"session": "other"},
        {"user_agent": "other"},
        {"request_id": "other"},
        {"salt": b"0123456789abcdef"},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
def test_a_changed_row_is_found(entries, owner, change):
    changed = entries[4]
    values = {name: value() if callable(value) else value for name, value in change.items()}

    owner(lambda: row(changed).update(**values))

    [found] = findings()
    assert found.what == "entry_changed"
    assert says(found, changed, index=4, number=3)
    assert found.at == ("2026-03-12T13:00:00.000000Z" if "at" in change else "2026-03-12T12:00:00.000000Z")
    assert f"billing entry {changed.pk}, number 3, company {changed.company_id}, index 4" in str(found)


def test_a_row_that_became_another_company_s_is_found(entries, owner):
    owner(lambda: row(entries[0]).update(company_id=uuid7()))

    assert named(findings()) == {("leaf_changed_company", 0)}


def test_a_place_that_became_another_company_s_is_found(entries, owner):
    owner(lambda: leaf(entries[4]).update(company_id=uuid7(), number=3))

    assert ("leaf_changed_company", 4) in named(findings())


@on_sqlite
@pytest.mark.parametrize("value", ["CAST(X'ff' AS TEXT)", "X'00ff'"], ids=["no UTF-8", "bytes"])
def test_a_row_that_cannot_be_read_is_found(entries, owner, value):
    def change():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_billingevent SET reason = {value} WHERE id = %s", [entries[0].pk.hex])

    owner(change)

    assert named(findings()) == {("entry_changed", 0)}


@on_sqlite
@pytest.mark.parametrize(
    "change",
    [
        "id = substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-' || substr(id, 17, 4) "
        "|| '-' || substr(id, 21)",
        "company_id = upper(company_id)",
        "customer_id = substr(customer_id, 1, 8) || '-' || substr(customer_id, 9)",
        "at = replace(at, ' ', 'T')",
        "at = at || '.000000'",
        "at = replace(at, ' ', 'T') || '.000000Z'",
        "at = CAST(at AS BLOB)",
    ],
)
def test_another_spelling_of_the_same_is_found(parcel_sent, company_id, sealed_log, owner, change):
    """PostgreSQL keeps ids and times as what they are, and SQLite as any text."""
    entry = make.recorded(parcel_sent, make.Parcel(company_id, uuid7()), place="Riga")
    sealed_log()

    def respell():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_billingevent SET {change}")
            if change.startswith(("id", "company_id")):
                name = change.partition(" ")[0]
                change_of_leaf = change.replace("id", "entry_id") if name == "id" else change
                cursor.execute(f"UPDATE audit_leaf SET {change_of_leaf}")

    owner(respell)

    assert [one.what for one in findings() if one.index == 0][:1] == ["entry_changed"], entry.pk


def test_changes_that_became_nothing_at_all_are_found(entries, owner):
    def change():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_billingevent SET changes = ''")

    owner(change)

    assert named(findings()) == {("entry_changed", 0), ("entry_changed", 1), ("entry_changed", 4)}


@pytest.mark.parametrize(
    "data",
    [
        '{},"outcome":"refused","reason":{}',
        '{"b":1,"a":1}',
        '{"a": 1}',
        '{"a":1,"a":2}',
        '{"a":1.5}',
        "{",
        "[]",
        "",
        "{" * 5000,
    ],
    ids=["more", "order", "space", "twice", "float", "half", "list", "nothing", "deep"],
)
@pytest.mark.parametrize("column", [19, 20], ids=["changes", "data"])
def test_what_is_not_canonical_has_no_bytes(entries, column, data):
    [found] = rows_of("billing", [entries[0].pk])
    as_kept = list(found)
    as_kept[column] = data

    with pytest.raises(Unreadable, match=f"The billing entry {entries[0].pk.hex} cannot be read: "):
        entry_bytes("billing", 1, tuple(as_kept))


@pytest.mark.parametrize("column", range(21), ids=str)
def test_what_is_of_another_kind_has_no_bytes(entries, column):
    [found] = rows_of("billing", [entries[0].pk])
    as_kept = list(found)
    as_kept[column] = 1.5 if column != 5 else "text"

    with pytest.raises(Unreadable):
        entry_bytes("billing", 1, tuple(as_kept))


def test_a_removed_row_is_found(entries, owner):
    owner(lambda: row(entries[3]).delete())

    [found] = findings()
    assert found.what == "entry_removed"
    assert says(found, entries[3], index=3, number=2)


def test_a_row_removed_before_it_was_sealed_is_found(entries, owner, parcel_sent):
    entry = make.recorded(parcel_sent, make.Parcel(uuid7()), place="Riga")
    owner(lambda: row(entry).delete())

    [found] = findings()
    assert (found.what, found.entry) == ("entry_removed", str(entry.pk))


def swapped(field, first, second, spare):
    """Exchange a column of two places."""
    one, other = leaf(first).get(), leaf(second).get()
    values = getattr(one, field), getattr(other, field)
    Leaf.objects.filter(entry_id=first.pk).update(**{field: spare})
    Leaf.objects.filter(entry_id=second.pk).update(**{field: values[0]})
    Leaf.objects.filter(entry_id=first.pk).update(**{field: values[1]})


def test_two_numbers_that_were_exchanged_are_found(entries, owner):
    owner(lambda: swapped("number", entries[0], entries[3], 1000))

    found = findings()
    assert {("entry_changed", 0), ("entry_changed", 3), ("number_gap", 0), ("number_twice", 3)} <= named(found)


def test_two_places_that_were_exchanged_are_found(entries, owner):
    owner(lambda: swapped("index", entries[0], entries[3], 1000))

    assert {("number_gap", 0), ("number_twice", 3), ("tile_changed", 0), ("tile_changed", 3)} <= named(findings())


def test_two_places_that_were_exchanged_are_found_without_the_tiles(entries, owner):
    owner(lambda: swapped("index", entries[1], entries[2], 1000))

    [found] = findings(with_tiles=False)
    assert (found.what, found.index) == ("checkpoint_root", 6)


def test_two_hashes_that_were_exchanged_are_found(entries, owner):
    owner(lambda: swapped("hash", entries[0], entries[3], b""))

    assert named(findings()) == {("leaf_changed", 0), ("leaf_changed", 3)}


def test_a_changed_row_whose_hash_was_changed_too_is_found(entries, owner):
    def change():
        row(entries[0]).update(reason="rewritten")
        [found] = rows_of("billing", [entries[0].pk])
        leaf(entries[0]).update(hash=entry_hash("billing", 1, found))

    owner(change)

    found = findings()
    assert named(found) == {("tile_changed", 0), ("checkpoint_root", 6)}
    assert says(found[0], entries[0], index=0, number=1)
    assert named(findings(with_tiles=False)) == {("checkpoint_root", 6)}


def test_a_changed_hash_is_found(entries, owner):
    owner(lambda: leaf(entries[1]).update(hash=bytes(32)))

    [found] = findings()
    assert found.what == "leaf_changed"
    assert says(found, entries[1], index=1, number=1)


def test_a_removed_place_is_found(entries, owner):
    owner(lambda: leaf(entries[4]).delete())

    found = findings()
    assert named(found) == {("leaf_removed", 4), ("entry_inserted", None)}
    assert {one.entry for one in found} == {"", str(entries[4].pk)}


def test_places_removed_at_the_end_are_found(many, owner):
    owner(lambda: Leaf.objects.filter(index__gte=250).delete())

    found = findings()
    assert named(found) >= {("leaf_removed", 250)}
    assert "The places 250 to 299 were removed" in found[0].sentence


def test_a_place_added_beyond_the_end_is_found(entries, owner):
    added = Leaf(index=10**15, log="billing", entry_id=uuid7(), number=9, hash=bytes(32), sealed_at=make.NOON)
    owner(lambda: Leaf.objects.bulk_create([added]))

    assert named(findings()) >= {("leaf_added", 10**15)}


def test_places_given_while_they_are_counted_are_no_finding(entries, sealed_log, parcel_sent, company_id):
    is_sealed = []

    def seal_after(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "count(CASE" in sql and "FROM audit_leaf" in sql and not is_sealed:
            is_sealed.append(True)
            make.recorded(parcel_sent, make.Parcel(company_id), place="Riga")
            sealed_log()
        return result

    with connection.execute_wrapper(seal_after):
        assert findings() == []
    assert is_sealed


def test_a_place_added_for_no_entry_is_found(entries, owner):
    added = Leaf(index=6, log="billing", entry_id=uuid7(), number=3, hash=bytes(32), sealed_at=make.NOON)
    owner(lambda: Leaf.objects.bulk_create([added]))

    assert named(findings()) == {("entry_removed", 6)}


def test_an_entry_written_past_the_queue_is_found(entries, owner, parcel_sent):
    slipped_in = owner(lambda: make.recorded(parcel_sent, make.Parcel(uuid7()), place="Rome"))

    [found] = findings()
    assert (found.what, found.entry, found.company) == (
        "entry_inserted",
        str(slipped_in.pk),
        str(slipped_in.company_id),
    )
    assert found.at == "2026-03-12T12:00:00.000000Z"


@pytest.mark.parametrize("is_sealed", [True, False], ids=["sealed", "waiting"])
def test_a_row_with_the_id_of_an_entry_of_the_other_log_is_found(entries, owner, parcel_sent, is_sealed):
    original = entries[0] if is_sealed else make.recorded(parcel_sent, make.Parcel(uuid7()), place="Kiel")
    values = {field.attname: getattr(original, field.attname) for field in SecurityEvent._meta.concrete_fields}
    owner(lambda: SecurityEvent._base_manager.bulk_create([SecurityEvent(**values)]))

    [found] = findings()
    assert (found.what, found.log, found.entry) == ("entry_inserted", "security", str(original.pk))
    forged = SecurityEvent._base_manager.get(pk=original.pk)
    assert with_places([forged])[0].place is None


def test_entries_written_past_the_queue_are_found_piece_by_piece(entries, owner, parcel_sent, monkeypatch):
    monkeypatch.setattr(unplaced, "PIECE", 2)
    slipped_in = [owner(lambda: make.recorded(parcel_sent, make.Parcel(uuid7()), place="Rome")) for _ in range(5)]

    assert [one.entry for one in findings()] == [str(entry.pk) for entry in slipped_in]


def test_what_waits_for_its_place_is_no_finding(entries, parcel_sent):
    make.recorded(parcel_sent, make.Parcel(uuid7()), place="Rome")

    assert findings() == []


def test_a_gap_in_the_numbers_is_found(entries, owner):
    owner(lambda: leaf(entries[4]).update(number=F("number") + 5))

    found = findings()
    assert named(found) == {("number_gap", 4), ("entry_changed", 4)}
    assert "comes after 2: 3 to 7 is missing" in found[0].sentence


def test_a_number_given_twice_is_found(entries, owner):
    owner(lambda: leaf(entries[4]).update(company_id=entries[1].company_id, number=1000))
    owner(lambda: leaf(entries[1]).update(company_id=entries[4].company_id, number=3))

    assert ("number_twice", 3) in named(findings())


@pytest.mark.parametrize(
    ("tile", "index"), [("0/000", 0), ("0/001.p/44", 256), ("1/000.p/1", None)], ids=["full", "partial", "above"]
)
def test_a_tile_that_is_gone_is_found(many, settings, tile, index):
    (settings.LOG_DIR / "tile" / tile).unlink()

    [found] = findings()
    assert found.index == index
    assert f"tile {tile} is missing or too short" in found.sentence or tile == "0/000"
    assert findings(with_tiles=False) == []


@pytest.mark.parametrize(
    ("tile", "index"), [("0/000", 0), ("0/001.p/44", 256), ("1/000.p/1", None)], ids=["full", "partial", "above"]
)
def test_a_tile_that_cannot_be_read_is_found(many, settings, tile, index):
    path = settings.LOG_DIR / "tile" / tile
    path.unlink()
    path.mkdir()

    [found] = findings()
    assert (found.index, found.sentence.endswith(f"tile {tile} cannot be read: Is a directory.")) == (index, True)


@pytest.mark.parametrize("tile", ["0/000", "0/001.p/44", "1/000.p/1"])
def test_a_tile_that_was_cut_is_found(many, settings, tile):
    path = settings.LOG_DIR / "tile" / tile
    path.write_bytes(path.read_bytes()[:-1])

    [found] = findings()
    assert "is missing or too short" in found.sentence


@pytest.mark.parametrize(("tile", "index"), [("0/000", 0), ("0/001.p/44", 256), ("1/000.p/1", None)])
def test_a_tile_that_was_changed_is_found(many, settings, tile, index):
    path = settings.LOG_DIR / "tile" / tile
    path.write_bytes(bytes(32) + path.read_bytes()[32:])

    [found] = findings()
    assert (found.what, found.index) == ("tile_changed", index)


def test_a_checkpoint_whose_root_is_not_the_tree_s_is_found(entries, owner):
    owner(lambda: sign(5, bytes(32), log_keys.signer(make.NOON), make.NOON))

    assert {("checkpoint_smaller", 5), ("checkpoint_root", 5)} <= named(findings())


def test_a_checkpoint_that_no_key_of_ours_signed_is_found(entries):
    first = Checkpoint.objects.get()
    sign(6, bytes(first.root), Signer.new(log_keys.origin()), make.NOON)

    assert named(findings()) == {("checkpoint_unsigned", 6)}


@pytest.mark.parametrize("change", [{"root": bytes(32)}, {"size": 5}, {"signed_at": make.NOON + HOUR}], ids="-".join)
def test_a_checkpoint_kept_with_something_else_than_was_signed_is_found(entries, owner, change):
    owner(lambda: Checkpoint.objects.update(**change))

    assert "checkpoint_changed" in {one.what for one in findings()}


def test_a_fork_is_found_though_the_log_s_own_key_signed_it(entries):
    fork = sign(6, bytes(32), log_keys.signer(make.NOON), make.NOON + HOUR)

    found = findings()
    assert named(found) == {("checkpoint_fork", 6), ("checkpoint_root", 6)}
    assert f"The checkpoint {fork.pk} of 6 entries has another root" in found[0].sentence


def test_a_checkpoint_smaller_than_one_before_it_is_found(entries, sealed_log):
    root = merkle.tree_hash(0, 4, tiles.Tiles(tiles.tile_folder(), 6).node)
    sign(4, root, log_keys.signer(make.NOON), make.NOON + HOUR)

    assert named(findings()) == {("checkpoint_smaller", 4)}


def test_a_checkpoint_earlier_than_one_before_it_is_found(entries):
    sign(6, bytes(Checkpoint.objects.get().root), log_keys.signer(make.NOON), make.NOON - HOUR)

    assert named(findings()) == {("checkpoint_earlier", 6)}


def test_another_checkpoint_in_the_public_file_is_found(entries, settings):
    signer, text = log_keys.signer(make.NOON), Head(log_keys.origin(), 6, bytes(32)).text
    (settings.LOG_DIR / "checkpoint").write_text(f"{text}\n{signer.sign(text)}", encoding="utf-8")

    assert named(findings()) == {("checkpoint_fork", None)}


def test_a_public_checkpoint_that_is_gone_is_found(entries, settings):
    (settings.LOG_DIR / "checkpoint").unlink()

    assert named(findings()) == {("checkpoint_file", None)}


@pytest.mark.parametrize("line", ["rubbish", f"{DASH} witness AAAA", f"{DASH} wit\x01ness AAAAAAAA", "", "two\nlines"])
def test_a_line_of_a_witness_that_is_no_signature_is_found(entries, line):
    checkpoint = Checkpoint.objects.get()
    checkpoint.cosignatures.create(witness="witness", line=line, at=make.NOON)

    assert named(findings()) == {("cosignature_changed", 6)}
    assert (latest_checkpoint(), published_note(checkpoint)) == (checkpoint, checkpoint.note)


def test_the_key_after_a_hand_over_may_not_sign_what_came_before_it(entries, sealed_log):
    key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)
    sealed_log()
    assert findings() == []

    root = merkle.tree_hash(0, 4, tiles.Tiles(tiles.tile_folder(), 6).node)
    sign(4, root, log_keys.signer(make.NOON), make.NOON + HOUR)
    assert named(findings()) == {("checkpoint_unsigned", 4)}


def test_a_hand_over_without_the_old_key_is_told_of_each_time(entries, sealed_log, settings):
    (settings.SEALER_DIR / "log.key").unlink()
    key_actions.replace(is_lost=True, by=OPERATOR, at=make.NOON)
    sealed_log()

    [found] = findings()
    assert (found.what, found.is_warning) == ("key_lost", True)


def test_a_lost_key_that_was_given_is_a_finding(entries, sealed_log, settings):
    given = LogKey.objects.get().verifier_key
    (settings.SEALER_DIR / "log.key").unlink()
    key_actions.replace(is_lost=True, by=OPERATOR, at=make.NOON)
    sealed_log()

    assert [(one.what, one.is_warning) for one in findings(trusted=given)] == [("key_lost", False)]
    latest = LogKey.objects.latest("pk").verifier_key
    assert [(one.what, one.is_warning) for one in findings(trusted=latest)] == [("key_lost", True)]


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "signed"])
def test_a_key_of_which_no_sealed_entry_tells_is_found(entries, sealed_log, settings, owner, is_lost):
    if is_lost:
        (settings.SEALER_DIR / "log.key").unlink()
    key_actions.replace(is_lost=is_lost, by=OPERATOR, at=make.NOON)
    told = SecurityEvent._base_manager.get(action="log_key.replaced")
    owner(lambda: Waiting.objects.filter(entry_id=told.pk).delete())

    assert ("key_unsaid", None) in named(findings())


def test_an_entry_about_a_key_that_gets_its_place_while_it_is_looked_for_is_no_finding(entries, sealed_log):
    key_actions.replace(is_lost=False, by=Actor.operator("replace_log_key"), at=make.NOON)

    with connection.execute_wrapper(sealed_before_the_queue_is_read(sealed_log)):
        assert findings() == []


def test_a_key_of_which_a_changed_entry_tells_is_found(entries, sealed_log, owner):
    key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)
    sealed_log()
    told = SecurityEvent._base_manager.get(action="log_key.replaced")
    owner(lambda: row(told).update(reason="rewritten"))

    assert {("key_unsaid", None), ("entry_changed", 6)} == named(findings())


@pytest.mark.parametrize("text", ["", "invoiced.com/log-key-hand-over/v1\n"], ids=["none", "another text"])
def test_a_key_that_nobody_signed_in_is_found(entries, text):
    intruder = Signer.new(log_keys.origin())
    LogKey.objects.create(
        verifier_key=str(intruder.verifier()),
        origin=log_keys.origin(),
        size=6,
        hand_over=f"{text}\n{intruder.sign(text)}" if text else "",
        made_at=make.NOON,
    )

    assert [(one.what, one.is_warning) for one in findings()] == [
        ("key_not_handed_over", False),
        ("key_at_hand", False),
    ]


@pytest.fixture
def old(parcel_sent, company_id, sealed_log):
    """Two sealed entries that are old enough to be erased."""
    made = [make.recorded(parcel_sent, make.Parcel(company_id), at=LONG_AGO, place=place) for place in ("Riga", "Bonn")]
    sealed_log(LONG_AGO)
    return made


def erase(company_id, until=make.NOON):
    return erasing.erase_old(company_id=company_id, until=until, at=make.NOON)


def emptied(entry):
    """Empty an entry past the rules."""
    return row(entry).update(**erasing._emptied(type(entry)), erased_at=make.NOON)


def told(company_id, numbers, kept="", at=make.NOON):
    target = LogSettings(company_id=company_id)
    return make.recorded(
        events.LOG_ERASED, target, at=at, count=len(numbers), numbers=numbers, kept=kept, why="retention"
    )


def test_an_erased_entry_that_an_entry_covers_is_no_finding(old, company_id, sealed_log):
    assert erase(company_id) == 2

    [found] = findings()
    assert (found.what, found.is_warning) == ("erased_unsealed", True)
    sealed_log()
    assert findings() == []


def test_what_is_erased_while_a_check_is_under_way_is_no_finding(parcel_sent, company_id, sealed_log, monkeypatch):
    monkeypatch.setattr(entry_check, "PIECE", 256)
    day_before = LONG_AGO - timedelta(days=1)
    for at in [day_before] + 300 * [LONG_AGO]:
        make.recorded(parcel_sent, make.Parcel(company_id), at=at, place="Riga")
    sealed_log()
    assert erase(company_id, until=LONG_AGO) == 1

    verification, found = Verification(begin()), []
    while not verification.is_done:
        found += verification.go_on()
        if verification.position == 256:
            erase(company_id)
            sealed_log()

    assert [one.what for one in found if one.what != "entry_dated"] == ["erased_unsealed"]
    assert findings() == []


def test_an_entry_that_gets_its_place_while_it_is_looked_for_covers_what_it_says(old, company_id, sealed_log):
    erase(company_id)

    with connection.execute_wrapper(sealed_before_the_queue_is_read(sealed_log)):
        assert [one.what for one in findings() if one.what != "erased_unsealed"] == []


def sealed_before_the_queue_is_read(sealed_log):
    """The sealer gives entries their places at the very moment at which somebody looks for them in the queue."""
    is_sealed = []

    def seal(execute, sql, params, many, context):
        if 'FROM "audit_waiting"' in sql and not is_sealed:
            is_sealed.append(True)
            sealed_log()
        return execute(sql, params, many, context)

    return seal


def test_an_erased_entry_that_none_covers_is_found(entries, owner, company_id, sealed_log):
    owner(lambda: emptied(entries[4]))
    told(company_id, [2])
    told(uuid7(), [3])
    sealed_log()

    [found] = findings()
    assert found.what == "erased_unsaid"
    assert says(found, entries[4], index=4, number=3)


def test_an_erasing_entry_written_past_the_queue_covers_nothing(old, owner, company_id):
    owner(lambda: erase(company_id))

    assert named(findings()) == {("erased_unsaid", 0), ("erased_unsaid", 1), ("entry_inserted", None)}


def test_an_erasing_entry_that_was_changed_covers_nothing(old, owner, company_id, sealed_log):
    erase(company_id)
    sealed_log()
    owner(lambda: SecurityEvent._base_manager.filter(action="log.erased").update(reason="rewritten"))

    assert named(findings()) == {("erased_unsaid", 0), ("erased_unsaid", 1), ("entry_changed", 2)}


@pytest.mark.parametrize("data", ["[1", "[1]", "{}", '{"kept":"","numbers":1}'])
def test_an_erasing_entry_that_cannot_be_read_covers_nothing(old, owner, company_id, sealed_log, data):
    erase(company_id)
    sealed_log()

    def change():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_securityevent SET data = %s WHERE action = 'log.erased'", [data])

    owner(change)

    assert named(findings()) == {("erased_unsaid", 0), ("erased_unsaid", 1), ("entry_changed", 2)}


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "rewritten"},
        {"actor_label": "Eve"},
        {"data": {"place": "Rome"}},
        {"changes": {}},
        {"ip": "192.0.2.8"},
        {"salt": b"0123456789abcdef"},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
def test_words_put_into_an_erased_entry_are_found(old, owner, company_id, sealed_log, change):
    erase(company_id)
    sealed_log()
    owner(lambda: row(old[0]).update(**change))

    assert named(findings()) == {("erased_not_empty", 0), ("erased_changed", 1)}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "refused"},
        {"action": "parcel.lost"},
        {"customer_id": uuid7},
        {"actor_type": "operator"},
        {"object_id": "other"},
        {"object_type": "other"},
        {"at": LONG_AGO + HOUR},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
@pytest.mark.parametrize("is_told_again", [False, True], ids=["once", "told again"])
def test_what_is_left_of_an_erased_entry_cannot_be_changed(old, owner, company_id, sealed_log, change, is_told_again):
    erase(company_id)
    sealed_log()
    owner(lambda: row(old[1]).update(**{name: value() if callable(value) else value for name, value in change.items()}))
    if is_told_again:
        told(company_id, [1, 2], erasing_digest(old))
        sealed_log()

    [found] = findings()
    assert (found.what, found.index) == ("erased_changed", 0)


def erasing_digest(entries):
    rows = {row[0].replace("-", ""): row for row in rows_of("billing", [entry.pk for entry in entries])}
    return digest_of(("billing", number, rows[entry.pk.hex]) for number, entry in enumerate(entries, 1))


def test_an_entry_that_was_too_young_to_be_erased_is_found(entries, owner, company_id, sealed_log):
    owner(lambda: emptied(entries[0]))
    told(company_id, [1], erasing_digest(entries[:1]))
    told(company_id, [1], erasing_digest(entries[:1]), at=make.NOON + timedelta(days=400))
    sealed_log()

    assert named(findings()) == {("erased_early", 0)}


def test_an_entry_that_is_kept_for_ever_is_found_where_it_was_erased(old, owner, company_id, sealed_log):
    final = told(company_id, [1], at=LONG_AGO)
    sealed_log(LONG_AGO)
    owner(lambda: emptied(final))
    told(company_id, [3])
    sealed_log()

    assert named(findings()) == {("erased_early", 2)}


def test_since_a_checkpoint_only_what_came_after_is_looked_at(entries, owner, sealed_log, parcel_sent, company_id):
    kept = Checkpoint.objects.get().note
    later = make.recorded(parcel_sent, make.Parcel(company_id), place="Kiel")
    sealed_log()
    owner(lambda: row(entries[0]).update(reason="rewritten"))

    assert findings(since=kept) == []

    owner(lambda: row(later).update(reason="rewritten"))
    assert named(findings(since=kept)) == {("entry_changed", 6)}
    assert named(findings()) == {("entry_changed", 0), ("entry_changed", 6)}


def test_a_log_cut_back_is_found_by_a_checkpoint_kept_elsewhere(entries, owner):
    kept = Checkpoint.objects.get().note

    def cut():
        Checkpoint.objects.all().delete()
        Leaf.objects.all().delete()
        BillingEvent._base_manager.all().delete()
        SecurityEvent._base_manager.all().delete()
        Waiting.objects.all().delete()

    owner(cut)

    assert ("leaf_removed", 0) in named(findings(since=kept))


def test_a_checkpoint_that_nobody_we_know_signed_is_refused(entries):
    with pytest.raises(UnknownCheckpoint, match="None of the known keys signed"):
        begin(since=Checkpoint.objects.get().note, trusted=str(Signer.new(log_keys.origin()).verifier()))
    with pytest.raises(UnknownCheckpoint, match="no signed note"):
        begin(since="hello")


def test_a_key_that_is_none_of_the_log_s_is_told_of(entries):
    key = str(log_keys.signer(make.NOON).verifier())
    other = str(Signer.new(log_keys.origin()).verifier())

    assert findings(trusted=key) == []
    assert named(findings(trusted=other)) == {("key_unknown", None)}
