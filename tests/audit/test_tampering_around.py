"""What stands around the entries is compared as well: lines of witnesses, times of erasing, the shown checkpoint."""

import base64
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from audit import log_keys
from audit.actions import erasing
from audit.models import BillingEvent, Checkpoint, Cosignature, Leaf, LogKey, SecurityEvent, Waiting
from audit.notes import DASH, TIMED, Signer, opened
from audit.published import published_note
from tests.audit import make
from tests.audit.tampering import findings, named

pytestmark = pytest.mark.django_db
SECONDS = int(make.NOON.timestamp())


@pytest.fixture
def witness(settings):
    signer = Signer.new("witness.example.com")
    settings.WITNESS_URL, settings.WITNESS_KEY = "https://witness.example.com", str(signer.verifier(TIMED))
    return signer


def keep(line):
    checkpoint = Checkpoint.objects.latest("pk")
    return Cosignature.objects.create(checkpoint=checkpoint, witness="witness.example.com", line=line, at=make.NOON)


def text_of(checkpoint):
    return checkpoint.note.rpartition("\n\n")[0] + "\n"


def test_what_the_witness_signed_is_no_finding(entries, witness):
    keep(witness.cosign(text_of(Checkpoint.objects.latest("pk")), SECONDS))

    assert findings() == []


def test_a_line_of_another_witness_is_no_finding(entries, witness):
    keep(Signer.new("former.example.com").cosign("of an older checkpoint\n", SECONDS))

    assert findings() == []


def test_a_spoiled_line_of_the_witness_is_found_and_handed_to_nobody(entries, witness):
    keep(witness.cosign("another text\n", SECONDS))

    assert named(findings()) == {("cosignature_changed", 6)}
    published = published_note(Checkpoint.objects.latest("pk"))
    assert opened(published, [*log_keys.verifiers(), witness.verifier(TIMED)])


@pytest.mark.parametrize("is_ours", [False, True], ids=["of nobody", "of ours again"])
def test_a_line_put_to_what_was_signed_is_found(entries, owner, is_ours):
    key_id = log_keys.verifiers()[0].key_id if is_ours else b"abcd"
    name = log_keys.origin() if is_ours else "witness.example.com/like"
    checkpoint = Checkpoint.objects.get()
    line = f"{DASH} {name} {base64.b64encode(key_id + bytes(72)).decode()}\n"
    owner(lambda: Checkpoint.objects.update(note=checkpoint.note + line))

    assert ("checkpoint_changed", 6) in named(findings())


def delete_everything():
    for model in (Checkpoint, Leaf, LogKey, BillingEvent, SecurityEvent, Waiting):
        model._base_manager.all().delete()


def test_that_everything_is_gone_is_told_by_the_shown_checkpoint_alone(entries, owner, settings, tmp_path):
    settings.SEALER_DIR = tmp_path / "nothing"
    owner(delete_everything)

    assert {one.what for one in findings()} == {"checkpoint_file"}
    with pytest.raises(CommandError, match="cannot be read here, and was not compared"):
        call_command("verify_audit_log", stdout=io.StringIO())


@pytest.fixture
def erased(parcel_sent, company_id, sealed_log):
    now = datetime.now(UTC)
    make.recorded(parcel_sent, make.Parcel(company_id), place="Riga", at=now - timedelta(days=800))
    sealed_log(now - timedelta(days=800))
    assert erasing.erase_old(company_id=company_id, until=now - timedelta(days=367), at=now) == 1
    sealed_log(now)
    return now


def test_a_moved_time_of_erasing_is_found(erased, owner):
    assert findings() == []
    owner(lambda: BillingEvent._base_manager.update(erased_at=erased - timedelta(days=90)))

    assert named(findings()) == {("erased_changed", 0)}


def test_a_hand_over_of_the_first_key_is_found(entries, owner):
    owner(lambda: LogKey.objects.update(hand_over="Trust this key."))

    assert {one.what for one in findings()} == {"key_not_handed_over"}
