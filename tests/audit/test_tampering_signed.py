"""The whole history, written and signed again by the owner of the database and of the public files.

Without the sealer's folder that is found by every check that can read it, and stops the sealer. With it, and with the
log's own key, only what somebody keeps elsewhere tells.
"""

import shutil

import pytest

from audit import events, log_keys, merkle, publishing, sealing, signed, tiles
from audit.actions import log_keys as key_actions
from audit.actors import Actor
from audit.errors import KeyNotReplaceable
from audit.leaves import entry_hash, rows_of
from audit.models import Checkpoint, Leaf, LogKey, SealerState, Waiting
from audit.notes import Signer
from audit.verifying.check import UnknownCheckpoint
from tests.audit import make
from tests.audit.tampering import as_owner, findings, leaf, named, row, sign

pytestmark = pytest.mark.django_db
OPERATOR = Actor.operator("tests")
LATER = make.NOON + publishing.SIGNED_WHEN_QUIET


def rewrite_an_old_entry(entry):
    row(entry).update(reason="rewritten")
    [found] = rows_of("billing", [entry.pk])
    leaf(entry).update(hash=entry_hash("billing", leaf(entry).get().number, found))


def sign_again(signer):
    """Write all tiles, the only checkpoint and the public file anew."""
    Checkpoint.objects.all().delete()
    shutil.rmtree(tiles.tile_folder())
    size = Leaf.objects.count()
    made = sign(size, merkle.tree_hash(0, size, publishing.rebuild_tiles(size).node), signer, make.NOON)
    signed.shown().write_text(made.note, encoding="utf-8")


def put_in_place_of_the_key(intruder):
    LogKey.objects.all().delete()
    LogKey.objects.create(verifier_key=str(intruder.verifier()), origin=log_keys.origin(), size=0, made_at=make.NOON)


def hand_over_to(intruder):
    """A key that says it took over before the first entry, and an entry with its place that tells of it."""
    former = LogKey.objects.get()
    text = log_keys.hand_over_text(
        former.origin, log_keys.verifiers()[0], intruder.verifier(), 0, merkle.Frontier().root()
    )
    key = LogKey.objects.create(
        verifier_key=str(intruder.verifier()),
        origin=former.origin,
        size=0,
        hand_over=f"{text}\n{intruder.sign(text)}",
        made_at=make.NOON,
    )
    told = make.recorded(events.LOG_KEY_REPLACED, key, by=OPERATOR, former=former.verifier_key, size=0, is_lost=True)
    [found] = rows_of("security", [told.pk])
    index = Leaf.objects.count()
    number = Leaf.objects.filter(company_id__isnull=True).count() + 1
    hashed = entry_hash("security", number, found)
    Leaf.objects.create(index=index, log="security", entry_id=told.pk, number=number, hash=hashed, sealed_at=make.NOON)
    Waiting.objects.all().delete()


def sign_with_a_key_of_nobody(intruder):
    """The checkpoint is signed by a key that stands nowhere."""


def attack(entry, way, intruder):
    """Write anew what stands in the database and in the public files; what the sealer keeps stays as it is."""
    rewrite_an_old_entry(entry)
    way(intruder)
    sign_again(intruder)


def attack_with_the_sealer_s_folder(entry, way, intruder):
    """Write anew all that the machine knows."""
    attack(entry, way, intruder)
    log_keys.write(signed.memory().parent / log_keys.FILE, intruder)
    signed.remember(Checkpoint.objects.get().note)


@pytest.fixture
def intruder():
    return Signer.new(log_keys.origin())


@pytest.fixture
def kept(entries):
    """A checkpoint and the key, as somebody has them elsewhere."""
    return {"since": Checkpoint.objects.get().note, "trusted": LogKey.objects.get().verifier_key}


WAYS = pytest.mark.parametrize(
    ("way", "whats"),
    [
        (put_in_place_of_the_key, {"key_at_hand", "sealer_signed"}),
        (hand_over_to, {"key_lost", "key_at_hand", "sealer_signed"}),
        (sign_with_a_key_of_nobody, {"checkpoint_unsigned", "checkpoint_file", "sealer_signed"}),
    ],
    ids=["another key", "a forged hand-over", "a key of nobody"],
)


@WAYS
def test_without_the_sealer_s_folder_it_is_found_and_stops_the_sealer(entries, intruder, way, whats):
    as_owner(lambda: attack(entries[0], way, intruder))
    before = signed.memory().read_bytes(), signed.shown().read_bytes(), Checkpoint.objects.get().note

    sealing.turn(LATER)

    found = findings()
    assert {one.what for one in found} == whats
    assert {one.what for one in found if one.is_warning} <= {"key_lost"}
    assert SealerState.objects.get().problem
    assert (signed.memory().read_bytes(), signed.shown().read_bytes(), Checkpoint.objects.get().note) == before


@WAYS
def test_no_new_key_is_made_for_such_a_history(entries, intruder, way, whats):
    as_owner(lambda: attack(entries[0], way, intruder))
    keys = list(LogKey.objects.values_list("verifier_key", flat=True))

    for is_lost in (True, False):
        with pytest.raises(KeyNotReplaceable):
            key_actions.replace(is_lost=is_lost, by=OPERATOR, at=LATER)

    assert list(LogKey.objects.values_list("verifier_key", flat=True)) == keys


