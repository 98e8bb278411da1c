"""What the settings that are addresses mean: the site, the hosts, the database, the mail server."""

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from audit.notes import TIMED, BadNote, parse_verifier
from invoiced.env import SettingError

HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\]")
LISTEN = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):([1-9][0-9]{0,4})")
SITE_HINT = "Write it like SITE_URL=https://invoices.example.com"
SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
POSTGRESQL_START = "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
POSTGRESQL_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "host")
DATABASE_HINT = "Write postgresql://user@host:5432/name or sqlite:////absolute/path.sqlite3."
EMAIL_HINT = (
    "Write smtp://user:password@host:587/?tls=starttls, smtps://user:password@host, file:///folder or console:."
)

WITNESS_HINT = "Write it as the witness shows it, name+id+key, with an Ed25519 key of type 04."


def site(address: SplitResult, *, demo: bool) -> SplitResult:
    """Where people reach the product: https, except for a demo on this machine."""
    if (
        address.scheme not in ("http", "https")
        or not HOST_NAME.fullmatch(address.hostname or "")
        or "@" in address.netloc
    ):
        raise SettingError(f"SITE_URL is not the address of a web site. {SITE_HINT}")
    if address.path or address.query or address.fragment:
        raise SettingError(f"SITE_URL must end after the host, without a path or a slash. {SITE_HINT}")
    if address.scheme == "http" and demo and address.hostname == "127.0.0.1":
        raise SettingError("SITE_URL is a number. Browsers keep passkeys for names only: write http://localhost.")
    if address.scheme == "http" and not (demo and address.hostname == "localhost"):
        raise SettingError(f"SITE_URL is not https. Only a demo on localhost may do without. {SITE_HINT}")
    return address


def hosts(names: list[str]) -> list[str]:
    """The host names that are answered, each written out."""
    for name in names:
        if not HOST_NAME.fullmatch(name):
            raise SettingError(
                f'ALLOWED_HOSTS has "{name}". Write whole host names, without *, a leading dot or a port.'
            )
    return names


def listen(place: str) -> str:
    """The host and port the web server listens on."""
    found = LISTEN.fullmatch(place)
    if not found or int(found.group(2)) > 65535:
        raise SettingError(f'LISTEN is "{place}". Write a host and a port, like LISTEN=127.0.0.1:8000')
    return place


def sender(mailbox: str) -> str:
    """Who mail comes from."""
    local, at, domain = parseaddr(mailbox)[1].rpartition("@")
    if not local or not at or not HOST_NAME.fullmatch(domain):
        raise SettingError(f'EMAIL_FROM is "{mailbox}", not a mailbox. Write it like Acme Ltd <invoices@acme.example>')
    return mailbox


def database(address: SplitResult, password: str | None) -> dict[str, Any]:
    """The connection for a database address."""
    if address.scheme == "sqlite":
        return _sqlite(address)
    if address.scheme in ("postgresql", "postgres"):
        return _postgresql(address, password)
    raise SettingError(f'DATABASE_URL begins with "{address.scheme}:", which is not known. {DATABASE_HINT}')


def _sqlite(address: SplitResult) -> dict[str, Any]:
    path = unquote(address.path.removeprefix("/"))
    if address.netloc or address.query or not path.startswith("/"):
        raise SettingError(f"DATABASE_URL names no SQLite file by its whole path. {DATABASE_HINT}")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_START},
    }


def _postgresql(address: SplitResult, password: str | None) -> dict[str, Any]:
    name = unquote(address.path.removeprefix("/"))
    if not name or "/" in name:
        raise SettingError(f"DATABASE_URL names no database. {DATABASE_HINT}")
    if address.password and password:
        raise SettingError("DATABASE_URL holds a password and DATABASE_PASSWORD is set too. Keep one of them.")
    options = _query(address, "DATABASE_URL", POSTGRESQL_OPTIONS)
    host = options.pop("host", None) or unquote(address.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(address.username or ""),
        "PASSWORD": password or unquote(address.password or ""),
        "HOST": host,
        "PORT": str(address.port or ""),
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 16, "timeout": 10},
            "options": POSTGRESQL_START,
            **options,
        },
    }


def mail(address: SplitResult) -> dict[str, Any]:
    """The Django settings that send mail to a mail address."""
    if address.scheme == "console" and not address.netloc and not address.path:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if address.scheme == "file":
        return _mail_folder(address)
    if address.scheme in ("smtp", "smtps"):
        return _smtp(address)
    raise SettingError(f'EMAIL_URL begins with "{address.scheme}:", which is not known. {EMAIL_HINT}')


def _mail_folder(address: SplitResult) -> dict[str, Any]:
    if address.netloc or not address.path.startswith("/"):
        raise SettingError(f"EMAIL_URL names no folder by its whole path. {EMAIL_HINT}")
    return {
        "EMAIL_BACKEND": "invoiced.mailbox.backend.EmailBackend",
        "EMAIL_FILE_PATH": Path(unquote(address.path)),
    }


def _smtp(address: SplitResult) -> dict[str, Any]:
    if not address.hostname or address.path not in ("", "/"):
        raise SettingError(f"EMAIL_URL names no mail server. {EMAIL_HINT}")
    implicit = address.scheme == "smtps"
    protection = _query(address, "EMAIL_URL", () if implicit else ("tls",)).get("tls", "starttls")
    if protection not in ("starttls", "none"):
        raise SettingError(f"EMAIL_URL asks for tls={protection}. Write tls=starttls or tls=none. {EMAIL_HINT}")
    if protection == "none" and address.password:
        raise SettingError("EMAIL_URL would send its password in clear. Write tls=starttls, or leave the password out.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": address.hostname,
        "EMAIL_PORT": address.port or (465 if implicit else 587),
        "EMAIL_HOST_USER": unquote(address.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(address.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": not implicit and protection == "starttls",
        "EMAIL_TIMEOUT": 10,
    }


def witness(url: str | None, key: str | None) -> tuple[str, str]:
    """The witness that the log's checkpoints are posted to, and the key it cosigns with; both or neither."""
    if not url and not key:
        return "", ""
    if not url or not key:
        raise SettingError("WITNESS_URL and WITNESS_KEY belong together. Set both or neither.")
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", url):
        raise SettingError("WITNESS_URL is not the address of a witness. Write it like https://witness.example.com")
    try:
        verifier = parse_verifier(key)
    except BadNote:
        raise SettingError(f"WITNESS_KEY is not a verifier key. {WITNESS_HINT}") from None
    if verifier.type != TIMED:
        raise SettingError(f"WITNESS_KEY is not a key for cosignatures. {WITNESS_HINT}")
    return url.rstrip("/"), key


def _query(address: SplitResult, name: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """What stands after the question mark, each word known and given once."""
    try:
        pairs = parse_qsl(address.query, keep_blank_values=True, strict_parsing=bool(address.query))
    except ValueError:
        raise SettingError(f"{name} has a part after its question mark that is not name=value. Check it.") from None
    for word, value in pairs:
        if word not in allowed or not value:
            known = ", ".join(allowed) or "nothing"
            raise SettingError(f'{name} has "{word}" after its question mark; known there: {known}.')
    if len(dict(pairs)) < len(pairs):
        raise SettingError(f"{name} says something twice after its question mark. Keep one.")
    return dict(pairs)
