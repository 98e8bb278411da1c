"""The letters in the folder that stands in for everybody's mail program."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

UUID_FORM = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAME = re.compile(rf"{UUID_FORM}\.eml")
MESSAGE_ID = re.compile(rf"<({UUID_FORM})@")
ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Letter:
    id: UUID
    message: Any  # an EmailMessage, or its head alone

    @property
    def row_id(self) -> UUID | None:
        """The row it was made from, which its Message-ID begins with: a letter to a customer or about an account."""
        found = MESSAGE_ID.match(str(self.message["Message-ID"] or ""))
        return UUID(found[1]) if found else None

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "").strip() or "(no subject)"

    @property
    def sent_by(self) -> str:
        return str(self.message["From"] or "")

    @property
    def sent_to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sent_at(self) -> datetime.datetime | None:
        """In a head line "-0000" is UTC too, which Python reads as a time of no zone."""
        sent = self.message["Date"].datetime if self.message["Date"] else None
        return sent.replace(tzinfo=datetime.UTC) if sent and sent.tzinfo is None else sent

    def text(self) -> str:
        return self._body("plain")

    def html(self) -> str:
        return self._body("html")

    def attachments(self) -> list[EmailMessage]:
        return list(self.message.iter_attachments())

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and where it leads if it is an address of this site."""

    text: str
    url: str = ""


def newest(before: UUID | None = None) -> Iterator[Letter]:
    """The heads of the letters, newest first."""
    names = (path.name for path in _folder().glob("*.eml"))
    ids = sorted((UUID(name.removesuffix(".eml")) for name in names if NAME.fullmatch(name)), reverse=True)
    parser = BytesHeaderParser(policy=policy.default)
    return (Letter(id, _read(id, parser)) for id in ids if before is None or id < before)


def get(id: UUID) -> Letter | None:
    return Letter(id, _read(id, BytesParser(policy=policy.default))) if _path(id).is_file() else None


def pieces(text: str) -> Iterator[Piece]:
    """The text, with the addresses of this site, and no others, as links."""
    end = 0
    for found in ADDRESS.finditer(text):
        if found[0].startswith(f"{settings.SITE_URL}/"):
            yield Piece(text[end : found.start()])
            yield Piece(found[0], found[0])
            end = found.end()
    yield Piece(text[end:])


def _read(id: UUID, parser: "BytesParser[EmailMessage]") -> EmailMessage:
    with _path(id).open("rb") as file:
        return parser.parse(file)


def _path(id: UUID) -> Path:
    return _folder() / f"{id}.eml"


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)
