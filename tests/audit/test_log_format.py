"""The worked example in docs/log-format.md is what we make and what the tool accepts, byte for byte."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from audit.leaves import FORMAT, entry_bytes
from audit.merkle import leaf_hash, root_of
from audit.notes import TIMED, Checkpoint, Signer
from audit.tool import invoiced_log

TEXT = (settings.BASE_DIR / "docs" / "log-format.md").read_text(encoding="utf-8")
EXAMPLE = dict(re.findall(r"^`([^`]+)`:\n\n```\n(.*?)```$", TEXT, flags=re.MULTILINE | re.DOTALL))
ENTRY = EXAMPLE["entry.json"].removesuffix("\n").encode()
LEAVES = [leaf_hash(b""), leaf_hash(ENTRY), leaf_hash(b"\x00")]
LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
SIGNED_AT = 1773316807
ROW = (
    "0195a8f36c007b1a9f003d2c1b0a9988",
    "0195a00000007000800000000000c0de",
    "0195a8e012347abc8def0123456789ab",
    "2026-03-12T12:00:00.000000Z",
    "192.0.2.7",
    bytes(range(16)),
    "invoice.voided",
    "0195a001-0000-7000-8000-0000000000ad",
    "Ada König",
    "member",
    "success",
    'Wrong "customer"\nsee mail',
    "0195a8f3-6bff-7000-8000-00000000000a",
    "f3c1",
    "Firefox 136",
    "0195a8f0-aaaa-7bbb-8ccc-dddddddddddd",
    "INV-000042",
    "invoice",
    "",
    '{"status":["issued","void"]}',
    '{"amount":"119.00","currency":"EUR"}',
)


def keys():
    return [invoiced_log.read_key(EXAMPLE["log.vkey"], 0x01)]


def test_the_entry_is_the_one_that_would_be_sealed():
    assert entry_bytes("billing", 17, ROW) == ENTRY


def test_the_hashes_are_in_the_text():
    for hash in (*LEAVES, root_of(LEAVES[:2]), root_of(LEAVES), LOG.verifier(TIMED).key_id):
        assert f"`{hash.hex()}`" in TEXT
    assert f"{LOG.verifier()}\n" == EXAMPLE["log.vkey"]


@pytest.mark.parametrize(("size", "name"), [(2, "checkpoint"), (3, "entry.tlog-proof"), (3, "consistency.txt")])
def test_the_checkpoints_are_those_that_would_be_signed(size, name):
    text = Checkpoint(LOG.name, size, root_of(LEAVES[:size])).text

    assert EXAMPLE[name].endswith(f"{text}\n{LOG.sign(text)}{LOG.cosign(text, SIGNED_AT)}")


def test_the_tool_accepts_the_proofs():
    files = {"entry.json": ENTRY, "entry.tlog-proof": EXAMPLE["entry.tlog-proof"].encode()}
    assert "signed by example.com/log at 2026-03-12 12:00:07 UTC" in invoiced_log.proved_by(files, keys(), []).sentence

    older = invoiced_log.open_checkpoint(EXAMPLE["checkpoint"].encode(), keys())
    size, path, note = invoiced_log.consistency_lines(EXAMPLE["consistency.txt"].encode())
    assert size == older.size
    invoiced_log.check_consistency(older, invoiced_log.open_checkpoint(note, keys()), path)


def test_every_field_is_described():
    said = invoiced_log.json.loads(ENTRY)
    [table] = re.findall(r"^## An entry$(.*?)^\*\*Leaf hash", TEXT, flags=re.MULTILINE | re.DOTALL)

    assert re.findall(r"^\| `([^`]+)` \|", table, flags=re.MULTILINE) == list(said)
    assert f"`{FORMAT}`" in table
