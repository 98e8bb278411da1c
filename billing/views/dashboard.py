import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import Permission
from accounts.queries.alerts import strip
from audit.queries import recent
from billing import doors, formats
from billing.models import CustomerBalance, EmailMessage, Payment, PaymentAttempt
from billing.queries.aging import SOON, bars
from billing.queries.balances import written
from billing.queries.dashboard import Standing, debtors, standings, waiting
from billing.views.addresses import stem
from billing.views.start import or_where_one_may_start
from billing.views.waiting import tasks
from security.guards import require

ACTIVITY = 8
FAILED_SINCE = datetime.timedelta(days=7)


class Tile(NamedTuple):
    label: str
    value: str
    note: str
    url: str
    kind: str = ""


@or_where_one_may_start
@require(Permission.REPORT_VIEW)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    access, at = request.access, timezone.now()
    as_of, currency = access.company.today(at), doors.get_seller(access).currency
    balances, invoices = access.visible(CustomerBalance), doors.invoices(access)
    found = standings(balances, invoices, access.visible(Payment), currency, as_of)
    chosen = next((standing for standing in found if standing.currency == request.GET.get("currency")), found[0])
    mails, attempts = access.visible(EmailMessage), access.visible(PaymentAttempt)
    entries = recent(access.company.pk, ACTIVITY, access.visible_customer_ids())
    context = {
        "today": formats.day(as_of),
        "is_new": chosen.balances.receivable == 0 and not doors.customers(access).exists(),
        "alerts": strip(access),
        "tasks": tasks(access, found, waiting(invoices, mails, attempts, at - FAILED_SINCE), as_of),
        "currency": chosen.currency,
        "tiles": _tiles(chosen, as_of),
        "others": [(other.currency, _tiles(other, as_of)) for other in found if other is not chosen],
        "bars": bars(chosen.open, as_of, _list("invoice_list", status="open", currency=chosen.currency)),
        "open_count": chosen.open.count,
        "debtors": debtors(balances, chosen.currency),
        "customer_stem": stem("billing:customer_detail"),
        "entries": entries,
    }
    return TemplateResponse(request, "billing/dashboard/home.html", context)


def _tiles(standing: Standing, as_of: datetime.date) -> list[Tile]:
    """Each number with the list it comes from."""
    currency, open_now = standing.currency, standing.open
    first = as_of.replace(day=1)
    return [
        Tile(
            "Outstanding",
            written(standing.balances.receivable, currency),
            _counted(open_now.count),
            _list("invoice_list", status="open", currency=currency),
        ),
        Tile(
            "Overdue",
            written(open_now.overdue, currency),
            _counted(open_now.overdue_count),
            _list("invoice_list", status="overdue", currency=currency),
            "bad" if open_now.overdue else "",
        ),
        Tile(
            f"Due in {SOON.days} days",
            written(open_now.due_soon, currency),
            _counted(open_now.due_soon_count),
            _list(
                "invoice_list",
                status="open",
                currency=currency,
                due_from=as_of.isoformat(),
                due_to=(as_of + SOON).isoformat(),
            ),
        ),
        Tile(
            "Collected this month",
            written(standing.collected, currency),
            f"since {formats.day(first)}",
            _list("payment_list", state="kept", currency=currency, received_from=first.isoformat()),
        ),
    ]


def _counted(count: int) -> str:
    return "1 invoice" if count == 1 else f"{count:,} invoices"


def _list(route: str, **filters: str) -> str:
    return f"{reverse(f'billing:{route}')}?{urlencode(filters)}"