def test_a_check_elsewhere_than_at_the_sealer_has_nothing_to_compare(entries, intruder, settings, tmp_path):
    settings.SEALER_DIR = tmp_path / "nothing"
    as_owner(lambda: attack(entries[0], put_in_place_of_the_key, intruder))

    assert findings() == []


@pytest.mark.parametrize(
    ("way", "whats"),
    [
        (put_in_place_of_the_key, {"key_unknown", "checkpoint_root", "checkpoint_fork"}),
        (hand_over_to, {"key_lost", "checkpoint_root"}),
    ],
    ids=["another key", "a forged hand-over"],
)
def test_with_all_the_machine_knows_it_is_found_by_what_somebody_kept(entries, kept, intruder, way, whats):
    as_owner(lambda: attack_with_the_sealer_s_folder(entries[0], way, intruder))
    assert [one for one in findings() if not one.is_warning] == []

    assert {one.what for one in findings(**kept) if not one.is_warning} == whats
    assert [one.what for one in findings(trusted=kept["trusted"]) if not one.is_warning] == [
        "key_unknown" if way is put_in_place_of_the_key else "key_lost"
    ]


def test_a_checkpoint_that_was_kept_is_refused_where_its_key_is_gone(entries, kept, intruder):
    as_owner(lambda: attack_with_the_sealer_s_folder(entries[0], put_in_place_of_the_key, intruder))

    with pytest.raises(UnknownCheckpoint, match="None of the known keys signed"):
        findings(since=kept["since"])


def test_with_the_log_s_own_key_it_is_found_by_a_checkpoint_that_somebody_kept(entries, kept):
    own = log_keys.signer(make.NOON)
    as_owner(lambda: attack_with_the_sealer_s_folder(entries[0], sign_with_a_key_of_nobody, own))
    assert findings() == findings(trusted=kept["trusted"]) == []

    assert named(findings(**kept)) == {("checkpoint_fork", 6), ("checkpoint_root", 6)}


def test_what_the_sealer_keeps_a_moment_before_the_database_has_it_is_no_finding(entries):
    as_owner(lambda: Checkpoint.objects.all().delete())

    assert [one.what for one in findings() if one.what in ("sealer_signed", "key_at_hand")] == []


def test_places_taken_back_to_before_what_the_sealer_signed_are_found(entries):
    as_owner(lambda: (Checkpoint.objects.all().delete(), Leaf.objects.filter(index=5).delete()))

    assert ("sealer_signed", 6) in named(findings())


def test_a_hand_over_under_way_is_no_finding(entries, monkeypatch):
    monkeypatch.setattr(log_keys, "install", lambda: None)
    key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)

    assert findings() == []


def test_a_key_replaced_while_it_is_compared_is_no_finding(entries, monkeypatch):
    monkeypatch.setattr(log_keys, "at_hand", after_once(replace_key, log_keys.at_hand))

    assert log_keys.other_at_hand() is None
    assert LogKey.objects.count() == 2


def test_a_key_put_in_its_place_while_it_is_compared_is_no_finding(entries, monkeypatch):
    install = log_keys.install
    monkeypatch.setattr(log_keys, "install", lambda: None)
    replace_key()
    monkeypatch.setattr(log_keys, "_is", after_once(install, log_keys._is))

    assert log_keys.other_at_hand() is None
    assert str(log_keys.at_hand()) == LogKey.objects.latest("pk").verifier_key


def replace_key():
    key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)


def after_once(first, then):
    """A function that does something else before it does what it is for, the first time."""
    before = [first]

    def do(*arguments):
        if before:
            before.pop()()
        return then(*arguments)

    return do


def test_a_new_key_takes_over_at_what_was_signed_last_whatever_the_database_says(entries, sealed_log):
    as_owner(lambda: Checkpoint.objects.all().delete())

    key = key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)

    assert key.size == 6
    sealing.turn(LATER)
    assert (SealerState.objects.get().problem, findings()) == ("", [])


def test_the_log_is_hashed_once_for_each_size_that_was_signed(entries, sealed_log, monkeypatch):
    as_owner(lambda: Checkpoint.objects.all().delete())
    sizes, root_at = [], key_actions.root_at
    monkeypatch.setattr(key_actions, "root_at", lambda size: sizes.append(size) or root_at(size))

    replace_key()
    assert sizes == [6]

    former = signed.shown().read_bytes()
    sealed_log()
    signed.shown().write_bytes(former)
    sizes.clear()
    replace_key()
    assert sizes == [6, 7]


def test_no_new_key_is_made_where_files_and_database_contradict_each_other(entries):
    as_owner(lambda: Checkpoint.objects.update(root=bytes(32)))

    with pytest.raises(KeyNotReplaceable, match="is not what was signed"):
        key_actions.replace(is_lost=False, by=OPERATOR, at=make.NOON)
    assert LogKey.objects.count() == 1
