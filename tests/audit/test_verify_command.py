"""manage.py verify_audit_log, and replace_log_key beside it."""

import io
import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import log, log_keys
from audit.management.commands import verify_audit_log
from audit.models import BillingEvent, Checkpoint, LogKey, SecurityEvent
from audit.notes import Signer, opened, parse_verifier
from audit.verifying import check
from audit.verifying import entries as entry_check
from tests.audit import make
from tests.emptying import triggers_resting

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def sealed(parcel_sent, company_id, sealed_log, monkeypatch):
    """Six hundred entries, of which a piece of the check takes a tile."""
    monkeypatch.setattr(entry_check, "PIECE", 256)
    write(parcel_sent, company_id, 600)
    return sealed_log()


def write(event_type, company_id, count):
    with transaction.atomic():
        log.record_many(
            log.entry(event_type, target=make.Parcel(company_id), by=make.ADA, at=make.NOON, place=str(number))
            for number in range(count)
        )


def verify(*arguments, out=None):
    out = out or io.StringIO()
    call_command("verify_audit_log", *arguments, stdout=out)
    return out.getvalue()


def rewrite(position):
    """Change an entry as the owner of the database; its id."""
    entry = BillingEvent.objects.order_by("id")[position]
    with connection.cursor() as cursor, triggers_resting(connection.vendor, cursor):
        BillingEvent.objects.filter(pk=entry.pk).update(reason="rewritten")
    return entry.pk


def test_a_log_that_is_whole(sealed):
    assert verify().splitlines() == [
        "256 of 600 entries (42 %)",
        "512 of 600 entries (85 %)",
        "600 of 600 entries (100 %)",
        "600 entries checked, 600 of them under a signed checkpoint. Everything is as it was sealed.",
    ]


def test_where_the_sealer_s_folder_cannot_be_read_the_command_says_so(sealed, settings, tmp_path):
    settings.SEALER_DIR = tmp_path / "nothing"

    assert "What the sealer keeps beside its key cannot be read here, and was not compared." in verify()


def test_a_log_without_entries(db):
    assert verify() == (
        "0 entries checked, 0 of them under a signed checkpoint. What the sealer keeps beside its key cannot be read "
        "here, and was not compared. Everything is as it was sealed.\n"
    )


def test_what_is_found_is_one_line_and_fails(sealed):
    id = rewrite(3)
    out = io.StringIO()

    with pytest.raises(CommandError) as failure:
        verify(out=out)

    assert failure.value.returncode == 1
    assert str(failure.value).endswith("Found that is not as it was sealed: 1.")
    [line] = [line for line in out.getvalue().splitlines() if line.startswith("entry_changed")]
    assert f"billing entry {id}, number 4, company" in line


def test_a_terminal_has_a_bar(sealed):
    text = verify(out=Terminal())

    assert "\r[############..................]  42 %  256 of 600 entries" in text
    assert text.endswith(("Everything is as it was sealed.\x1b[0m\n", "Everything is as it was sealed.\n"))


def test_a_check_that_was_killed_goes_on_where_it_was(sealed, tmp_path, monkeypatch):
    state = tmp_path / "state"
    monkeypatch.setattr(verify_audit_log, "KEPT_EVERY", 0.0)
    rewrite(3)
    killed_at(512, state, monkeypatch)
    assert json.loads(state.read_text(encoding="utf-8"))["state"]["entries"]["position"] == 512

    looked_at = []
    monkeypatch.setattr("audit.verifying.check.check_entries", watched(looked_at))
    out = io.StringIO()
    with pytest.raises(CommandError, match="not as it was sealed: 1"):
        verify("--state", str(state), out=out)

    assert looked_at == [512]
    assert not state.exists()


def killed_at(position, state, monkeypatch):
    """Run the check with a state file until it has come so far, and then no further."""
    show = verify_audit_log.Bar.show

    def stop(bar, at, size):
        show(bar, at, size)
        if at > position:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(verify_audit_log.Bar, "show", stop)
        with pytest.raises(KeyboardInterrupt):
            verify("--state", str(state))


def watched(positions):
    def check(state, erasings, with_tiles):
        positions.append(state["position"])
        return entry_check.check_entries(state, erasings, with_tiles)

    return check


def test_the_state_of_another_check_is_refused(sealed, tmp_path):
    state = tmp_path / "state"
    for content in ("hello", "[]", json.dumps({"given": {"since": "", "trusted": "", "with_tiles": False}})):
        state.write_text(content, encoding="utf-8")
        with pytest.raises(CommandError, match="Remove it to begin anew"):
            verify("--state", str(state))


@pytest.mark.parametrize("version", [None, check.VERSION + 1], ids=["none", "another"])
def test_the_state_of_another_version_of_the_program_is_refused(sealed, tmp_path, monkeypatch, version):
    state = tmp_path / "state"
    monkeypatch.setattr(verify_audit_log, "KEPT_EVERY", 0.0)
    killed_at(512, state, monkeypatch)
    kept = json.loads(state.read_text(encoding="utf-8"))
    kept["state"] |= {"version": version}
    if version is None:
        del kept["state"]["version"]
    state.write_text(json.dumps(kept), encoding="utf-8")

    with pytest.raises(CommandError, match="is not what a check like this one left") as refusal:
        verify("--state", str(state))
    assert refusal.value.returncode == 2


