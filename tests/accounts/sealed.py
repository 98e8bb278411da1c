"""What the sealer and the follower of alerts do in the worker, at one's word."""

from django.utils import timezone

from accounts.models import Alert
from audit import sealing
from audit.models import SealerState
from invoiced import schedules


def sealed() -> None:
    """Everything written so far has its place."""
    sealing.turn(timezone.now())
    assert SealerState.objects.get().problem == ""


def followed() -> None:
    """It is sealed, and was looked through."""
    sealed()
    schedules.raise_alerts(timezone.now())


def alerts(company=None):
    """Kind and sentence of each alert, oldest first; of all companies, or of one."""
    rows = Alert._base_manager.filter(**({"company": company} if company else {}))
    return list(rows.order_by("at", "id").values_list("kind", "sentence"))
