"""Changing how the members of a company sign in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import events, locks, policy
from accounts.actions import granting
from accounts.errors import PolicyRefused
from accounts.models import Company, Membership
from accounts.permissions import Permission
from accounts.queries.factors import kinds_of
from audit import log
from audit.actors import Actor

DEMANDS = frozenset({"second_factor", "passkey_for_administrators", "grace_days"})


@transaction.atomic
def change(*, membership: Membership, rules: Mapping[str, Any], by: Actor, at: datetime) -> Company:
    """Sign-in rules from now on. Nobody demands what they lack themselves, so the last administrator stays inside."""
    granting.granter(membership, Permission.SECURITY_EDIT)
    company = membership.company = locks.company(membership.company_id)
    changes = {name: [getattr(company, name), value] for name, value in rules.items()}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return company
    for name, (_, value) in changes.items():
        setattr(company, name, value)
    if not DEMANDS.isdisjoint(changes):
        _refuse_what_is_missing(membership)
    is_required = company.second_factor == Company.SecondFactor.REQUIRED
    company.policy_since = (company.policy_since or at) if is_required else None
    company.passkey_since = (company.passkey_since or at) if company.passkey_for_administrators else None
    company.save(update_fields=[*changes, "policy_since", "passkey_since"])
    log.record(events.POLICY_CHANGED, target=company, by=by, at=at, changes=changes)
    return company


def _refuse_what_is_missing(membership: Membership) -> None:
    own = kinds_of(membership.user)
    lacking = policy.required([membership], has_app=own.app, has_passkey=own.passkey)
    if lacking.needs_passkey:
        raise PolicyRefused("Add a passkey to your own account before you demand one: you would lock yourself out.")
    if lacking.is_missing:
        raise PolicyRefused("Set up a second factor yourself before you demand one: you would lock yourself out.")
