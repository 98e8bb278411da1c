"""The company's own fields of customers, and what stands in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.access import Access
from accounts.models import ApiKey, Company, Invitation, Membership
from accounts.scoping import in_company
from billing import custom_values
from billing.models import Customer, CustomField, CustomFieldValue

MOST_VALUES = 200


def active(access: Access) -> list[CustomField]:
    """The fields in use, in the order people gave them."""
    return list(access.visible(CustomField).filter(archived_at__isnull=True))


def seen_values(access: Access, field: CustomField) -> list[str]:
    """The values of the field to which the customers somebody sees are limited; none where they are not."""
    return list(access.membership.field_values.get(str(field.pk), [])) if _is_by_fields(access) else []


def holding(values: Mapping[str, Collection[str]]) -> Q:
    """Which customers have in each of these fields one of its values. Whoever has none in one is not among them."""
    found = Q()
    for field_id, wanted in values.items():
        found &= _with(CustomFieldValue.objects.filter(field=UUID(field_id), value__in=list(wanted)))
    return found


def names_and_values(
    company: Company, several: Sequence[Mapping[str, Collection[str]]]
) -> list[list[tuple[str, Sequence[str]]]]:
    """Each of these {field id: [value, ...]} as people read it, the archived fields too: one query for all."""
    with in_company(company):
        fields = list(CustomField.objects.all())
    return [
        [
            (field.name, [custom_values.shown(field.kind, value) for value in values[str(field.pk)]])
            for field in fields
            if str(field.pk) in values
        ]
        for values in several
    ]


def matching(asked: Mapping[CustomField, str]) -> Q:
    """Which customers have what a reader asks for in each field: text that holds it, else the very value."""
    found = Q()
    for field, value in asked.items():
        how = "value__icontains" if field.kind == CustomField.Kind.TEXT else "value"
        found &= _with(CustomFieldValue.objects.filter(field=field, **{how: value}))
    return found


def values_of(customer: Customer) -> dict[UUID, str]:
    """What a customer has, as it is kept, by field."""
    rows = CustomFieldValue.objects.filter(customer=customer, field__archived_at__isnull=True)
    return dict(rows.values_list("field", "value"))


def shown_values(customer: Customer) -> list[tuple[str, str]]:
    """The fields in which a customer has something: their names and values as people read them."""
    rows = CustomFieldValue.objects.filter(customer=customer, field__archived_at__isnull=True)
    found = rows.order_by("field__position", "field__name", "field").values_list("field__name", "field__kind", "value")
    return [(name, custom_values.shown(kind, value)) for name, kind, value in found]


def values_by_customer(
    ids: Iterable[UUID], fields: Sequence[CustomField], among: QuerySet[CustomFieldValue] | None = None
) -> dict[UUID, dict[UUID, str]]:
    """What these customers have in these fields, as it is kept: one query, none without fields."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    if fields:
        rows = (CustomFieldValue.objects.all() if among is None else among).filter(
            customer__in=list(ids), field__in=fields
        )
        for customer_id, field_id, value in rows.values_list("customer", "field", "value"):
            found[customer_id][field_id] = value
    return found


def customers_with(field: CustomField, values: Collection[str] | None = None) -> dict[str, int]:
    """How many customers have each value of the field, or each of `values`."""
    rows = CustomFieldValue.objects.filter(field=field)
    if values is not None:
        rows = rows.filter(value__in=list(values))
    return dict(rows.order_by("value").values_list("value").annotate(Count("pk")))


def values_in_use(access: Access, field: CustomField) -> list[str]:
    """The first values, in their order, of the customers that may be seen."""
    rows = access.visible(CustomFieldValue).filter(field=field)
    return list(rows.order_by("value").values_list("value", flat=True).distinct()[:MOST_VALUES])


def restrictions_by(field: CustomField, values: Collection[str] | None = None) -> int:
    """How many members, invitations and keys of the company are restricted by the field, or by one of `values`."""
    named = [restricted.field_values.get(str(field.pk)) for restricted in _restricted_by_fields(field.company_id)]
    return sum(1 for one in named if one is not None and (values is None or set(values).intersection(one)))


def with_counts(fields: QuerySet[CustomField], customers: QuerySet[Customer]) -> QuerySet[Any]:
    """The fields with `used`, how many of the customers have something in them."""
    return fields.annotate(used=Count("values", filter=Q(values__customer__in=customers)))


def fields_in_use(company: Company) -> int:
    """How many fields of its own the company has, the archived ones left out."""
    return CustomField.objects.filter(company=company, archived_at__isnull=True).count()


def _with(values: QuerySet[CustomFieldValue]) -> Q:
    """Whose values these are. Found from the values, by their index, not asked of each customer."""
    return Q(pk__in=values.order_by().values("customer"))


def _is_by_fields(access: Access) -> bool:
    return access.membership.restriction == Membership.Restriction.FIELDS


def _restricted_by_fields(company_id: UUID) -> Iterable[Any]:
    """Whoever sees customers by their values today, or would if they accepted."""
    by_fields = {"company": company_id, "restriction": Membership.Restriction.FIELDS}
    yield from Membership.objects.present().filter(**by_fields)
    yield from Invitation.objects.filter(**by_fields, accepted_at__isnull=True, withdrawn_at__isnull=True)
    yield from ApiKey.objects.filter(**by_fields, revoked_at__isnull=True)
