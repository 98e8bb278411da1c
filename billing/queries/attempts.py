import datetime
from collections.abc import Iterator

from django.db.models import QuerySet

from billing.models import PaymentAttempt

SOONEST = datetime.timedelta(minutes=1)
SELDOMEST = datetime.timedelta(hours=6)
PATIENCE = datetime.timedelta(minutes=15)


def to_ask_about(at: datetime.datetime) -> Iterator[PaymentAttempt]:
    """Attempts whose outcome is not known yet and whose turn has come: the older one is, the seldomer it is asked."""
    for attempt in _unsettled().filter(external_id__isnull=False, asked_at__lte=at - SOONEST).iterator():
        waited = attempt.asked_at - attempt.started_at
        if at - attempt.asked_at >= min(max(waited, SOONEST), SELDOMEST):
            yield attempt


def without_pay_page(at: datetime.datetime) -> Iterator[PaymentAttempt]:
    """Attempts for which the provider has opened no pay page in all the time a customer would wait."""
    return _unsettled().filter(external_id__isnull=True, started_at__lt=at - PATIENCE).iterator()


def charges_waited_for() -> list[str]:
    """What providers call the charges whose outcome is not known yet."""
    return list(_unsettled().filter(external_id__isnull=False).values_list("external_id", flat=True))


def _unsettled() -> QuerySet[PaymentAttempt]:
    unsettled = [PaymentAttempt.Status.STARTED, PaymentAttempt.Status.PENDING]
    return PaymentAttempt.objects.filter(status__in=unsettled).order_by("started_at")
