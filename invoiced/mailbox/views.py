"""In a demo no mail leaves the machine: these pages show what customers would have received, and the reader.

A letter to a customer is shown to whoever may see that customer: the links in it open their invoices. A letter
about an account is shown to the person whose account it is, and to nobody else: the links in it act for them.
"""

from collections.abc import Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.models import Letter as AccountLetter
from accounts.permissions import Permission
from billing.models import EmailMessage
from invoiced.mailbox import letters
from invoiced.mailbox.letters import Letter
from security.guards import View, require

ON_A_PAGE = 50
# What a letter looks like is its own affair; it runs nothing, loads nothing and submits nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def in_demo(view: View) -> View:
    """Where mail really leaves, there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (settings.DEMO and hasattr(settings, "EMAIL_FILE_PATH")):
            raise Http404
        return view(request, *args, **kwargs)

    return require(Permission.INVOICE_SEND)(require_safe(guarded))


@in_demo
def mailbox(request: HttpRequest) -> HttpResponse:
    found = list(islice(_visible(request, letters.newest(_before(request))), ON_A_PAGE + 1))
    page = found[:ON_A_PAGE]
    context = {
        "letters": page,
        "next": f"?before={page[-1].id}" if len(found) > ON_A_PAGE else None,
        "newest": "?" if "before" in request.GET else None,
    }
    return TemplateResponse(request, "invoiced/mailbox/list.html", context)


@in_demo
def letter(request: HttpRequest, id: UUID) -> HttpResponse:
    letter = _letter(request, id)
    context = {
        "letter": letter,
        "pieces": letters.pieces(letter.text()),
        "html": letter.html(),
        "attachments": [
            {"name": part.get_filename(), "size": len(part.get_content())} for part in letter.attachments()
        ],
    }
    return TemplateResponse(request, "invoiced/mailbox/letter.html", context)


@in_demo
def html(request: HttpRequest, id: UUID) -> HttpResponse:
    """The letter as a mail program draws it."""
    return HttpResponse(_letter(request, id).html(), headers={"Content-Security-Policy": POLICY})


@in_demo
def attachment(request: HttpRequest, id: UUID, position: int) -> HttpResponse:
    parts = _letter(request, id).attachments()
    if position >= len(parts):
        raise Http404
    part = parts[position]
    disposition = content_disposition_header(as_attachment=True, filename=part.get_filename() or "attachment")
    content = part.get_content()
    return HttpResponse(content, content_type=part.get_content_type(), headers={"Content-Disposition": disposition})


def _letter(request: HttpRequest, id: UUID) -> Letter:
    letter = letters.get(id)
    if letter is None or not any(_visible(request, [letter])):
        raise Http404
    return letter


def _visible(request: HttpRequest, found: Iterable[Letter]) -> Iterator[Letter]:
    rest = iter(found)
    while some := list(islice(rest, ON_A_PAGE)):
        asked = [letter.row_id for letter in some]
        to_customers = request.access.visible(EmailMessage).filter(pk__in=asked)
        to_the_reader = AccountLetter.objects.filter(pk__in=asked, user=request.user)
        ids = {*to_customers.values_list("pk", flat=True), *to_the_reader.values_list("pk", flat=True)}
        yield from (letter for letter in some if letter.row_id in ids)


def _before(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        raise Http404 from None
