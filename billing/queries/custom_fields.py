"""The company's own fields of customers."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from billing.models import CustomFieldValue


def holding(values: Mapping[str, Collection[str]]) -> Q:
    """Which customers have in each of these fields one of its values. Whoever has none in one is not among them."""
    found = Q()
    for field_id, wanted in values.items():
        one = CustomFieldValue.objects.filter(customer=OuterRef("pk"), field=UUID(field_id), value__in=list(wanted))
        found &= Q(Exists(one))
    return found
