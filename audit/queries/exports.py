"""The downloads of the logs somebody made."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Export


def exports_of(company_id: UUID, user_id: UUID) -> QuerySet[Export]:
    """A member's own, the latest first."""
    return Export.objects.filter(company_id=company_id, user_id=user_id).order_by("-id")
