#!/usr/bin/env python3
"""Check what a log of Invoiced signed, without asking whoever runs it. One file: Python 3.9 or later, `cryptography`.

    python3 -m pip install cryptography
    python3 invoiced_log.py verify proof.zip --key "example.com/log+1a2b3c4d+AX..."

The key is the one thing you have to trust: take it from where you were given it, not from the file you check.
The formats are RFC 6962 (the tree) and c2sp.org/signed-note, /tlog-checkpoint, /tlog-cosignature, /tlog-proof,
/tlog-tiles and /tlog-witness; the entry itself is described in docs/log-format.md of Invoiced. This program shares
no line with the one that seals the log, so that the two check each other.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import http.client
import io
import json
import os
import re
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

try:
    from lzma import LZMAError
except ImportError:  # a Python without it opens no such zip
    LZMAError = ValueError  # type: ignore[assignment, misc]
try:
    import fcntl
except ImportError:  # Windows: everything but the guards against two at work in one folder or with one state file
    fcntl = None  # type: ignore[assignment]

LOG, COSIGNER = 0x01, 0x04
DASH = "\N{EM DASH}"
ENTRY, ERASED, PROOF = "entry.json", "entry.leaf-hash", "entry.tlog-proof"
KILOBYTE, MEGABYTE = 2**10, 2**20
LARGEST = {ENTRY: 64 * MEGABYTE, ERASED: KILOBYTE, PROOF: MEGABYTE}
BESIDE = ("README.txt", "log.vkey", "invoiced_log.py")  # what lies beside the entries and says nothing of them
LARGEST_ZIP, MOST_FILES, MOST_NAMED, LARGEST_NOTE = 512 * MEGABYTE, 50_000, 20, 256 * KILOBYTE
Node = Callable[[int, int], bytes]
File = tuple[str, str, Callable[[], bytes]]  # its folder, its name, and how it is read


class Refused(Exception):
    """It does not verify, or cannot be read; the text says why."""


class Forbidden(Refused):
    """No trusted key signed, or its signature does not fit."""


# The tree


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry: of its bytes after a byte of zero (RFC 6962, 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two halves, after a byte of one (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_over(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to from a leaf hash (RFC 9162, 2.1.3.2)."""
    if index >= size:
        raise Refused(f"A tree of {size} entries has no entry {index}.")
    position, last = index, size - 1
    for sibling in path:
        if last == 0:
            raise Refused("The proof is longer than the tree is high.")
        if position & 1 or position == last:
            leaf = node_hash(sibling, leaf)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise Refused("The proof is shorter than the tree is high.")
    return leaf


def check_consistency(older: Checkpoint, newer: Checkpoint, path: list[bytes]) -> None:
    """Refuse unless the newer tree begins with the whole older one (RFC 9162, 2.1.4.2)."""
    broken = Refused(
        f"The tree of {newer.size} entries does not begin with the tree of {older.size}: history was changed."
    )
    if older.size > newer.size:
        raise Refused(f"The log had {older.size} entries and has {newer.size} now: history was removed.")
    if older.size in (0, newer.size):
        if path or older.root != (newer.root if older.size else sha256(b"").digest()):
            raise broken
        return
    position, last = older.size - 1, newer.size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    hashes = iter(path if position else [older.root, *path])
    was = now = next(hashes, b"")
    for sibling in hashes:
        if last == 0:
            raise broken
        if position & 1 or position == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        position, last = position >> 1, last >> 1
    if last or (was, now) != (older.root, newer.root):
        raise broken


def subtree(start: int, end: int, node: Node) -> bytes:
    """MTH(D[start:end]) of RFC 6962, 2.1; `node` knows the complete subtrees by level and index."""
    count = end - start
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start // count)
    half = 1 << (count - 1).bit_length() - 1
    return node_hash(subtree(start, start + half, node), subtree(start + half, end, node))


