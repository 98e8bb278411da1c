"""Where Django keeps sessions: a row each, found by the hash of its key, and read anew on every request."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Session
from accounts.models.company import LONGEST_SESSION_HOURS
from accounts.models.session import ANONYMOUS_IDLE
from security.visits import key_hash

KIND = "member"
TOUCHED_EVERY = timedelta(minutes=1)


class SessionStore(SessionBase):
    """A member's session. `row` says whose it is and where; it stays the same row when the key changes."""

    row: Session | None = None
    whose: dict[str, Any] | None = None
    """What the row says besides, for the session about to be created."""

    def load(self) -> dict[str, Any]:
        self.row = self._live_row(timezone.now())
        if self.row is None:
            self._session_key = None
            return {}
        return self.decode(self.row.data) if self.row.data else {}

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
        values = self._get_session(no_load=must_create)
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
        self._get_session()
        if self.row is None:
            return self.create()
        key = self._get_new_session_key()
        if not self._own_row().update(key_hash=_hash(key)):
            raise UpdateError
        self._session_key, self.row.key_hash, self.modified = key, _hash(key), True
        return None

    def touch(self, at: datetime) -> None:
        """Note that somebody is still there, at most once a minute."""
        if self.row is not None and at - self.row.seen_at >= TOUCHED_EVERY:
            Session.objects.filter(pk=self.row.pk).update(seen_at=at)
            self.row.seen_at = at

    @classmethod
    def clear_expired(cls) -> None:
        """Drop what no rule could keep alive; the rules of a company may end a session earlier."""
        Session.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()

    def _own_row(self) -> QuerySet[Session]:
        """The row while it is still known by the key of this request; none once it has another or is gone."""
        if self.row is None:
            return Session.objects.none()
        return Session.objects.filter(pk=self.row.pk, key_hash=self.row.key_hash)

    def _live_row(self, at: datetime) -> Session | None:
        if not self.session_key:
            return None
        row = Session.objects.select_related("company").filter(key_hash=_hash(self.session_key)).first()
        return row if row and at < row.ends_at(*limits(row)) else None

    def _insert(self, data: str) -> None:
        at = timezone.now()
        row = Session(key_hash=_hash(str(self.session_key)), data=data, started_at=at, seen_at=at, **(self.whose or {}))
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise CreateError from None
        self.row = row


def limits(row: Session) -> tuple[timedelta, timedelta]:
    """How long a session may be idle and how long it may last at all, as its company says."""
    if row.user_id is None or row.company is None:
        return ANONYMOUS_IDLE, timedelta(hours=LONGEST_SESSION_HOURS)
    return timedelta(minutes=row.company.idle_minutes), timedelta(hours=row.company.session_hours)


def _hash(key: str) -> str:
    return key_hash(KIND, key)
