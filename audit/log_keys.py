"""The key the log signs with. Its private half is a file that only the sealer's process can read.

Beside it lie, for a moment, the key that is to take over (`log.key.new`, until the database knows of it) and the one
it took over from (`log.key.old`, until both have signed a checkpoint; then it is destroyed).
"""

import base64
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from audit import signed
from audit.models import LogKey
from audit.notes import BadNote, Signer, Verifier, parse_verifier
from audit.tiles import put

FILE = "log.key"


class KeyLost(Exception):
    """The private key is not where it was left, or is another one than the log's."""


def origin() -> str:
    """How the log is called in its checkpoints: the first address it had, without the scheme."""
    first = LogKey.objects.order_by("pk").values_list("origin", flat=True).first()
    return first if first is not None else f"{urlsplit(settings.SITE_URL).netloc}/log"


def verifiers() -> list[Verifier]:
    """Every key that ever signed, the latest last."""
    return [parse_verifier(key) for key in LogKey.objects.order_by("pk").values_list("verifier_key", flat=True)]


def witness() -> Verifier | None:
    """The key of the witness who is asked to sign what the log signs; None where there is none."""
    return parse_verifier(settings.WITNESS_KEY) if settings.WITNESS_KEY else None


def known() -> list[Verifier]:
    """Those that ever signed, and the one at hand: what it signed is ours though the database lost its public half."""
    kept, found = verifiers(), at_hand()
    return [*kept, found] if found and found not in kept else kept


def at_hand() -> Verifier | None:
    """The public half of the key that the sealer has; None where nobody here can read it."""
    try:
        return _read(_file()).verifier()
    except KeyLost:
        return None


def other_at_hand() -> Verifier | None:
    """The key that the sealer has, where the database says that another signs and none is prepared to take over.

    Looked at twice: a key may be replaced between reading the database and reading the files.
    """
    return _other_at_hand() and _other_at_hand()


def hand_over_text(name: str, old: Verifier, new: Verifier, size: int, root: bytes) -> str:
    """What is signed when a new key takes over from an old one, at the last checkpoint that the old one signed."""
    encoded = base64.b64encode(root).decode()
    return f"invoiced.com/log-key-hand-over/v1\n{name}\n{old}\n{new}\n{size}\n{encoded}\n"


def signer(at: datetime) -> Signer:
    """The log's private key, made when there has never been one."""
    latest, path = _latest(), _file()
    if latest is None and not path.exists():
        new = Signer.new(origin())
        signed.begin(new, at)
        write(path, new)
    if latest is not None and _is(_file(".new"), latest):
        install()
    found = _read(path)
    if latest is None:
        LogKey.objects.create(verifier_key=str(found.verifier()), origin=found.name, size=0, hand_over="", made_at=at)
    elif str(found.verifier()) != latest.verifier_key:
        raise KeyLost(
            f"{path} holds another key than the log signs with. Put that one back, or run: manage.py replace_log_key"
        )
    return found


def prepare() -> Signer:
    """Make the key that is to take over, beside the one that signs."""
    new = Signer.new(origin())
    write(_file(".new"), new)
    return new


def install() -> None:
    """Let the prepared key sign from now on; the one before is kept until both have signed a checkpoint."""
    if _file().exists():
        _file().replace(_file(".old"))
    _file(".new").replace(_file())


def former_signer() -> Signer | None:
    """The key before this one, while no checkpoint has been signed by both."""
    former, path = LogKey.objects.order_by("-pk")[1:2], _file(".old")
    return _read(path) if any(_is(path, key) for key in former) else None


def forget_former() -> None:
    """Destroy the key before this one: nobody shall sign with it again."""
    _file(".old").unlink(missing_ok=True)


def write(path: Path, signer: Signer) -> None:
    """Keep a private key where only this user can read it."""
    settings.SEALER_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(path, f"{signer.written()}\n".encode(), mode=0o600)


def _other_at_hand() -> Verifier | None:
    latest, found = _latest(), at_hand()
    if latest is None or found is None or str(found) == latest.verifier_key or _is(_file(".new"), latest):
        return None
    return found


def _latest() -> LogKey | None:
    return LogKey.objects.order_by("-pk").first()


def _file(ending: str = "") -> Path:
    folder: Path = settings.SEALER_DIR
    return folder / f"{FILE}{ending}"


def _is(path: Path, key: LogKey) -> bool:
    try:
        return str(_read(path).verifier()) == key.verifier_key
    except KeyLost:
        return False


def _read(path: Path) -> Signer:
    try:
        return Signer.parse(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise KeyLost(f"{path} cannot be read ({error}). Put the key back, or run: manage.py replace_log_key") from None
