"""Everything that changes an API key, and that one was used."""

import zoneinfo
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid5

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import events, letters
from accounts.actions import approvals, granting, mailed_links, notices, restricting
from accounts.approvals import Kind, waits
from accounts.errors import ApiKeyRefused
from accounts.models import ApiKey, Company, MailedLink, Membership, User
from accounts.permissions import Permission
from accounts.queries.api_keys import TOLD_BEFORE, api_permissions, open_keys
from accounts.queries.restrictions import words_of
from accounts.roles import Rights
from audit import log
from audit.actors import Actor
from security.tokens import new_token, token_hash

PREFIX = "inv_"
HINT_LENGTH = 12
MOST_KEYS = 50
LONGEST_DAYS = 365
USE_IS_NOTED_EVERY = timedelta(minutes=1)
MAKING = Kind("api_key", "make an API key", Permission.API_KEY_EDIT, door="accounts:api_key_create")
Restriction = ApiKey.Restriction


@transaction.atomic
def make(
    *,
    maker: Membership,
    name: str,
    permissions: Collection[Permission],
    last_day: date,
    sees_nothing_yet: bool = False,
    by: Actor,
    at: datetime,
) -> tuple[ApiKey, str]:
    """A key within the rights of its maker, and the token that is shown once; only its hash is kept.

    It works to the end of its last day on the company's calendar, and sees what its maker sees, or nothing until
    its customers are chosen. Where the company wants it, a second person has agreed to exactly this key.
    """
    maker = granting.holder(maker, Permission.API_KEY_EDIT)
    _refuse_permissions(maker, permissions)
    _refuse_day(maker.company, last_day, at)
    _refuse_one_more(maker.company, name, at)
    if waits(maker.company, MAKING):
        asked = _asked(maker.company, name, permissions, last_day, sees_nothing_yet)
        approvals.use(kind=MAKING, membership=maker, **asked, by=by, at=at)
    token = PREFIX + new_token()
    expires_at = _end_of(last_day, maker.company)
    key = ApiKey.objects.create(
        company=maker.company,
        membership=maker,
        name=name,
        hint=token[:HINT_LENGTH],
        key_hash=token_hash(token),
        permissions=sorted(permissions),
        restriction=Restriction.CUSTOMERS if sees_nothing_yet else Restriction.NONE,
        created_at=at,
        expires_at=expires_at,
        # Whoever makes a key for less than a week knows that it ends soon.
        expiry_told_at=at if expires_at - at <= TOLD_BEFORE else None,
    )
    made = ("name", "permissions", "expires_at", *restricting.COLUMNS)
    changes = {field: [None, getattr(key, field)] for field in made}
    log.record(events.API_KEY_MADE, target=key, by=by, at=at, changes=changes)
    _tell_maker(key, by, at)
    return key, token


@transaction.atomic
def restrict(
    *,
    key: ApiKey,
    restriction: str,
    field_values: Mapping[str, Collection[str]] | None = None,
    customer_ids: Collection[str] | None = None,
    granter: Membership | None,
    by: Actor,
    at: datetime,
) -> ApiKey:
    """Decide which of the customers its maker sees a key sees. Makers decide about theirs, however little they see."""
    if granter is not None and granter.pk == key.membership_id:
        own: Rights | None = granting.holder(granter, Permission.API_KEY_EDIT).rights
    else:
        own = granting.granter(granter, Permission.API_KEY_EDIT)
    key = _locked(key)
    _refuse_ended(key, at)
    granting.refuse_beyond(own, key.rights)
    changes = restricting.put(key, restriction, field_values, customer_ids)
    if not changes:
        return key
    key.save(update_fields=restricting.COLUMNS)
    sight = words_of(key)
    log.record(events.API_KEY_RESTRICTED, target=key, by=by, at=at, changes=changes, sight=sight)
    notices.tell_member(
        "api_key_restricted", membership=key.membership, by=by, at=at, facts={"key": key.name, "sight": sight}
    )
    return key


@transaction.atomic
def revoke(*, key: ApiKey, by: Actor, at: datetime) -> ApiKey:
    """End a key from its next request on, whoever made it. Its maker is told."""
    key = _locked(key)
    _refuse_ended(key, at)
    _revoke(key, by, at)
    notices.tell_member("api_key_revoked", membership=key.membership, by=by, at=at, facts={"key": key.name})
    return key


@transaction.atomic
def revoke_of(*, membership: Membership, by: Actor, at: datetime) -> int:
    """End all keys of a member who leaves; how many. They are told of that, and not of each key."""
    return _revoke_all(ApiKey.objects.filter(membership=membership), by, at)


@transaction.atomic
def revoke_made_since(*, user: User, since: datetime, by: Actor, at: datetime) -> int:
    """End the keys made in a person's name, in any company, since somebody else may have been in the account."""
    return _revoke_all(ApiKey.objects.filter(membership__user=user, created_at__gte=since), by, at)


