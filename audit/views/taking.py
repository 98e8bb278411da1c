"""Taking along, as a file, what the filters of a log find: the same for every format."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from audit import queries
from audit.actions import exports
from audit.forms import FilterForm
from audit.models import Export
from audit.paging import Search
from audit.registry import Log
from audit.views.asked import PERMISSIONS, chosen, filters_of
from security import refused_ids

MISTAKE = "Nothing was exported: the filters hold a mistake. Correct what is marked below."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a log, who may read it."""

    request: Any
    log: Log
    search: Search
    filters: dict[str, str]
    at: datetime

    def begin(self, format: str, rows: int | None) -> Export:
        """Write down that it leaves, before its first byte does."""
        access = self.request.access
        return exports.begin(
            company=access.company,
            user=access.user,
            of=self.log,
            format=format,
            query=urlencode(filters_of(self.request)),
            filters=self.filters,
            rows=rows,
            at_least=queries.at_least(self.search) if rows is None else rows,
            by=access.actor,
            at=self.at,
        )

    def named(self, format: str) -> dict[str, str]:
        """The header that gives the file its name."""
        day = self.request.access.company.today(self.at).isoformat()
        return {"Content-Disposition": f'attachment; filename="{self.log}-log-{day}.{format}"'}


def wanted(request: Any, log: Log) -> Wanted | None:
    """What the address asks for; None while it asks for something impossible. Who may not read the log is refused."""
    if not request.access.can(PERMISSIONS[log]):
        raise PermissionDenied
    form = FilterForm(request.GET, log=log, access=request.access)
    search = chosen(request, form, log)
    if search is None:
        refused_ids.note_in([form], request)
        return None
    return Wanted(request, log, search, form.chosen(), timezone.now())


def refused(request: Any, log: Log, sentence: str) -> HttpResponse:
    """Back to the log, which says why there is no file."""
    messages.error(request, sentence)
    return redirect(f"{reverse(f'audit:{log}_log')}?{urlencode(filters_of(request))}")