def test_whoever_changes_what_a_check_keeps_gives_it_another_version(db):
    kept = {name: sorted(part) if isinstance(part, dict) else type(part) for name, part in check.begin().items()}

    assert kept == {
        "version": int,
        "stage": str,
        "trusted": str,
        "with_tiles": bool,
        "checkpoints": ["after", "at", "last", "root", "size"],
        "entries": [
            "dated", "is_broken", "levels", "numbers", "position", "signed", "since", "since_root", "size",
        ],
        "times": ["after", "at", "last", "size", "upto"],
        "unplaced": ["after", "log"],
    }  # fmt: skip
    assert check.VERSION == 1


def test_since_a_checkpoint_kept_elsewhere(sealed, sealed_log, parcel_sent, company_id, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(sealed.note, encoding="utf-8")
    write(parcel_sent, company_id, 1)
    sealed_log()
    rewrite(3)

    assert "Everything is as it was sealed." in verify("--since", str(kept))
    rewrite(600)
    with pytest.raises(CommandError, match="not as it was sealed: 1"):
        verify("--since", str(kept))


@pytest.mark.parametrize("content", [None, b"", b"hello", b"\xff"], ids=["missing", "empty", "text", "bytes"])
def test_a_checkpoint_that_is_none_is_refused(sealed, tmp_path, content):
    kept = tmp_path / "checkpoint.txt"
    if content is not None:
        kept.write_bytes(content)

    with pytest.raises(CommandError) as failure:
        verify("--since", str(kept))
    assert failure.value.returncode == 2


def test_a_checkpoint_of_another_log_is_refused(sealed, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(sealed.note.replace("testserver/log\n", "other/log\n", 1), encoding="utf-8")

    with pytest.raises(CommandError, match="cannot be used"):
        verify("--since", str(kept))


def test_a_key_given_must_be_the_log_s(sealed):
    assert "Everything is as it was sealed." in verify("--key", str(log_keys.verifiers()[0]))
    with pytest.raises(CommandError, match="not as it was sealed: 1"):
        verify("--key", str(Signer.new("testserver/log").verifier()))


def test_a_tile_that_cannot_be_read_is_one_line_and_fails(sealed, settings):
    tile = settings.LOG_DIR / "tile/0/000"
    tile.unlink()
    tile.mkdir()
    out = io.StringIO()

    with pytest.raises(CommandError, match="not as it was sealed: 1"):
        verify(out=out)

    assert "In the files, tile 0/000 cannot be read: Is a directory." in out.getvalue()


def test_tiles_can_be_left_out(sealed, settings):
    (settings.LOG_DIR / "tile/0/000").unlink()

    assert "Everything is as it was sealed." in verify("--no-tiles")
    with pytest.raises(CommandError, match="not as it was sealed: 1"):
        verify()


def replace(*arguments):
    out = io.StringIO()
    with time_machine.travel(make.NOON, tick=False):
        call_command("replace_log_key", *arguments, stdout=out)
    return out.getvalue()


def test_a_new_key_is_signed_in_by_the_old_one(sealed, sealed_log, settings, parcel_sent, company_id):
    [old] = log_keys.verifiers()

    said = replace()

    key = LogKey.objects.order_by("pk").last()
    new = parse_verifier(key.verifier_key)
    text, signers = opened(key.hand_over, [old, new])
    assert set(signers) == {old, new}
    assert text == log_keys.hand_over_text("testserver/log", old, new, 600, bytes(sealed.root))
    assert key.verifier_key in said

    checkpoint = sealed_log()
    _, signers = opened(checkpoint.note, [old, new, old.timed, new.timed])
    assert set(signers) == {old, new, old.timed, new.timed}
    assert sorted(path.name for path in settings.SEALER_DIR.iterdir()) == ["log.key", "signed"]

    write(parcel_sent, company_id, 1)
    _, signers = opened(sealed_log().note, [old, new])
    assert set(signers) == {new}
    assert "Everything is as it was sealed." in verify()


def test_the_replacing_is_in_the_security_log(sealed):
    [old] = log_keys.verifiers()
    replace()

    entry = SecurityEvent._base_manager.get()
    assert (entry.action, entry.actor_type, entry.actor_id, entry.outcome, entry.data) == (
        "log_key.replaced",
        "operator",
        "replace_log_key",
        "success",
        {"former": str(old), "is_lost": False, "size": 600},
    )


def test_a_lost_key_is_replaced_by_one_that_signs_alone(sealed, sealed_log, settings):
    (settings.SEALER_DIR / "log.key").unlink()
    with pytest.raises(CommandError, match="Put it back, or say that it is gone: --lost"):
        replace()
    replace("--lost")

    sealed_log()
    text = verify()
    assert "Warning: The key testserver/log+" in text
    assert text.endswith("Warnings: 1. Everything is as it was sealed.\n")


def test_a_key_that_is_at_hand_is_not_lost(sealed):
    with pytest.raises(CommandError, match="leave out --lost"):
        replace("--lost")
    assert LogKey.objects.count() == 1


def test_a_log_without_a_key_has_none_to_replace(db):
    with pytest.raises(CommandError, match="The log has no key yet"):
        replace()


def test_keys_are_replaced_again_and_again_without_a_fork(sealed, sealed_log, parcel_sent, company_id, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(Checkpoint.objects.get().note, encoding="utf-8")
    for _ in range(3):
        replace()
        replace()
        write(parcel_sent, company_id, 2)
        sealed_log(make.NOON + timedelta(hours=1))

    assert "Everything is as it was sealed." in verify()
    assert "Everything is as it was sealed." in verify("--since", str(kept))