@transaction.atomic
def tell_of_expiry(*, key: ApiKey, by: Actor, at: datetime) -> None:
    """Tell the maker once, a week ahead, that a key ends. Of two runs at once, one tells."""
    if not ApiKey.objects.filter(pk=key.pk, expiry_told_at__isnull=True).update(expiry_told_at=at):
        return
    last_day = key.company.today(key.expires_at - timedelta(microseconds=1))
    log.record(
        events.API_KEY_EXPIRY_TOLD,
        target=key,
        by=by,
        at=at,
        maker=str(key.membership.user),
        last_day=last_day.isoformat(),
    )
    user, facts = key.membership.user, {"key": key.name, "due": key.expires_at.isoformat()}
    letters.queue("api_key_expires", user=user, to=user.email, at=at, facts=facts, company=key.company)


def note_use(*, key: ApiKey, by: Actor, at: datetime) -> None:
    """Keep when and from where a key was last used, to the minute; one entry in the log for each day of use."""
    today = key.company.today(at)
    is_first_today = key.last_used_at is None or key.company.today(key.last_used_at) != today
    before = at - USE_IS_NOTED_EVERY
    if not (is_first_today or key.last_used_at is None or key.last_used_at <= before):
        return
    unchanged = Q(last_used_at__isnull=True) if key.last_used_at is None else Q(last_used_at=key.last_used_at)
    with transaction.atomic():
        is_noted = ApiKey.objects.filter(unchanged, pk=key.pk).update(last_used_at=at, last_used_ip=by.ip)
        if is_noted and is_first_today:
            log.record(events.API_KEY_USED, target=key, by=by, at=at)


def _tell_maker(key: ApiKey, by: Actor, at: datetime) -> None:
    """By a letter with a link that ends the key, should somebody else have made it in their name."""
    user, not_me = key.membership.user, MailedLink.Purpose.NOT_ME
    letters.queue(
        "api_key_made",
        user=user,
        to=user.email,
        at=at,
        facts=letters.origin(by)
        | {"key": key.name, "may": _sentences(key.asked.permissions), "due": key.expires_at.isoformat()},
        link=mailed_links.create(not_me, user=user, at=at, lasts=mailed_links.NOT_ME_LASTS),
        company=key.company,
    )


def _asked(
    company: Company, name: str, permissions: Collection[Permission], last_day: date, sees_nothing_yet: bool
) -> dict[str, Any]:
    """What a second person is asked: a key of the same name is the same request."""
    told = {
        "It may": ["", _sentences(permissions)],
        "Customers it sees": ["", "Nothing, until they are chosen" if sees_nothing_yet else "What its maker sees"],
        "Last day": ["", last_day.isoformat()],
    }
    payload = {"permissions": sorted(permissions), "sees": "nothing" if sees_nothing_yet else "mine", "changes": told}
    key = ApiKey(pk=uuid5(company.pk, name.casefold()), company=company, name=name)
    return {"target": key, "payload": payload | {"name": name, "last_day": last_day.isoformat()}}


def _locked(key: ApiKey) -> ApiKey:
    keys = ApiKey.objects.select_for_update(of=("self",))
    return keys.select_related("company", "membership__user", "membership__own_role").get(pk=key.pk)


def _revoke_all(keys: QuerySet[ApiKey], by: Actor, at: datetime) -> int:
    held = keys.filter(revoked_at__isnull=True).select_for_update(of=("self",)).order_by("pk")
    ended = list(held.select_related("membership__user"))
    for key in ended:
        _revoke(key, by, at)
    return len(ended)


def _revoke(key: ApiKey, by: Actor, at: datetime) -> None:
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    changes = {"revoked_at": [None, at]}
    log.record(events.API_KEY_REVOKED, target=key, by=by, at=at, changes=changes, maker=str(key.membership.user))


def _refuse_permissions(maker: Membership, permissions: Collection[Permission]) -> None:
    if not permissions:
        raise ApiKeyRefused("Choose at least one thing the key may do.")
    if unused := set(permissions) - set(api_permissions()):
        raise ApiKeyRefused(f"The API has nothing for whoever may only: {_sentences(unused)}.")
    granting.refuse_beyond(maker.rights, Rights(frozenset(permissions)))


def _refuse_day(company: Company, last_day: date, at: datetime) -> None:
    today = company.today(at)
    if not today <= last_day <= today + timedelta(days=LONGEST_DAYS):
        latest = (today + timedelta(days=LONGEST_DAYS)).isoformat()
        raise ApiKeyRefused(f"Choose a last day from today to {latest}, a year ahead.")


def _refuse_one_more(company: Company, name: str, at: datetime) -> None:
    names = [key.name.casefold() for key in open_keys(company, at)]
    if name.casefold() in names:
        raise ApiKeyRefused(f"There is a key “{name}” already. Choose another name, or revoke that one first.")
    if len(names) >= MOST_KEYS:
        raise ApiKeyRefused(f"A company has at most {MOST_KEYS} keys at a time. Revoke one that is not used any more.")


def _refuse_ended(key: ApiKey, at: datetime) -> None:
    if key.revoked_at is not None or at >= key.expires_at:
        raise ApiKeyRefused(f"The key “{key.name}” has ended already.")


def _end_of(day: date, company: Company) -> datetime:
    """The first instant after that day on the company's calendar."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, zoneinfo.ZoneInfo(company.time_zone))
    return midnight.astimezone(zoneinfo.ZoneInfo("UTC"))


def _sentences(permissions: Collection[Permission]) -> str:
    return "; ".join(permission.sentence for permission in Permission if permission in permissions)