def subproof(older: int, start: int, end: int, is_whole: bool, node: Node) -> list[bytes]:
    """SUBPROOF(older, D[start:end], is_whole) of RFC 6962, 2.1.2."""
    if older == end - start:
        return [] if is_whole else [subtree(start, end, node)]
    half = 1 << (end - start - 1).bit_length() - 1
    if older <= half:
        return [*subproof(older, start, start + half, is_whole, node), subtree(start + half, end, node)]
    return [*subproof(older - half, start + half, end, False, node), subtree(start, start + half, node)]


# Signed notes


class Key(NamedTuple):
    """A public key under its name, for one type of signature."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names its key (signed-note, "Signatures")."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """The verifier key as text: name+id+key (signed-note)."""
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.type]) + self.public)}"


class Checkpoint(NamedTuple):
    """How large a tree was and its root, with who signed that; for those who signed the time too, when."""

    origin: str
    size: int
    root: bytes
    text: str
    signers: dict[Key, int | None]
    lines: str

    def __str__(self) -> str:
        """In words, for a sentence."""
        times = [f"{shown(key.name)} at {moment(at)}" for key, at in self.signers.items() if at is not None]
        signed = ", signed by " + " and by ".join(times) if times else ""
        return f"{shown(self.origin)}, {self.size} entries, root {encoded(self.root)}{signed}"


EMPTY = Checkpoint("", 0, sha256(b"").digest(), "", {}, "")


def read_key(text: str, type: int) -> Key:
    """Read a verifier key, name+id+key, of this type of signature (signed-note)."""
    try:
        name, id, rest = text.strip().split("+", 2)
        key = Key(name, decoded(rest)[0], decoded(rest)[1:])
    except (ValueError, IndexError, Refused):
        raise Refused(f'"{shown(text)}" is neither a verifier key nor a file with one.') from None
    if not name or re.search(r"\s", name) or len(key.public) != 32 or key.id.hex() != id:
        raise Refused(f'The verifier key "{shown(text)}" is damaged.')
    if key.type != type:
        wanted = "a log's key (type 0x01)" if type == LOG else "a witness's key (type 0x04)"
        raise Refused(f'"{shown(text)}" is not {wanted}.')
    return key


def keys_of(named: list[str], type: int = LOG) -> list[Key]:
    """The keys somebody named, each as its text or as a file that holds one."""
    keys = []
    for text in named:
        if os.path.isfile(text):
            lines = [line for line in readable(read_file(Path(text), LARGEST_NOTE)).splitlines() if line.strip()]
            if len(lines) != 1:
                raise Refused(f"{text} holds {len(lines)} keys. Name the one you trust: --key NAME+ID+KEY")
            text = lines[0]
        keys.append(read_key(text, type))
    return keys


def open_checkpoint(note: bytes, keys: list[Key], witnesses: list[Key] | None = None) -> Checkpoint:
    """The checkpoint in a note that one of the keys signed and every witness cosigned (tlog-checkpoint).

    The key of a log may sign as a cosigner too. What unknown keys signed is passed over; a known key whose signature
    does not fit makes the whole note bad (signed-note, "Signatures").
    """
    text, signatures = note_parts(note)
    known = {(key.name, key.id): key for key in [*keys, *(Key(key.name, COSIGNER, key.public) for key in keys)]}
    known |= {(key.name, key.id): key for key in witnesses or []}
    signers: dict[Key, int | None] = {}
    lines = ""
    for line, name, signature in signatures:
        key = known.get((name, signature[:4]))
        if key:
            signers[key] = check_signature(key, text, signature[4:])
            lines += line + "\n"
    trusted = [key for key in keys if key in signers]
    if not trusted:
        raise Forbidden("No key that you trust signed this checkpoint.")
    for witness in witnesses or []:
        if witness not in signers:
            raise Refused(f"The witness {shown(witness.name)} did not sign this checkpoint.")
    origin, size, root = checkpoint_lines(text)
    if all(key.type == LOG and key.name != origin for key in trusted):
        raise Refused(f"The key is that of {shown(trusted[0].name)}, and the checkpoint is about {shown(origin)}.")
    return Checkpoint(origin, size, root, text, signers, lines)


def note_parts(note: bytes) -> tuple[str, Iterator[tuple[str, str, bytes]]]:
    """The text of a note, and its signature lines one by one, each with its name and bytes (signed-note, "Format")."""
    text, _, lines = readable(note).rpartition("\n\n")
    text += "\n"
    if not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text + lines):
        raise Refused("This is no signed note.")
    return text, map(signature_parts, lines[:-1].split("\n"))


def signature_parts(line: str) -> tuple[str, str, bytes]:
    """A signature line, the name in it, and the id of the key with the signature."""
    dash, name, content = [*line.split(" "), "", ""][:3]
    signature = decoded(content)
    if dash != DASH or not name or len(signature) < 5 or line.count(" ") != 2:
        raise Refused("A signature line of the note cannot be read.")
    return line, name, signature


def checkpoint_lines(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root; lines that follow are allowed, and ignored (tlog-checkpoint)."""
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise Refused("This is no checkpoint: it has to begin with three lines, of origin, size and root.")
    root = decoded(lines[2])
    if len(root) != 32:
        raise Refused("The root in the checkpoint is not 32 bytes.")
    return lines[0], whole(lines[1]), root


