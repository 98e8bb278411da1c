"""Money paid online: each charge that a provider confirmed is in the books as what it was."""

from uuid import UUID

from django.db.models import F, Q

from billing.models import Payment, PaymentAttempt
from billing.queries.books.findings import Finding


def attempts_have_their_payments(company_id: UUID) -> Finding:
    succeeded = PaymentAttempt.objects.filter(company=company_id, status=PaymentAttempt.Status.SUCCEEDED)
    its_own = Q(
        payment__customer=F("customer"),
        payment__currency=F("currency"),
        payment__amount=F("amount"),
        payment__source=Payment.Source.GATEWAY,
        payment__request_key=F("pk"),
    )
    wrong = [
        f"attempt {attempt.pk}: {attempt.payment} is not the payment it made"
        for attempt in succeeded.exclude(its_own).select_related("payment").order_by("pk").iterator()
    ]
    return Finding("Each successful attempt has the payment it made", succeeded.count(), wrong)
