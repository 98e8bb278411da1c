"""Passkeys of a person: adding, renaming, removing. Whoever asks has just shown who they are."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import events, locks, passkeys
from accounts.actions import second_factors
from accounts.actions.second_factors import Gained
from accounts.errors import NameTaken, PasskeyRefused, TooManyFactors
from accounts.models import Passkey, Session, User
from accounts.queries.factors import has_second_factor, passkeys_of
from accounts.queries.memberships import home_company_id
from audit import log
from audit.actors import Actor

MOST_PASSKEYS = 20


def add(*, user: User, name: str, state: str, answer: str, keep: Session, by: Actor, at: datetime) -> Gained:
    """Keep the passkey that a browser made. The name is looked at first: a better one needs no new passkey."""
    _refuse_name(user, name)
    passkey = _made(user, state, answer, by, at)
    with transaction.atomic():
        user = locks.user(user.pk)
        _refuse_name(user, name)
        if len(passkeys_of(user)) >= MOST_PASSKEYS:
            raise TooManyFactors(f"You have {MOST_PASSKEYS} passkeys. Remove one you no longer use first.")
        is_first = not has_second_factor(user)
        passkey.name = name
        _save(passkey)
        return second_factors.gained(user=user, factor=described(passkey), is_first=is_first, keep=keep, by=by, at=at)


@transaction.atomic
def rename(*, user: User, passkey: Passkey, name: str, by: Actor, at: datetime) -> None:
    """Call a passkey something else."""
    user = locks.user(user.pk)
    if name == passkey.name:
        return
    _refuse_name(user, name, passkey)
    second_factors.renamed(user=user, factor=described(passkey), name=name, by=by, at=at)
    Passkey.objects.filter(pk=passkey.pk).update(name=name)


@transaction.atomic
def remove(*, user: User, passkey: Passkey, keep: Session, by: Actor, at: datetime) -> User:
    """Let a passkey open nothing any more, wherever its device is."""
    user = locks.user(user.pk)
    if not Passkey.objects.filter(pk=passkey.pk).delete()[0]:
        raise PasskeyRefused("This passkey was removed already.")
    return second_factors.lost(user=user, factor=described(passkey), keep=keep, by=by, at=at)


def described(passkey: Passkey) -> str:
    """How entries and letters name a passkey."""
    return f"the passkey “{passkey.name}”"


def _made(user: User, state: str, answer: str, by: Actor, at: datetime) -> Passkey:
    try:
        return passkeys.verify_creation(user, state, answer)
    except PasskeyRefused as refusal:
        _note_refusal(user, str(refusal), by, at)
        raise


@transaction.atomic
def _note_refusal(user: User, reason: str, by: Actor, at: datetime) -> None:
    log.record(
        events.PASSKEY_NOT_ADDED,
        target=user,
        by=by,
        at=at,
        company_id=home_company_id(user),
        outcome="refused",
        reason=reason,
    )


def _save(passkey: Passkey) -> None:
    try:
        with transaction.atomic():
            passkey.save(force_insert=True)
    except IntegrityError:
        raise PasskeyRefused(passkeys.ALREADY_ADDED) from None


def _refuse_name(user: User, name: str, but: Passkey | None = None) -> None:
    if any(one.name.casefold() == name.casefold() for one in passkeys_of(user) if one != but):
        raise NameTaken(f"You already have a passkey called “{name}”. Choose a name that tells them apart.")
