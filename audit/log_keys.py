"""The key the log signs with. Its private half is a file that only the sealer's process can read."""

import os
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from audit.models import LogKey
from audit.notes import BadNote, Signer, Verifier, parse_verifier

FILE = "log.key"


class KeyLost(Exception):
    """The private key is not where it was left, or is another one than the log's."""


def origin() -> str:
    """How the log is called in its checkpoints: the first address it had, without the scheme."""
    first = LogKey.objects.order_by("pk").first()
    return first.origin if first else f"{urlsplit(settings.SITE_URL).netloc}/log"


def verifiers() -> list[Verifier]:
    """Every key that ever signed, the latest last."""
    return [parse_verifier(key.verifier_key) for key in LogKey.objects.order_by("pk")]


def timed(verifier: Verifier) -> Verifier:
    """The same key as it signs the time."""
    return Verifier(verifier.name, 0x04, verifier.public)


def signer(at: datetime) -> Signer:
    """The log's private key, made when there has never been one."""
    latest = LogKey.objects.order_by("-pk").first()
    path = settings.SEALER_DIR / FILE
    if latest is None and not path.exists():
        write_key(Signer.new(origin()))
    try:
        found = Signer.parse(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise KeyLost(f"{path} cannot be read ({error}). Put the key back, or run: manage.py replace_log_key") from None
    if latest is None:
        LogKey.objects.create(verifier_key=str(found.verifier()), origin=found.name, size=0, hand_over="", made_at=at)
    elif str(found.verifier()) != latest.verifier_key:
        raise KeyLost(
            f"{path} holds another key than the log signs with. Put that one back, or run: manage.py replace_log_key"
        )
    return found


def write_key(signer: Signer) -> None:
    """Keep a private key where only this user can read it; one that is there is never overwritten."""
    settings.SEALER_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.SEALER_DIR / FILE
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(signer.written() + "\n")
        file.flush()
        os.fsync(file.fileno())
