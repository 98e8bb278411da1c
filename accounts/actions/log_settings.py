"""Changing what a company is alerted of, who gets it, and where the log's checkpoints go."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import events, locks
from accounts.actions import granting
from accounts.alert_kinds import kinds
from accounts.errors import AlertRefused
from accounts.models import AlertSettings, Membership
from accounts.permissions import Permission
from audit import log
from audit.actors import Actor

MOST_ADDRESSES = 10
ALWAYS_ON = "“{}” cannot be switched off."
TOO_MANY = f"Name at most {MOST_ADDRESSES} addresses."


@transaction.atomic
def change(*, membership: Membership, chosen: Mapping[str, list[str]], by: Actor, at: datetime) -> AlertSettings:
    """What is `off`, the `addresses` beside the administrators, and the `checkpoint_addresses`, from now on."""
    granting.granter(membership, Permission.SECURITY_EDIT)
    company = locks.company(membership.company_id)
    for kind in kinds():
        if kind.code in chosen["off"] and not kind.can_be_off:
            raise AlertRefused(ALWAYS_ON.format(kind.name))
    if max(len(chosen["addresses"]), len(chosen["checkpoint_addresses"])) > MOST_ADDRESSES:
        raise AlertRefused(TOO_MANY)
    settings, _ = AlertSettings.objects.get_or_create(company=company)
    before = {name: getattr(settings, name) for name in chosen}
    changes = {name: [before[name], after] for name, after in chosen.items() if before[name] != after}
    if changes:
        for name, (_, after) in changes.items():
            setattr(settings, name, after)
        settings.save(update_fields=list(changes))
        log.record(events.LOG_SETTINGS_CHANGED, target=company, by=by, at=at, changes=changes)
    return settings
