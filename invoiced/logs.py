"""One line an event on standard error: time, level, logger, message, then the facts as key=value."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from security.redaction import redact

PLAIN = re.compile(r"[\w.:/@+-]+", re.ASCII)
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "status_code", "server_time"}


class LineFormatter(logging.Formatter):
    """Writes a record as one line, whatever its text holds: control characters and line ends are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        words = [moment, record.levelname, record.name, json.dumps(redact(record.getMessage()))]
        words += [fact(name, value) for name, value in vars(record).items() if name not in STANDARD]
        if record.exc_info:
            words.append(fact("exception", self.formatException(record.exc_info)))
        return " ".join(words)


def fact(name: str, value: object) -> str:
    """name=value without what must not be in a log, in quotes where the value is more than a plain word."""
    text = redact(f"{name}={value}").removeprefix(f"{name}=")
    return f"{name}={text if PLAIN.fullmatch(text) else json.dumps(text)}"


def configuration(level: str) -> dict[str, Any]:
    """The logging set-up: everything goes to standard error, where the one who runs this collects it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter}},
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Every scanner of the internet asks under a wrong name; each is answered 400.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "gunicorn.error": {"level": level, "propagate": True},
            # The proxy keeps the access log; addresses of payment links stay out of ours.
            "gunicorn.access": {"level": "CRITICAL"},
        },
    }