def check_signature(key: Key, text: str, signature: bytes) -> int | None:
    """Refuse unless the key signed the text; for a cosigner, the second since 1970 it names (tlog-cosignature)."""
    at, message = None, text.encode()
    if key.type == COSIGNER:
        at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = cosigned(text, at)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise Forbidden(f"The signature of {shown(key.name)} does not fit: the checkpoint was changed.") from None
    return at


def cosigned(text: str, at: int) -> bytes:
    """What a cosigner signs of a checkpoint at a second since 1970 (tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


# Reading and showing


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def decoded(text: str) -> bytes:
    """The bytes of base64 with padding, in its one spelling (RFC 4648, 4)."""
    try:
        content = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Refused(f'"{shown(text)}" is not base64.') from None
    if encoded(content) != text:
        raise Refused(f'"{shown(text)}" is base64 in another spelling than the usual one.')
    return content


def hashes_in(lines: list[str]) -> list[bytes]:
    """The hashes of a proof, a line each; no tree has more than 63 levels (tlog-proof, tlog-witness)."""
    found = [decoded(line) for line in lines]
    if len(found) > 63 or any(len(one) != 32 for one in found):
        raise Refused("The hashes of the proof cannot be read.")
    return found


def whole(text: str) -> int:
    """A whole number in the one spelling that checkpoints and proofs have."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise Refused(f'"{shown(text)}" is not a whole number.')
    return int(text)


