"""Signed notes, checkpoints and cosignatures: c2sp.org/signed-note, /tlog-checkpoint and /tlog-cosignature.

Everything is Ed25519. A log's own signature has type 0x01; a cosignature, type 0x04, also says when.
"""

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PLAIN, TIMED = 0x01, 0x04
DASH = "\N{EM DASH}"
WHOLE_NUMBER = re.compile("0|[1-9][0-9]{0,18}")


class BadNote(Exception):
    """The text is no note, or no known key signed it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name, for one type of signature."""

    name: str
    type: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + bytes([self.type]) + self.public).digest()[:4]

    @property
    def timed(self) -> "Verifier":
        """The same key as it signs the time."""
        return Verifier(self.name, TIMED, self.public)

    def __str__(self) -> str:
        """The key as text: name+id+key."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.type]) + self.public).decode()}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Raise BadNote unless this key signed the text; when, in seconds since 1970, for a timed signature."""
        at = None
        message = text.encode()
        if self.type == TIMED:
            if len(signature) != 8 + 64:
                raise BadNote(f"The cosignature of {self.name} has the wrong length.")
            [at] = struct.unpack(">Q", signature[:8])
            message, signature = cosigned(text, at), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise BadNote(f"The signature of {self.name} does not fit the text.") from None
        return at


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under its name."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def new(cls, name: str) -> "Signer":
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read what `written` gave."""
        try:
            private, key, name, key_id, encoded = text.strip().split("+", 4)
            seed = base64.b64decode(encoded, validate=True)
            signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed[1:]))
        except (ValueError, binascii.Error):
            raise BadNote("This is no private key of a note.") from None
        if (private, key, seed[0], key_id) != ("PRIVATE", "KEY", PLAIN, signer.verifier().key_id.hex()):
            raise BadNote("This is no private key of a note.")
        return signer

    def written(self) -> str:
        """PRIVATE+KEY+name+id+key, as Go's sumdb/note writes it."""
        seed = base64.b64encode(bytes([PLAIN]) + self.private.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier().key_id.hex()}+{seed}"

    def verifier(self, type: int = PLAIN) -> Verifier:
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier(self.name, type, public)

    def sign(self, text: str) -> str:
        """The signature line for a note's text."""
        return signature_line(self.verifier(), self.private.sign(text.encode()))

    def cosign(self, text: str, at: int) -> str:
        """The line that says the checkpoint was the largest known at an instant, in seconds since 1970."""
        signature = struct.pack(">Q", at) + self.private.sign(cosigned(text, at))
        return signature_line(self.verifier(TIMED), signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line that has not been checked."""

    name: str
    key_id: bytes
    signature: bytes
    line: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says, signed or not."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text. Lines after the third are allowed and ignored."""
        *lines, end = text.split("\n")
        if end or len(lines) < 3 or not all(lines):
            raise BadNote("This is no checkpoint: its first three lines are origin, size and root, and none is empty.")
        origin, size, root = lines[:3]
        if not WHOLE_NUMBER.fullmatch(size):
            raise BadNote("The size in the checkpoint is not a whole number.")
        try:
            decoded = base64.b64decode(root, validate=True)
        except (ValueError, binascii.Error):
            decoded = b""
        if len(decoded) != 32:
            raise BadNote("The root in the checkpoint is not 32 bytes in base64.")
        return cls(origin, int(size), decoded)


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key: name+id+key."""
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        key = base64.b64decode(encoded, validate=True)
        verifier = Verifier(name, key[0], key[1:])
    except (ValueError, IndexError, binascii.Error):
        raise BadNote("This is no verifier key.") from None
    if not _is_name(name) or verifier.type not in (PLAIN, TIMED) or len(verifier.public) != 32:
        raise BadNote("This is no verifier key of Ed25519.")
    if verifier.key_id.hex() != key_id:
        raise BadNote("The id in the verifier key does not fit its key.")
    return verifier


def signature_line(verifier: Verifier, signature: bytes) -> str:
    return f"{DASH} {verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}\n"


def cosigned(text: str, at: int) -> bytes:
    """What a cosignature signs."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def split(note: str) -> tuple[str, list[Signature]]:
    """The text of a note and its signatures, none of them checked."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n") or any(sign < " " and sign != "\n" for sign in note):
        raise BadNote("This is no signed note.")
    return text + "\n", [_signature(line) for line in lines.removesuffix("\n").split("\n")]


def is_signature(line: str) -> bool:
    """Whether a line, without its end, has the form of a signature, whosever it is."""
    try:
        _signature(line)
    except BadNote:
        return False
    return all(sign >= " " for sign in line)


def is_cosignature(line: str, text: str, witness: Verifier | None) -> bool:
    """The same, and one of this witness fits the text; of others nobody here can say."""
    if not is_signature(line):
        return False
    one = _signature(line)
    if witness and (one.name, one.key_id) == (witness.name, witness.key_id):
        try:
            witness.check(text, one.signature)
        except BadNote:
            return False
    return True


def opened_checkpoint(note: str, verifiers: list[Verifier]) -> tuple[Checkpoint, dict[Verifier, int | None]]:
    """The checkpoint in a note that one of these keys signed, plainly or with the time; BadNote otherwise."""
    text, signers = opened(note, [*verifiers, *(one.timed for one in verifiers)])
    return Checkpoint.parse(text), signers


def signed_time(signers: dict[Verifier, int | None]) -> int | None:
    """When the latest of these signed, in seconds since 1970; None where none says when."""
    return max((at for at in signers.values() if at is not None), default=None)


def opened(note: str, verifiers: list[Verifier]) -> tuple[str, dict[Verifier, int | None]]:
    """The text, with which of these keys signed it and, for cosignatures, when. At least one must have.

    A known key whose signature does not fit makes the whole note bad; unknown keys are passed over.
    """
    text, signatures = split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found: dict[Verifier, int | None] = {}
    for signature in signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier and verifier not in found:
            found[verifier] = verifier.check(text, signature.signature)
    if not found:
        raise BadNote("None of the known keys signed this note.")
    return text, found


def _is_name(name: str) -> bool:
    """Whether it may be the name of a key: not empty, without spaces of any kind and without plus signs."""
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def _signature(line: str) -> Signature:
    try:
        dash, name, encoded = line.split(" ")
        decoded = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise BadNote("A signature line of the note cannot be read.") from None
    if dash != DASH or not _is_name(name) or len(decoded) < 5:
        raise BadNote("A signature line of the note cannot be read.")
    return Signature(name, decoded[:4], decoded[4:], line + "\n")
