"""The saved views a reader of a log is offered."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import SavedView


def saved_views(log: str, company_id: UUID, user_id: UUID) -> QuerySet[SavedView]:
    """A reader's own views of a log and those shared with everybody who may read it, by name."""
    theirs = Q(user_id=user_id) | Q(is_shared=True)
    return SavedView.objects.filter(theirs, company_id=company_id, log=log).order_by("name", "id")


def shown_views(log: str, company_id: UUID, user_id: UUID, *, is_restricted: bool) -> list[SavedView]:
    """The same; only their own for a reader from whom customers are hidden: a name or a filter may tell of one."""
    views = saved_views(log, company_id, user_id)
    return list(views.filter(user_id=user_id) if is_restricted else views)


def view_named(name: str, log: str, company_id: UUID, user_id: UUID) -> SavedView | None:
    """A reader's own view of this name, in whatever case it is written."""
    rows: Any = SavedView.objects.filter(company_id=company_id, user_id=user_id, log=log)
    return next((view for view in rows if view.name.casefold() == name.casefold()), None)