def readable(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Refused("This is not text in UTF-8.") from None


def shown(text: object) -> str:
    """A text of somebody else, safe for a terminal."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in str(text)[:201])
    return clean if len(clean) <= 200 else clean[:200] + "..."


def moment(at: int) -> str:
    """A second since 1970, as people read it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
    except (OverflowError, ValueError, OSError):
        raise Refused("A signature names a time that there is not.") from None


def read_file(path: Path, most: int) -> bytes:
    """A file of so many bytes at most."""
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Refused(f"{path} is larger than {most} bytes.")
    return content


def keep(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a crash leaves the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def locked(path: Path, refusal: str) -> BinaryIO:
    """The file that guards others, until it is closed, from working with what this process works with."""
    guard = open(path, "wb")  # noqa: SIM115  whoever asks for it closes it
    try:
        if fcntl:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        guard.close()
        raise Refused(refusal) from None
    return guard


# verify, checkpoint, consistency


class Proved(NamedTuple):
    """An entry that verifies: which of which log, and what it says its company's number for it is, if it is shown."""

    origin: str
    leaf_index: int
    company: object
    number: object
    sentence: str


def verify(options: argparse.Namespace) -> None:
    keys, witnesses = keys_of(options.key), keys_of(options.witness, COSIGNER)
    proved: dict[tuple[str, int], Proved] = {}
    bad = 0
    for name, files in entries_in(options.files):
        try:
            one = proved_by(files, keys, witnesses)
            if (one.origin, one.leaf_index) in proved:
                raise Refused(f"It is entry {one.leaf_index} again, which is here already.")
            proved[one.origin, one.leaf_index] = one
            print(f"{shown(name)}: {one.sentence}")
        except Refused as refusal:
            print(f"{shown(name)}: NOT VERIFIED. {refusal}", file=sys.stderr)
            bad += 1
    for note in [*notes_on(list(proved.values())), *notes_beside(options.files)]:
        print(note)
    if bad or not proved:
        count = bad + len(proved)
        raise Refused(f"{bad} of {count} entries do not verify." if bad else "There is no entry with a proof here.")
    print("1 entry verifies." if len(proved) == 1 else f"All {len(proved)} entries verify.")


def notes_on(proved: list[Proved]) -> Iterator[str]:
    """Which of a company's numbers are missing between those that are here: no proof says of what those entries are."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for one in proved:
        if isinstance(one.number, int):
            numbers.setdefault((one.origin, str(one.company)), []).append(one.number)
    for (_, company), found in numbers.items():
        missing = max(found) - min(found) + 1 - len(set(found))
        if missing > 0:
            given = "1 more was given" if missing == 1 else f"{missing} more were given"
            yield (
                f"Note: between number {min(found)} and number {max(found)} of company {shown(company)}, {given}. "
                "Those entries are about something else, or were left out; no proof here says which."
            )


def notes_beside(named: list[str]) -> Iterator[str]:
    """What else lies in the zip or the folder."""
    unseen = passed_over(Path(named[0])) if len(named) == 1 else []
    if unseen:
        more = f" and {len(unseen) - MOST_NAMED} more" if len(unseen) > MOST_NAMED else ""
        yield f"Not looked at, and proved by nothing here: {', '.join(map(shown, unseen[:MOST_NAMED]))}{more}."


def proved_by(files: dict[str, bytes], keys: list[Key], witnesses: list[Key]) -> Proved:
    """What the files of one entry prove; refused where they prove nothing."""
    if PROOF not in files:
        raise Refused(f"There is no {PROOF}.")
    if (ENTRY in files) == (ERASED in files):
        raise Refused(f"There has to be one of {ENTRY} and {ERASED}.")
    index, path, note = proof_lines(files[PROOF])
    checkpoint = open_checkpoint(note, keys, witnesses)
    if ENTRY in files:
        leaf, said = leaf_hash(files[ENTRY]), read_entry(files[ENTRY])
        what = described(said)
    else:
        leaf, said, what = erased_hash(files[ERASED]), {}, "Only its hash is here; what it says is not shown."
    if root_over(leaf, index, checkpoint.size, path) != checkpoint.root:
        raise Refused(
            "Entry, proof and signed root do not fit together: the entry is not the one that was sealed here."
        )
    sentence = f"{what} It is entry {index} of {checkpoint}."
    return Proved(checkpoint.origin, index, said.get("company"), said.get("number"), sentence)


def proof_lines(content: bytes) -> tuple[int, list[bytes], bytes]:
    """The index of an entry, its proof of inclusion and the signed note; an `extra` line is ignored (tlog-proof)."""
    head, _, note = readable(content).partition("\n\n")
    first, *lines = head.split("\n")
    if lines and lines[0].startswith("extra "):
        decoded(lines.pop(0)[6:])
    if first != "c2sp.org/tlog-proof@v1" or not lines or not lines[0].startswith("index "):
        raise Refused("This is no proof of c2sp.org/tlog-proof@v1.")
    return whole(lines[0][6:]), hashes_in(lines[1:]), note.encode()


def described(said: dict[str, object]) -> str:
    """What an entry says of itself."""
    action, at, number, company = (shown(said[name]) for name in ("action", "at", "number", "company"))
    return f"{action} at {at}, number {number} of company {company}."


def read_entry(entry: bytes) -> dict[str, object]:
    """What an `entry.json` says (docs/log-format.md, "An entry")."""
    try:
        said: dict[str, object] = json.loads(entry, object_pairs_hook=named_once)
        if said["format"] == "invoiced-entry/1" and {"action", "at", "number", "company"} <= said.keys():
            return said
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Refused(f"{ENTRY} is no entry of format invoiced-entry/1.")


def named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; refused with a name twice, of which readers would see one value each as they like."""
    said: dict[str, object] = {}
    for name, value in pairs:
        if name in said:
            raise Refused(f'{ENTRY} says "{shown(name)}" twice, and no entry does.')
        said[name] = value
    return said


def erased_hash(content: bytes) -> bytes:
    """The leaf hash in the place of an entry whose words are gone (docs/log-format.md, "Erased entries")."""
    text = readable(content).strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise Refused(f"{ERASED} does not hold 64 hexadecimal digits.")
    return bytes.fromhex(text)


def entries_in(named: list[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The files of each entry: in a zip, in a folder and those inside it, or an entry with its proof."""
    first = Path(named[0])
    if len(named) > 2:
        raise Refused(f"Name a zip, a folder, or {ENTRY} and {PROOF}.")
    if len(named) > 1:
        kind = ERASED if first.suffix == ".leaf-hash" else ENTRY
        yield first.name, {kind: read_file(first, LARGEST[kind]), PROOF: read_file(Path(named[1]), LARGEST[PROOF])}
    elif first.is_dir():
        files = sorted(one for one in first.rglob("*") if one.name in LARGEST)
        parts = [
            (str(one.parent.relative_to(first)), one.name, partial(read_file, one, LARGEST[one.name])) for one in files
        ]
        yield from grouped(parts)
    elif first.name in LARGEST:
        yield from entries_in([str(first), str(first.with_name(PROOF))])
    elif os.path.getsize(first) > LARGEST_ZIP:
        raise Refused(f"{first} is larger than {LARGEST_ZIP} bytes.")
    else:
        with opened_zip(first) as archive:
            names = [(PurePosixPath(one.filename), one) for one in archive.infolist()]
            parts = [(str(name.parent), name.name, partial(unzipped, archive, one)) for name, one in names]
            yield from grouped([part for part in parts if part[1] in LARGEST])


def passed_over(path: Path) -> list[str]:
    """What lies in a zip or a folder and was not looked at: other files, and folders with nothing in them."""
    if path.is_dir():
        names: list[PurePath] = [one.relative_to(path) for one in path.rglob("*")]
    elif zipfile.is_zipfile(path):
        with opened_zip(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
    else:
        return []
    full = {parent for name in names for parent in name.parents}
    return sorted(str(one) for one in names if one not in full and one.name not in LARGEST and str(one) not in BESIDE)


def grouped(files: Sequence[File]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The files folder by folder, each read when its turn comes."""
    if len(files) > MOST_FILES:
        raise Refused(f"There are more than {MOST_FILES} files.")
    folders: dict[str, dict[str, Callable[[], bytes]]] = {}
    for folder, name, read in files:
        if name in folders.setdefault(folder, {}):
            raise Refused(f"{shown(folder)}/{name} is there twice.")
        folders[folder][name] = read
    for folder, readers in folders.items():
        yield folder, {name: read() for name, read in readers.items()}


DAMAGED = (
    EOFError,
    LZMAError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a zip raises where it is damaged, or packed in a way that Python does not know."""


def opened_zip(path: Path) -> zipfile.ZipFile:
    """A zip, or a refusal in words."""
    try:
        return zipfile.ZipFile(path)
    except DAMAGED:
        raise Refused(f"{path} is no zip file, no folder and no {ENTRY}.") from None


def unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A file of a zip, no larger than one of its name may be."""
    most = LARGEST[PurePosixPath(info.filename).name]
    try:
        with archive.open(info) as file:
            content = file.read(most + 1)
    except (*DAMAGED, OSError):
        raise Refused(f"{shown(info.filename)} in the zip is damaged.") from None
    if len(content) > most:
        raise Refused(f"{shown(info.filename)} is larger than {most} bytes.")
    return content


def show_checkpoint(options: argparse.Namespace) -> None:
    note = read_file(Path(options.file), LARGEST_NOTE)
    print(f"Signed: {open_checkpoint(note, keys_of(options.key), keys_of(options.witness, COSIGNER))}.")


def consistency(options: argparse.Namespace) -> None:
    keys = keys_of(options.key)
    older = open_checkpoint(read_file(Path(options.older), LARGEST_NOTE), keys)
    size, path, note = consistency_lines(read_file(Path(options.proof), LARGEST_NOTE))
    newer = open_checkpoint(note, keys)
    if (size, older.origin) != (older.size, newer.origin):
        raise Refused(
            f"This proof is not about the older checkpoint, of {older.size} entries in {shown(older.origin)}."
        )
    check_consistency(older, newer, path)
    print(f"Consistent: the tree of {newer.size} entries begins with the whole tree of {older.size}. Newer: {newer}.")


def consistency_lines(content: bytes) -> tuple[int, list[bytes], bytes]:
    """The older size, the proof and the newer note: the body of an add-checkpoint request (tlog-witness)."""
    head, _, note = readable(content).partition("\n\n")
    first, *lines = head.split("\n")
    if not first.startswith("old ") or not note:
        raise Refused("This is no consistency proof: it has to begin with a line of the older size, such as: old 20")
    return whole(first[4:]), hashes_in(lines), note.encode()


# follow


def follow(options: argparse.Namespace) -> None:
    """Fetch the latest checkpoint and see that it continues the one that was kept (tlog-tiles).

    One run at a time: a slow one must not bring back what a quicker one found outdated.
    """
    state = Path(options.state)
    busy = f"Another run works with {state}. Try again when it has ended."
    with locked(state.with_name(state.name + ".lock"), busy):
        follow_on(keys_of(options.key), state, options.url.rstrip("/"))


def follow_on(keys: list[Key], state: Path, prefix: str) -> None:
    """Compare with what was kept, and keep what was fetched. The proof is made from tiles, no more than it needs."""
    kept = kept_in(state)
    note = fetched(f"{prefix}/checkpoint", LARGEST_NOTE)
    newer = open_checkpoint(note, keys)
    if kept is None:
        said = f"First seen: {newer}. The next run compares with it."
    else:
        older = open_checkpoint(kept, keys)
        if older.origin != newer.origin:
            raise Refused(f"{state} is about another log, {shown(older.origin)}.")
        is_plain = older.size in (0, newer.size) or older.size > newer.size
        node = partial(fetched_node, prefix, newer.size, {})
        check_consistency(older, newer, [] if is_plain else subproof(older.size, 0, newer.size, True, node))
        said = f"Consistent with the {older.size} entries seen before: {newer}."
    if kept_in(state) != kept:
        raise Refused(f"Another run wrote {state} meanwhile. Nothing was kept: run this again.")
    keep(state, note)
    print(said)


def kept_in(state: Path) -> bytes | None:
    """The checkpoint a state file holds; None where nothing was kept yet."""
    return read_file(state, LARGEST_NOTE) if state.exists() else None


def fetched_node(prefix: str, size: int, tiles: dict[tuple[int, int], bytes], level: int, index: int) -> bytes:
    """A node of the tree of so many entries; `tiles` has what was fetched of it already."""
    row, below = divmod(level, 8)
    number, start = divmod(index << below, 256)
    if (row, number) not in tiles:
        tiles[row, number] = fetched_tile(prefix, row, number, min(256, (size >> 8 * row) - 256 * number))
    tile = tiles[row, number]
    hashes = [tile[at : at + 32] for at in range(32 * start, 32 * (start + (1 << below)), 32)]
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def fetched_tile(prefix: str, level: int, number: int, width: int) -> bytes:
    """A tile by its address of c2sp.org/tlog-tiles; the full one where the part is no longer there."""
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03}")
    address = f"{prefix}/tile/{level}/{'/'.join(parts)}"
    try:
        tile = fetched(address if width == 256 else f"{address}.p/{width}", 8 * KILOBYTE)
    except Refused:
        if width == 256:
            raise
        tile = fetched(address, 8 * KILOBYTE)
    if len(tile) < 32 * width:
        raise Refused(f"The tile at {address} is too short.")
    return tile


def fetched(address: str, most: int) -> bytes:
    """What stands at an address, so many bytes at most."""
    if not address.startswith(("http://", "https://")):
        raise Refused("The address of the log has to begin with https:// or http://")
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
            content: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        raise Refused(f"{address} answered {error.code}.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Refused(f"{address} cannot be fetched: {error}") from None
    if len(content) > most:
        raise Refused(f"{address} is larger than {most} bytes.")
    return content


# witness


class Witness:
    """Cosigns each checkpoint that continues the one it cosigned before (c2sp.org/tlog-witness)."""

    def __init__(self, folder: Path, logs: list[Key], name: str = "") -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self.logs, self.turn = folder, logs, threading.Lock()
        self.guard = locked(folder / ".lock", f"Another witness works in {folder}.")
        self.name, self.private = witness_key(folder, name)
        self.key = Key(self.name, COSIGNER, public_half(self.private))

    def add_checkpoint(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, type and body of the answer to a request to cosign (tlog-witness, "add-checkpoint")."""
        try:
            size, path, note = consistency_lines(body)
            origin, _, _ = checkpoint_lines(note_parts(note)[0])
            logs = [key for key in self.logs if key.name == origin]
            if not logs:
                return in_words(404, "This witness does not know the log.")
            new = open_checkpoint(note, logs)
        except Forbidden as refusal:
            return in_words(403, refusal)
        except Refused as refusal:
            return in_words(400, refusal)
        if size > new.size:
            return in_words(400, "The old size is larger than the checkpoint.")
        with self.turn:
            return self.cosign(size, path, new)

    def cosign(self, size: int, path: list[bytes], new: Checkpoint) -> tuple[int, str, bytes]:
        """Sign a checkpoint that continues the one kept, and keep it before anybody learns of the signature."""
        kept = self.kept(hashed(new.origin))
        old = open_checkpoint(kept, [self.key]) if kept else EMPTY
        if size != old.size:
            return 409, "text/x.tlog.size", b"%d\n" % old.size
        try:
            if new.size == 0 and new.root != EMPTY.root:
                raise Refused("The root of an empty tree is the hash of nothing.")
            check_consistency(old, new, path)
        except Refused as refusal:
            print(f"NOT COSIGNED: {refusal} {new}.", file=sys.stderr, flush=True)
            return in_words(422, refusal)
        at = int(time.time())
        signature = self.private.sign(cosigned(new.text, at))
        line = f"{DASH} {self.name} {encoded(self.key.id + at.to_bytes(8, 'big') + signature)}\n"
        keep(self.folder / hashed(new.origin), f"{new.text}\n{new.lines}{line}".encode())
        return 200, "text/plain; charset=utf-8", line.encode()

    def kept(self, name: str) -> bytes | None:
        """The checkpoint that was cosigned last for the log with this origin, in hashed form."""
        path = self.folder / name
        return read_file(path, LARGEST_NOTE) if re.fullmatch("[0-9a-f]{64}", name) and path.exists() else None


def in_words(status: int, text: object) -> tuple[int, str, bytes]:
    """An answer that is a sentence."""
    return status, "text/plain; charset=utf-8", f"{text}\n".encode()


def hashed(origin: str) -> str:
    """What a log is called in the folder of a witness, and in the address of what it cosigned last."""
    return sha256(origin.encode()).hexdigest()


def public_half(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def witness_key(folder: Path, name: str) -> tuple[str, Ed25519PrivateKey]:
    """The key of the witness, made the first time: a line of its name and one of the 32 secret bytes in base64."""
    path = folder / "witness.key"
    if not path.exists():
        name = name or f"{socket.gethostname()}/witness"
        if re.search(r"[\s+]", name):
            raise Refused("The name of a witness has no spaces and no plus sign.")
        secret = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep(path, f"{name}\n{encoded(secret)}\n".encode(), mode=0o600)
    known, _, secret_text = readable(read_file(path, KILOBYTE)).strip().partition("\n")
    if name not in ("", known):
        raise Refused(
            f"This witness is called {known}; its name is part of its key. For another name use another folder."
        )
    if len(decoded(secret_text)) != 32:
        raise Refused(f"{path} is damaged. Put back the copy you keep of it.")
    return known, Ed25519PrivateKey.from_private_bytes(decoded(secret_text))


class Answering(BaseHTTPRequestHandler):
    """One connection to a witness."""

    protocol_version, timeout = "HTTP/1.1", 30
    server: Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,6}", length) or int(length) > LARGEST_NOTE:
            self.close_connection = True
            self.answer(*in_words(400, f"A request has a Content-Length, of at most {LARGEST_NOTE} bytes."))
            return
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            self.answer(*in_words(404, "Post to /add-checkpoint."))
            return
        try:
            self.answer(*self.server.witness.add_checkpoint(body))
        except (Refused, OSError) as problem:
            print(f"The witness cannot keep its state: {problem}", file=sys.stderr, flush=True)
            self.answer(*in_words(500, "The witness cannot keep its state."))

    def do_GET(self) -> None:
        name, _, rest = self.path[1:].partition("/")
        found = self.server.witness.kept(name) if rest == "checkpoint" else None
        self.answer(
            *(in_words(404, "No such checkpoint.") if found is None else (200, "text/plain; charset=utf-8", found))
        )

    def answer(self, status: int, type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A witness over HTTP."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        self.witness = witness
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Answering)


def witness(options: argparse.Namespace) -> None:
    run_witness(options.state, options.listen, options.log, options.name)


def run_witness(state: str, listen: str, logs: list[str], name: str = "") -> None:
    """Serve until interrupted."""
    host, _, port = listen.rpartition(":")
    if not host or whole(port) > 65535:
        raise Refused("Say where to listen as HOST:PORT, such as 127.0.0.1:8090")
    keeper = Witness(Path(state), keys_of(logs), name)
    try:
        with Server(keeper, host.strip("[]"), whole(port)) as server:
            print(f"Listening on {host}:{server.server_address[1]}. The key of this witness:\n{keeper.key}", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        keeper.guard.close()


def show_witness_key(options: argparse.Namespace) -> None:
    name, private = witness_key(Path(options.state), options.name)
    print(Key(name, COSIGNER, public_half(private)))


# The command line


def witness_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", required=True, help="the folder with its key and what it cosigned last")
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument(
        "--log", required=True, action="append", help="the verifier key of a log it watches; may be repeated"
    )
    parser.add_argument("--name", default="", help="what the witness is called, such as witness.example.com/w1")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], text: str, *options: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        if "key" in options:
            text = "the log's verifier key, or a file with it; may be repeated after a change of keys"
            added.add_argument("--key", required=True, action="append", help=text)
        if "witness" in options:
            text = "the verifier key of a witness that must have cosigned; may be repeated"
            added.add_argument("--witness", default=[], action="append", help=text)
        return added

    one = command("verify", verify, "check entries with their proofs", "key", "witness")
    one.add_argument("files", nargs="+", metavar="FILE", help=f"a zip, a folder, or {ENTRY} and {PROOF}")
    one = command("checkpoint", show_checkpoint, "check who signed a checkpoint, and show it", "key", "witness")
    one.add_argument("file")
    one = command("consistency", consistency, "check that a newer tree begins with an older one", "key")
    one.add_argument("older", help="the older checkpoint")
    one.add_argument("proof", help="the consistency proof, which holds the newer checkpoint")
    one = command("follow", follow, "fetch the latest checkpoint and check that it continues the last one seen", "key")
    one.add_argument("url", help="where the log is, such as https://example.com/log")
    one.add_argument("--state", required=True, help="the file in which the latest checkpoint is kept")
    witness_arguments(command("witness", witness, "run a witness that cosigns checkpoints over HTTP"))
    one = command("witness-key", show_witness_key, "show the verifier key of a witness, made where there is none")
    one.add_argument("--state", required=True, help="the folder of the witness")
    one.add_argument("--name", default="", help="what a new witness is called")
    return parser


def main(given: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = arguments().parse_args(given)
    try:
        options.run(options)
    except Refused as refusal:
        print(f"NOT VERIFIED. {refusal}", file=sys.stderr)
    except OSError as error:
        print(f"NOT VERIFIED. {error.filename or 'A file'}: {error.strerror or error}.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
