"""What must be true before the first request is served."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from django.core.checks import CheckMessage, Error, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connections
from django.urls import URLPattern, URLResolver, get_resolver

from security import keyring
from security.guards import View, is_declared


@runtime_checkable
class Pooled(Protocol):
    """A connection to a database that keeps others ready."""

    def close_pool(self) -> None: ...


def every_view_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each address leads to a view that says who may open it."""
    return [
        Error(
            f"The view of /{route} does not say who may open it.",
            hint="Decorate it with require(permission), signed_in or public from security.guards.",
            id="security.E001",
        )
        for route, view in routes()
        if not is_declared(view)
    ]


def encryption_keys_are_readable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ENCRYPTION_KEYS holds usable keys."""
    try:
        keyring.current()
    except ImproperlyConfigured as refusal:
        return [Error(str(refusal), id="security.E002")]
    return []


def stop_if_unsafe() -> None:
    """Keep a web process from serving anything while one of these checks finds an error."""
    _stop_at(run_checks(tags=[Tags.security]))
    _stop_at(_in_the_database())


def _stop_at(found: list[CheckMessage]) -> None:
    errors = [message for message in found if message.is_serious()]
    if errors:
        raise SystemExit("\n".join(f"{error.msg} {error.hint or ''}".strip() for error in errors))


def _in_the_database() -> list[CheckMessage]:
    """What is wrong with what is stored. A database that is away is waited for; no connection outlives a fork."""
    try:
        return run_checks(tags=[Tags.database], databases=["default"])
    except (InterfaceError, OperationalError):
        return []
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()
            if isinstance(connection, Pooled):
                connection.close_pool()


def routes() -> Iterator[tuple[str, View]]:
    """Every address pattern of the project with its view."""
    return _walk(get_resolver(), "")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, View]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry.callback
        else:
            yield from _walk(entry, route)
