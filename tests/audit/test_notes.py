"""Signed notes, checkpoints and cosignatures: the examples of their specifications, and what is refused."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.notes import (
    PLAIN,
    TIMED,
    BadNote,
    Checkpoint,
    Signer,
    Verifier,
    cosigned,
    opened,
    parse_verifier,
    signature_line,
    split,
)
from audit.tool import invoiced_log

# c2sp.org/signed-note, "Example"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""

# c2sp.org/tlog-cosignature, the example of its introduction and of "Ed25519 signed message"
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
COSIGNED_MESSAGE = b"""cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = Signer("witness.example.com/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
HEAD = Checkpoint("example.com/log", 3, b"\x07" * 32)
NOTE = HEAD.text + "\n" + LOG.sign(HEAD.text) + WITNESS.cosign(HEAD.text, 1_700_000_000)


def test_the_example_of_the_specification_opens():
    text, found = opened(EXAMPLE, [parse_verifier(EXAMPLE_KEY)])

    assert text == "This is an example message.\n"
    assert [str(verifier) for verifier in found] == [EXAMPLE_KEY]


def test_a_key_is_written_as_it_was_read():
    verifier = parse_verifier(EXAMPLE_KEY)

    assert (verifier.name, verifier.type, verifier.key_id.hex()) == ("example.com/foo", PLAIN, "530d903a")
    assert str(verifier) == EXAMPLE_KEY


def test_a_note_may_hold_empty_lines():
    """The text ends at the last one: the example of c2sp.org/signed-note has two."""
    text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    signed = "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc="
    signature = f"— quasimodo.example/salvatore {signed}\n"

    found, signatures = split(f"{text}\n{signature}")

    assert found == text
    assert [(one.name, one.line) for one in signatures] == [("quasimodo.example/salvatore", signature)]


def test_the_time_of_a_cosignature_is_where_the_specification_puts_it():
    text, [_, cosignature] = split(COSIGNED)
    seconds = int.from_bytes(cosignature.signature[:8], "big")

    assert (seconds, len(cosignature.signature)) == (1679315147, 72)
    assert cosigned(text, seconds) == COSIGNED_MESSAGE


def test_the_checkpoint_of_the_specification_is_read():
    found = Checkpoint.parse(split(COSIGNED)[0])

    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(found.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_each_type_of_one_key_has_an_id_of_its_own():
    for verifier, type in ((LOG.verifier(), b"\x01"), (LOG.verifier(TIMED), b"\x04")):
        assert verifier.key_id == sha256(b"example.com/log\n" + type + verifier.public).digest()[:4]
        assert parse_verifier(str(verifier)) == verifier


def test_a_note_names_who_signed_and_when():
    text, found = opened(NOTE, [LOG.verifier(), WITNESS.verifier(TIMED)])

    assert text == HEAD.text
    assert found == {LOG.verifier(): None, WITNESS.verifier(TIMED): 1_700_000_000}
    assert Checkpoint.parse(text) == HEAD


def test_unknown_signatures_are_passed_over():
    stranger = signature_line(Verifier("example.com/other", 0x06, b"x" * 1312), b"y" * 2428)

    assert opened(NOTE + stranger, [LOG.verifier()])[1] == {LOG.verifier(): None}
    with pytest.raises(BadNote, match="None of the known keys"):
        opened(NOTE + stranger, [Signer.new("example.com/log").verifier()])


def test_sixteen_signatures_are_not_too_many():
    others = "".join(
        signature_line(Verifier(f"witness.example.com/{number}", TIMED, b"x" * 32), b"y" * 4900) for number in range(15)
    )

    assert opened(NOTE.replace("\n\n", f"\n\n{others}"), [LOG.verifier()])[0] == HEAD.text


def test_a_known_key_with_another_signature_spoils_the_note():
    other = HEAD.text.replace("\n3\n", "\n4\n")

    with pytest.raises(BadNote, match="does not fit"):
        opened(f"{other}\n{LOG.sign(HEAD.text)}{WITNESS.cosign(other, 1)}", [LOG.verifier(), WITNESS.verifier(TIMED)])


@given(st.integers(0, (len(HEAD.text.encode()) + 64 + 72) * 8 - 1))
def test_no_bit_of_text_or_signature_can_be_flipped(bit):
    verifiers = [LOG.verifier(), WITNESS.verifier(TIMED)]
    text, signatures = split(NOTE)
    parts = [text.encode(), *(one.signature for one in signatures)]
    whole = bytearray(b"".join(parts))
    whole[bit // 8] ^= 1 << bit % 8
    start = len(parts[0])
    lines = [
        signature_line(verifiers[0], bytes(whole[start : start + 64])),
        signature_line(verifiers[1], bytes(whole[start + 64 :])),
    ]

    changed = bytes(whole[:start]) + b"\n" + "".join(lines).encode()

    with pytest.raises(invoiced_log.Refused):
        invoiced_log.open_checkpoint(changed, *as_the_tool_has_them())
    with pytest.raises((BadNote, UnicodeDecodeError)):
        opened(changed.decode(), verifiers)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        NOTE.removesuffix("\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("— ", "- "),
        NOTE.replace("—", "——"),
        NOTE.replace(" witness", "\u00a0witness"),
        NOTE.replace("witness.", "wit+ness."),
        NOTE.replace("\n3\n", "\n3\r\n"),
        NOTE + "\n",
        NOTE + "— name\n",
        NOTE + "— name !!!!\n",
        NOTE + "— name AAAA\n",
        NOTE + "— na me AAAAAAAA\n",
        "\x00" + NOTE,
        "a\tb" + NOTE,
    ],
)
def test_what_is_no_note_is_refused_by_both(note):
    with pytest.raises(BadNote):
        opened(note, [LOG.verifier(), WITNESS.verifier(TIMED)])
    with pytest.raises(invoiced_log.Refused):
        invoiced_log.open_checkpoint(note.encode(), *as_the_tool_has_them())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/log\n3\n",
        "\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "example.com/log\n03\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "example.com/log\n-3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "example.com/log\n٣\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "example.com/log\n" + "9" * 5000 + "\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "example.com/log\n3\nBwcH\n",
        "example.com/log\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "example.com/log\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\nextension\n",
    ],
    ids=lambda text: repr(text[:30]),
)
def test_what_is_no_checkpoint_is_refused_by_both(text):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)
    with pytest.raises(invoiced_log.Refused):
        invoiced_log.checkpoint_lines(text)


