"""What DATABASE_URL and EMAIL_URL mean to Django."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from invoiced.env import SettingError

SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
POSTGRESQL_START = "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
POSTGRESQL_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "host")
DATABASE_HINT = "Write postgresql://user@host:5432/name or sqlite:////absolute/path.sqlite3."
EMAIL_HINT = (
    "Write smtp://user:password@host:587/?tls=starttls, smtps://user:password@host, file:///folder or console:."
)


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
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
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
