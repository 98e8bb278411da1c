"""The alerts of a company: what is open, the list, and who is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from accounts.access import Access
from accounts.alert_kinds import AlertKind, find, kinds
from accounts.models import Alert, AlertSettings, Company, Membership
from accounts.permissions import Permission
from accounts.queries.memberships import administrators
from audit.paging import Page, page

SHOWN_AT_HOME = 3
MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of the list."""

    alert: Alert
    kind: str
    entry_url: str | None


@dataclass(frozen=True, slots=True)
class Strip:
    """What the first page shows of the open alerts: the latest, and whether there are more."""

    alerts: list[Alert]
    has_more: bool


def alerts_shown_to(access: Access) -> QuerySet[Alert]:
    """A company's alerts, for who reads its security log. Whoever sees only some customers sees none of them."""
    if access.is_restricted or not access.can(Permission.SECURITY_LOG_VIEW):
        return Alert.objects.none()
    return Alert.objects.filter(company=access.company).select_related("seen_by")


def strip(access: Access) -> Strip | None:
    """The open alerts for the first page; None for who is not shown any."""
    if access.is_restricted or not access.can(Permission.SECURITY_LOG_VIEW):
        return None
    latest = list(_open(alerts_shown_to(access)).order_by("-at", "-id")[: SHOWN_AT_HOME + 1])
    return Strip(latest[:SHOWN_AT_HOME], len(latest) > SHOWN_AT_HOME)


def count_open(access: Access) -> str:
    """How many are open, for who is shown them, counted to 99; empty where none is. One query of an index."""
    count = _open(alerts_shown_to(access))[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


def listed(access: Access, *, only_open: bool, older_than: str = "", newer_than: str = "") -> Page:
    """A page of the alerts nobody has dealt with, or of all, newest first."""
    alerts = alerts_shown_to(access)
    found = page(_open(alerts) if only_open else alerts, older_than=older_than, newer_than=newer_than)
    rows = [_row(alert, access) for alert in found.entries]
    return Page(rows, newer_than=found.newer_than, older_than=found.older_than)


def settings_of(company: Company) -> AlertSettings:
    """What a company chose; nothing is off and nobody else is told where it chose nothing."""
    return AlertSettings.objects.filter(pk=company.pk).first() or AlertSettings(company=company)


def is_off(kind: AlertKind, settings: AlertSettings) -> bool:
    return kind.can_be_off and kind.code in settings.off


def told_members(company: Company) -> list[Membership]:
    """The administrators, who get every alert by letter."""
    return list(administrators(company).select_related("user", "company"))


def told_addresses(settings: AlertSettings, members: list[Membership]) -> list[str]:
    """The addresses that get it beside them, none twice."""
    known = {one.user.email for one in members}
    return [address for address in settings.addresses if address not in known]


def was_alerted(company: Company, kind: AlertKind, cause: str, since: datetime) -> bool:
    """Whether an alert of this kind, with a cause that begins so, was raised about anything since an instant."""
    return Alert.objects.filter(company=company, kind=kind.code, cause__startswith=cause, at__gt=since).exists()


def is_of(alert: Alert, cause: str) -> bool:
    """Whether a trouble with this cause is what the alert is about."""
    return alert.cause.startswith(f"{cause}.")


def troubles_noted(company: Company) -> QuerySet[Alert]:
    """The alerts of a company about the log of the installation whose trouble goes on, as far as was noted."""
    return _going_on(Alert.objects.filter(company=company)).order_by("at", "pk")


def companies_in_trouble() -> set[UUID]:
    """Those with such an alert, asked of all at once."""
    return set(_going_on(Alert._base_manager.all()).values_list("company_id", flat=True))


def _going_on(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    about_the_log = [kind.code for kind in kinds() if not kind.actions]
    return alerts.filter(kind__in=about_the_log, entry_id__isnull=True, over_at__isnull=True)


def _open(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.filter(seen_at__isnull=True)


def _row(alert: Alert, access: Access) -> AlertRow:
    kind = find(alert.kind)
    return AlertRow(alert, kind.name if kind else alert.kind, _entry_url(alert, access))


def _entry_url(alert: Alert, access: Access) -> str | None:
    """The page of the entry it was about, for who may read that log."""
    if alert.entry_id is None or (alert.log == "billing" and not access.can(Permission.AUDIT_VIEW)):
        return None
    return reverse(f"audit:{alert.log}_entry", args=[alert.entry_id])
