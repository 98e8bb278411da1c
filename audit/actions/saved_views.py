"""Filters of a log that somebody gives a name."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import events, log, queries
from audit.actors import Actor
from audit.errors import NameTaken, TooManyViews
from audit.models import SavedView

MOST = 50
AUDIENCES = {False: "themselves", True: "everybody who may read it"}


@transaction.atomic
def save(
    *, company: Any, user: Any, of: str, name: str, query: str, is_shared: bool, by: Actor, at: datetime
) -> SavedView:
    """Keep filters of a log under a name; at most fifty a person, each name once."""
    if SavedView.objects.filter(company_id=company.pk, user_id=user.pk).count() >= MOST:
        raise TooManyViews(f"You have {MOST} saved views, as many as one person can have. Delete one of them first.")
    _refuse_taken(name, of, company.pk, user.pk)
    view = SavedView(
        company_id=company.pk, user_id=user.pk, log=of, name=name, query=query, is_shared=is_shared, made_at=at
    )
    _write(view)
    log.record(events.LOG_VIEW_SAVED, target=view, by=by, at=at, log=of, audience=AUDIENCES[is_shared])
    return view


@transaction.atomic
def change(*, view: SavedView, name: str, is_shared: bool, by: Actor, at: datetime) -> SavedView:
    """Give one's own view another name, or share it, or keep it to oneself again."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    changes = {
        field: [before, after]
        for field, before, after in (("name", view.name, name), ("is_shared", view.is_shared, is_shared))
        if before != after
    }
    if not changes:
        return view
    _refuse_taken(name, view.log, view.company_id, view.user_id, but=view)
    view.name, view.is_shared = name, is_shared
    _write(view, update_fields=list(changes))
    log.record(events.LOG_VIEW_CHANGED, target=view, by=by, at=at, changes=changes, log=view.log)
    return view


@transaction.atomic
def delete(*, view: SavedView, by: Actor, at: datetime) -> None:
    """Forget a saved view; the entries it showed stay."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    log.record(events.LOG_VIEW_DELETED, target=view, by=by, at=at, log=view.log)
    view.delete()


def _write(view: SavedView, **options: Any) -> None:
    """The database refuses a name that was taken in the same moment."""
    try:
        with transaction.atomic():
            view.save(**options)
    except IntegrityError:
        raise _taken(view.name) from None


def _refuse_taken(name: str, of: str, company_id: Any, user_id: Any, but: SavedView | None = None) -> None:
    if queries.view_named(name, of, company_id, user_id) not in (None, but):
        raise _taken(name)


def _taken(name: str) -> NameTaken:
    return NameTaken(f"You have a saved view called “{name}”. Choose another name, or delete that one first.")
