"""Where Django keeps sessions: a row each, found by the hash of its key, and read anew on every request."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Session
from accounts.models.session import LONGEST, LONGEST_IDLE
from security.visits import key_hash

KIND = "member"
KEY_LENGTH = 32
TOUCHED_EVERY = timedelta(minutes=1)


class SessionStore(SessionBase):
    """A member's session. `row` says whose it is and where; it stays the same row when the key changes."""

    row: Session | None = None
    whose: dict[str, Any] | None = None
    """What the row says besides, for the session about to be created."""
    opened_nothing = False
    """Whether the browser brought a key that opens no session (any more)."""
    is_only_read = False
    """Whether the request is just finding out who asks. What it reads may be changing under its eyes."""

    def load(self) -> dict[str, Any]:
        self.row = self._live_row(timezone.now())
        if self.row is None:
            self._session_key, self.opened_nothing = None, True
            return {}
        return self.decode(self.row.data) if self.row.data else {}

    def is_empty(self) -> bool:
        """Whether to take the cookie away. Not for a mere old key: the browser may hold its successor already."""
        return super().is_empty() and not self.opened_nothing

    def flush(self) -> None:
        """End the session; while somebody is only being recognised, forget it for this request and no more."""
        if self.is_only_read:
            self.clear()
            self._session_key, self.row, self.opened_nothing, self.modified = None, None, True, False
            return
        super().flush()
        self.opened_nothing = False

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_hash=_hash(session_key)).exists()

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the data. A row that was ended meanwhile is not brought back: `UpdateError`."""
        if self.session_key is None:
            return self.create()
        values = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # the stubs leave it out
        data = self.encode(values)
        if must_create:
            self._insert(data)
        elif not self._own_row().update(data=data, user=values.get(SESSION_KEY)):
            raise UpdateError
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(key_hash=_hash(key)).delete()
        self.row = None

    def cycle_key(self) -> None:
        """A new key for the same row; the old key opens nothing from here on."""
        self._get_session()  # type: ignore[attr-defined]
        if self.row is None:
            return self.create()
        key = self._get_new_session_key()
        if not self._own_row().update(key_hash=_hash(key)):
            raise SessionInterrupted("The session was ended, or got another key, during this request.")
        self._session_key, self.row.key_hash, self.modified = key, _hash(key), True
        return None

    def touch(self, at: datetime) -> None:
        """Note that somebody is still there, at most once a minute."""
        if self.row is not None and at - self.row.seen_at >= TOUCHED_EVERY:
            Session.objects.filter(pk=self.row.pk).update(seen_at=at)
            self.row.seen_at = at

    @classmethod
    def clear_expired(cls) -> None:
        """Drop what no company's rules could keep alive."""
        at = timezone.now()
        Session.objects.filter(Q(seen_at__lte=at - LONGEST_IDLE) | Q(started_at__lte=at - LONGEST)).delete()

    def _validate_session_key(self, key: str | None) -> bool:
        """Only what could be a key is looked for; anything else costs no query."""
        return key is not None and len(key) == KEY_LENGTH and set(key) <= set(VALID_KEY_CHARS)

    def _get_new_session_key(self) -> str:
        """165 random bits: no two are alike, and if they were, the column's uniqueness would refuse the second."""
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)

    def _own_row(self) -> QuerySet[Session]:
        """The row while it is still known by the key of this request; none once it has another or is gone."""
        if self.row is None:
            return Session.objects.none()
        return Session.objects.filter(pk=self.row.pk, key_hash=self.row.key_hash)

    def _live_row(self, at: datetime) -> Session | None:
        if not self.session_key:
            return None
        row = Session.objects.select_related("company").filter(key_hash=_hash(self.session_key)).first()
        return row if row and row.is_live(at) else None

    def _insert(self, data: str) -> None:
        at = timezone.now()
        row = Session(key_hash=_hash(str(self.session_key)), data=data, started_at=at, seen_at=at, **(self.whose or {}))
        row.save(force_insert=True)
        self.row = row


def _hash(key: str) -> str:
    return key_hash(KIND, key)