def test_lines_after_the_third_are_signed_and_passed_over():
    text = HEAD.text + "extension\n"

    assert Checkpoint.parse(text) == HEAD
    assert invoiced_log.checkpoint_lines(text) == (HEAD.origin, HEAD.size, HEAD.root)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "example.com/foo",
        EXAMPLE_KEY.replace("530d903a", "530d903b"),
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        EXAMPLE_KEY.replace("foo", "fo o"),
        EXAMPLE_KEY.replace("foo", "fo\u2003o"),
        EXAMPLE_KEY.replace("AekyeRrm", "BekyeRrm"),
        EXAMPLE_KEY[:-4],
        EXAMPLE_KEY + "!",
        "example.com/foo+530d903a+",
    ],
)
def test_a_damaged_key_is_refused_by_both(key):
    with pytest.raises(BadNote):
        parse_verifier(key)
    with pytest.raises(invoiced_log.Refused):
        invoiced_log.read_key(key, PLAIN)


def test_a_private_key_is_read_as_it_was_written():
    assert Signer.parse(LOG.written() + "\n").written() == LOG.written()
    assert LOG.written().startswith(f"PRIVATE+KEY+example.com/log+{LOG.verifier().key_id.hex()}+AQABAgME")


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY", LOG.written()[:-4], LOG.written().replace("log+", "lag+")])
def test_a_damaged_private_key_is_refused(text):
    with pytest.raises(BadNote):
        Signer.parse(text)


def as_the_tool_has_them():
    return (
        [invoiced_log.read_key(str(LOG.verifier()), PLAIN)],
        [invoiced_log.read_key(str(WITNESS.verifier(TIMED)), TIMED)],
    )
