"""The API keys of a company: which one was presented, what they may do, and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import ApiKey, Company, Membership
from accounts.permissions import Permission
from audit.models import SecurityEvent
from security.checks import routes
from security.tokens import token_hash

ENDED_SHOWN = 50
TOLD_BEFORE = timedelta(days=7)
STATES = {"live": "Live", "stopped": "Stopped", "expired": "Expired", "revoked": "Revoked"}


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as people see it. `lost` are the permissions it was made for and its maker holds no more."""

    key: ApiKey
    state: str
    permissions: list[Permission]
    lost: list[Permission]

    @property
    def state_word(self) -> str:
        return STATES[self.state]

    @property
    def sees_nothing_yet(self) -> bool:
        return self.key.restriction == ApiKey.Restriction.CUSTOMERS and not self.key.customer_ids


def api_permissions() -> list[Permission]:
    """Those some address of the API asks for, in the order of the table."""
    asked = {view.guard for _, view in routes() if getattr(view, "by_key", False)}
    return [permission for permission in Permission if permission in asked]


def permissions_to_give(membership: Membership) -> list[Permission]:
    """What a key of this member could be made for."""
    own = membership.rights.permissions
    return [permission for permission in api_permissions() if permission in own]


def live_key(token: str, at: datetime) -> ApiKey | None:
    """The key of this token, if it opens anything now; whatever is wrong with it costs the same one query."""
    key = _with_makers(ApiKey.objects.filter(key_hash=token_hash(token))).select_related("company").first()
    return key if key is not None and state_of(key, at) == "live" else None


def state_of(key: ApiKey, at: datetime) -> str:
    """Whether it opens anything, and if not why: stopped is what its maker's account or membership is."""
    if key.revoked_at is not None:
        return "revoked"
    if at >= key.expires_at:
        return "expired"
    user = key.membership.user
    return "live" if key.is_live(at) and user.is_active and not user.is_locked else "stopped"


def row_of(key: ApiKey, at: datetime) -> KeyRow:
    asked, held = key.asked.permissions, key.membership.rights.permissions
    return KeyRow(
        key,
        state=state_of(key, at),
        permissions=[permission for permission in Permission if permission in asked],
        lost=[permission for permission in Permission if permission in asked - held],
    )


def open_keys(company: Company, at: datetime) -> QuerySet[ApiKey]:
    """Those neither revoked nor expired, newest first; those of suspended makers count until they are revoked."""
    return _with_makers(ApiKey.objects.filter(company=company, revoked_at__isnull=True, expires_at__gt=at))


def ended_keys(company: Company, at: datetime) -> Iterable[ApiKey]:
    """The newest of those that never work again."""
    ended = ApiKey.objects.filter(company=company).exclude(revoked_at__isnull=True, expires_at__gt=at)
    return _with_makers(ended)[:ENDED_SHOWN]


def expiring_keys(at: datetime) -> QuerySet[ApiKey]:
    """Those of any company that soon end and whose makers were not told yet."""
    soon = ApiKey.objects.filter(
        revoked_at__isnull=True, expiry_told_at__isnull=True, expires_at__gt=at, expires_at__lte=at + TOLD_BEFORE
    )
    return _with_makers(soon.filter(membership__in=Membership.objects.live())).select_related("company")


def _with_makers(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    return keys.select_related("membership__user", "membership__own_role")


def was_viewed(key: ApiKey, actor_id: str, session: str, since: datetime) -> bool:
    """Whether this session has an entry of having opened the page of the key since an instant."""
    entries = SecurityEvent.objects.filter(company_id=key.company_id, action="api_key.viewed", object_id=str(key.pk))
    return entries.filter(actor_id=actor_id, session=session, at__gte=since).exists()
