import datetime
from collections.abc import Iterator

from billing.models import PaymentAttempt


def unsettled_since(at: datetime.datetime) -> Iterator[PaymentAttempt]:
    """Attempts begun before `at` whose outcome is not known yet."""
    unsettled = [PaymentAttempt.Status.STARTED, PaymentAttempt.Status.PENDING]
    return PaymentAttempt.objects.filter(status__in=unsettled, started_at__lt=at).order_by("started_at").iterator()
