"""Everything that changes which fields of its own a company keeps about its customers."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from accounts import locks as account_locks
from accounts.models import Company
from audit import log
from audit.actors import Actor
from billing import events, locks
from billing.actions.changes import set_changed
from billing.errors import CustomFieldRefused, NameTaken
from billing.models import CustomField
from billing.queries.custom_fields import customers_with, fields_in_use, restrictions_by

MOST_FIELDS = 30


@transaction.atomic
def create(
    *,
    company: Company,
    name: str,
    kind: str,
    by: Actor,
    at: datetime.datetime,
    choices: Sequence[str] = (),
    in_list: bool = False,
    position: int = 0,
) -> CustomField:
    """Keep something more about every customer from now on."""
    account_locks.company(company.pk)
    _refuse_more(company)
    field = CustomField(
        company=company,
        name=name,
        kind=kind,
        choices=list(choices),
        in_list=in_list,
        position=position,
        created_at=at,
    )
    _save(field, force_insert=True)
    log.record(events.CUSTOM_FIELD_CREATED, target=field, by=by, at=at, kind=kind, choices=field.choices)
    return field


@transaction.atomic
def change(
    *,
    field: CustomField,
    name: str,
    kind: str,
    by: Actor,
    at: datetime.datetime,
    choices: Sequence[str] = (),
    in_list: bool = False,
    position: int = 0,
) -> CustomField:
    """Change a field. What customers have in it, and what restricts somebody, stays among its choices."""
    account_locks.company(field.company_id)
    field = locks.custom_field(field.pk)
    if field.archived_at:
        raise CustomFieldRefused(f"{field} is archived. Restore the field first.")
    if kind != field.kind:
        _refuse_another_kind(field)
    if kind == field.kind == CustomField.Kind.CHOICE:
        _refuse_removed(field, [choice for choice in field.choices if choice not in choices])
    details = {"name": name, "kind": kind, "choices": list(choices), "in_list": in_list, "position": position}
    changes = set_changed(field, details)
    if changes:
        _save(field, update_fields=list(changes))
        log.record(events.CUSTOM_FIELD_CHANGED, target=field, by=by, at=at, changes=changes)
    return field


@transaction.atomic
def archive(*, field: CustomField, by: Actor, at: datetime.datetime) -> CustomField:
    """Show a field nowhere any more. What customers have in it is kept, unseen."""
    account_locks.company(field.company_id)
    field = locks.custom_field(field.pk)
    if field.archived_at:
        raise CustomFieldRefused(f"{field} is archived already.")
    if restricted := restrictions_by(field):
        raise CustomFieldRefused(
            f"{field} decides which customers {_many(restricted)} see. Restrict them in another way first."
        )
    field.archived_at = at
    field.save(update_fields=["archived_at"])
    log.record(events.CUSTOM_FIELD_ARCHIVED, target=field, by=by, at=at)
    return field


@transaction.atomic
def restore(*, field: CustomField, by: Actor, at: datetime.datetime) -> CustomField:
    """Show an archived field again, with what customers had in it."""
    company = account_locks.company(field.company_id)
    field = locks.custom_field(field.pk)
    if not field.archived_at:
        raise CustomFieldRefused(f"{field} is not archived.")
    _refuse_more(company)
    field.archived_at = None
    field.save(update_fields=["archived_at"])
    log.record(events.CUSTOM_FIELD_RESTORED, target=field, by=by, at=at)
    return field


def _refuse_more(company: Company) -> None:
    if fields_in_use(company) >= MOST_FIELDS:
        raise CustomFieldRefused(f"A company has at most {MOST_FIELDS} fields of its own. Archive one first.")


def _refuse_another_kind(field: CustomField) -> None:
    if used := sum(customers_with(field).values()):
        raise CustomFieldRefused(
            f"{_customers(used)} something in {field}, so it stays a {field.get_kind_display().lower()}. "
            "Add another field instead."
        )
    if restricted := restrictions_by(field):
        raise CustomFieldRefused(
            f"{field} decides which customers {_many(restricted)} see, so it stays a "
            f"{field.get_kind_display().lower()}. Add another field instead."
        )


def _refuse_removed(field: CustomField, removed: Sequence[str]) -> None:
    for value, used in customers_with(field, removed).items():
        raise CustomFieldRefused(f"{_customers(used)} “{value}”. Give them another value first, then take it away.")
    for value in removed:
        if restricted := restrictions_by(field, [value]):
            raise CustomFieldRefused(
                f"“{value}” decides which customers {_many(restricted)} see. Restrict them in another way first."
            )


def _customers(count: int) -> str:
    return "1 customer has" if count == 1 else f"{count} customers have"


def _many(count: int) -> str:
    return "1 member, invitation or API key may" if count == 1 else f"{count} members, invitations or API keys may"


def _save(field: CustomField, **options: Any) -> None:
    try:
        with transaction.atomic():
            field.save(**options)
    except IntegrityError as refusal:
        raise NameTaken(
            f"There is a field “{field.name}” already, perhaps an archived one. Choose another name."
        ) from refusal
