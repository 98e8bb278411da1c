"""Who did it, and from where: plain values, so an entry outlives the person it names."""

from dataclasses import dataclass
from typing import Any, Self

from django.http import HttpRequest

from security.address import client_ip

LONGEST_USER_AGENT = 400


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `session` is a reference to the session, never its key."""

    type: str
    id: str
    label: str
    session: str = ""
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    on_behalf_of: str = ""

    @classmethod
    def member(cls, user: Any, request: HttpRequest | None = None, session: str = "") -> Self:
        """A member of a company's team."""
        return cls(type="member", id=str(user.pk), label=str(user), **_origin(request, session))

    @classmethod
    def contact(cls, contact: Any, request: HttpRequest | None = None, session: str = "") -> Self:
        """Somebody at a customer, in the portal."""
        return cls(type="contact", id=str(contact.pk), label=str(contact), **_origin(request, session))

    @classmethod
    def api_key(cls, key: Any, maker: Any, request: HttpRequest | None = None) -> Self:
        """A program with a key that a member made. A session that came along has no part in it."""
        origin = _origin(request, "") | {"session": ""}
        return cls(type="api_key", id=str(key.pk), label=str(key), on_behalf_of=str(maker), **origin)

    @classmethod
    def visitor(cls, request: HttpRequest | None = None) -> Self:
        """Somebody who has not signed in."""
        return cls(type="visitor", id="", label="Somebody not signed in", **_origin(request, ""))

    @classmethod
    def automation(cls, name: str, label: str = "") -> Self:
        """A process that runs by itself, and what people who read of it call it."""
        return cls(type="automation", id=name, label=label or name)

    @classmethod
    def operator(cls, command: str) -> Self:
        """Whoever runs a command on the server."""
        return cls(type="operator", id=command, label=command)


def _origin(request: HttpRequest | None, session: str) -> dict[str, Any]:
    if request is None:
        return {"session": session}
    return {
        "session": session or _session_reference(request),
        "ip": client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:LONGEST_USER_AGENT],
        "request_id": getattr(request, "request_id", ""),
    }


def _session_reference(request: HttpRequest) -> str:
    """The id of the session's row: it stays the same while the key changes, and opens nothing."""
    row = getattr(getattr(request, "session", None), "row", None)
    return str(row.pk) if row else ""
