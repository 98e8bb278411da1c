"""Looking through who has access, every half year."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import doors
from accounts.actions import reviews
from accounts.errors import AccountsError
from accounts.forms.reviews import ConfirmForm
from accounts.permissions import Permission
from accounts.queries.reviews import HEAD, finished_reviews, rows_of, standing_of, table_of
from security.guards import require
from security.spreadsheet import stream

MOST_FINISHED_SHOWN = 20


@require(Permission.TEAM_EDIT)
@require_http_methods(["GET", "POST"])
def review(request: Any) -> HttpResponse:
    access, at = request.access, timezone.now()
    form = ConfirmForm(request.POST if request.method == "POST" else None, company=access.company)
    if form.is_valid():
        who = {"company": access.company, "judge": access.membership, "by": access.actor, "at": at}
        try:
            under_way = reviews.confirm(memberships=form.cleaned_data["members"], **who)
        except AccountsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _said(under_way.finished_at is not None, len(form.cleaned_data["members"])))
            return redirect("accounts:access_review")
    rows = rows_of(access.company, access.membership)
    context = {
        "form": form,
        "standing": standing_of(access.company, at),
        "rows": rows,
        "left": sum(row.confirmation is None for row in rows),
        "finished": finished_reviews(access.company)[:MOST_FINISHED_SHOWN],
    }
    return TemplateResponse(request, "accounts/reviews/review.html", context)


@require(Permission.TEAM_EDIT)
@require_POST
def export(request: Any, id: UUID) -> HttpResponseBase:
    access = request.access
    finished = doors.get_finished_review(access, id)
    reviews.record_export(review=finished, by=access.actor, at=timezone.now())
    day = access.company.today(finished.finished_at)
    return StreamingHttpResponse(
        stream(HEAD, table_of(finished)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="access-review-{day.isoformat()}.csv"'},
    )


def _said(is_finished: bool, confirmed: int) -> str:
    if is_finished:
        return "The review is finished: everybody here is confirmed. The next is due in half a year."
    return f"{confirmed} confirmed. The review is finished when nobody is left."
