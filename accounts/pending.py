"""A try to sign in whose second step is to come: kept by the server, in one session, ten minutes, for one answer."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from security import ratelimit
from security.ratelimit import Limit
from security.tokens import new_token

KEY = "pending_sign_in"
LASTS = timedelta(minutes=10)
ONCE = Limit("pending_sign_in", tries=1, period=LASTS)


@dataclass(frozen=True, slots=True)
class Pending:
    """A password was typed at `at`, from `source`. `knows` is what only the right one leads to, and empty otherwise."""

    address: str
    user_id: UUID
    knows: str
    source: str
    device_id: UUID | None
    at: datetime


def keep(request: Any, pending: Pending) -> None:
    """Wait for the second step in a new session: whoever knew the key of the one before cannot take it."""
    request.session.flush()
    values = {name: value and str(value) for name, value in asdict(pending).items()}
    request.session[KEY] = values | {"id": new_token()}


def find(request: Any, at: datetime) -> Pending | None:
    """The try this session waits to finish, if it is not too old."""
    kept = request.session.get(KEY)
    if kept is None or at - datetime.fromisoformat(kept["at"]) >= LASTS:
        return None
    return Pending(
        address=kept["address"],
        user_id=UUID(kept["user_id"]),
        knows=kept["knows"],
        source=kept["source"],
        device_id=kept["device_id"] and UUID(kept["device_id"]),
        at=datetime.fromisoformat(kept["at"]),
    )


def consume(request: Any, at: datetime) -> Pending | None:
    """The try, for the first answer to it. Of many answers at once one gets it: a try is one guess, not twenty."""
    pending = find(request, at)
    if pending is None or not ratelimit.take(ONCE, request.session[KEY]["id"], at=at):
        return None
    request.session.flush()
    return pending
