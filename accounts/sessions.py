"""Beginning and strengthening a session. Its key changes each time it becomes worth more."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.middleware.csrf import rotate_token

from accounts.actions.sessions import MOST, drop_oldest
from accounts.models import KnownDevice, Membership, Session, TotpDevice, User
from accounts.models.session import SECOND_FACTORS, Proof
from accounts.queries.factors import pending_device
from accounts.queries.memberships import live_memberships
from audit.actors import Actor
from security.address import client_ip
from security.user_agents import describe

FRESH = timedelta(minutes=5)
TOO_MANY = "You can be signed in in {most} places. Those you had not used for longest were signed out: {dropped}."
SET_UP = "authenticator_set_up"
SET_UP_LASTS = timedelta(minutes=15)


def begin(
    request: Any, user: User, proofs: Iterable[Proof], at: datetime, *, device: KnownDevice | None = None
) -> Session:
    """Sign a person in, with nothing in the session from before. The one place that does it.

    `proofs` are the factors just shown: all that this person's account demands.
    """
    home = next(iter(live_memberships(user)), None)
    browser, system = describe(request.headers.get("User-Agent", ""))
    request.session.flush()
    request.session.whose = {
        "user": user,
        "company": home.company if home else None,
        "role": home.role_key if home else "",
        "known_device": device,
        "ip": client_ip(request),
        "browser": browser,
        "system": system,
        "proofs": {kind: at.isoformat() for kind in proofs},
    }
    login(request, user)
    row: Session = request.session.row
    if dropped := drop_oldest(user=user, keep=row, by=Actor.member(user, request), at=at):
        messages.info(request, TOO_MANY.format(most=MOST, dropped=dropped))
    return row


def prove(request: Any, kind: Proof, at: datetime) -> None:
    """Note that a factor was shown again in this session."""
    row = request.session.row
    rotate(request)
    row.proofs[kind] = at.isoformat()
    Session.objects.filter(pk=row.pk).update(proofs=row.proofs)


def forget_factors(request: Any) -> None:
    """Take back that a second factor was shown in this session: the person has none any more."""
    row = request.session.row
    row.proofs = {kind: instant for kind, instant in row.proofs.items() if kind not in SECOND_FACTORS}
    Session.objects.filter(pk=row.pk).update(proofs=row.proofs)


def rotate(request: Any) -> None:
    """New keys for the session and for its forms; whoever copied the old ones holds nothing."""
    request.session.cycle_key()
    rotate_token(request)


def enter(request: Any, membership: Membership) -> None:
    """Work in another company, or in another role, from here on."""
    row = request.session.row
    rotate(request)
    row.company, row.role = membership.company, membership.role_key
    Session.objects.filter(pk=row.pk).update(company=row.company, role=row.role)


def counts_as_use(request: Any) -> bool:
    """Whether a person did something: opened a page or sent a form. What a page asks for by itself extends nothing."""
    if request.method == "POST":
        return True
    by_script = request.headers.get("X-Requested-With") == "fetch" or "HX-Request" in request.headers
    return not by_script and request.headers.get("Sec-Fetch-Dest", "document") == "document"


def is_verified(row: Session | None) -> bool:
    """Whether a second factor was shown in this session."""
    return row is not None and not SECOND_FACTORS.isdisjoint(row.proofs)


def is_fresh(row: Session, kinds: Collection[Proof], at: datetime) -> bool:
    """Whether one of these kinds of proof was given within the last five minutes."""
    given = [datetime.fromisoformat(instant) for kind, instant in row.proofs.items() if kind in kinds]
    return any(at - FRESH <= instant <= at for instant in given)


def begin_set_up(request: Any, device: TotpDevice, at: datetime) -> None:
    """Remember that the set-up of this app began in this very session."""
    request.session[SET_UP] = {"device": str(device.pk), "until": (at + SET_UP_LASTS).timestamp()}


def device_being_set_up(request: Any, at: datetime) -> TotpDevice | None:
    """The app whose set-up this session began a quarter of an hour ago at most: its seed is shown nowhere else."""
    begun, device = request.session.get(SET_UP), pending_device(request.user)
    if not begun or device is None or begun["device"] != str(device.pk) or at.timestamp() > begun["until"]:
        return None
    return device
