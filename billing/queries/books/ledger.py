"""The ledger against the documents and the stored balances. A balance is a sum of entries, whatever else says so."""

from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from billing.models import Customer, CustomerBalance, Invoice, LedgerEntry, Payment
from billing.queries.balances import written
from billing.queries.books.findings import Finding

Account = LedgerEntry.Account
OWED = [Invoice.Status.ISSUED, Invoice.Status.WRITTEN_OFF]


def invoices_agree_with_the_ledger(company_id: UUID) -> Finding:
    invoices = Invoice.objects.filter(company=company_id)
    differing = (
        invoices.values("pk", "number", "currency", "balance")
        .annotate(entered=Sum("ledger__amount", filter=Q(ledger__account=Account.RECEIVABLE), default=0))
        .exclude(entered=F("balance"))
    )
    wrong = [
        f"{_invoice(row)}: the balance is {written(row['balance'], row['currency'])},"
        f" the ledger says {written(row['entered'], row['currency'])}"
        for row in differing.order_by("pk").iterator()
    ]
    return Finding("The balance of each invoice is the sum of its ledger entries", invoices.count(), wrong)


def invoice_balances_are_what_is_left(company_id: UUID) -> Finding:
    invoices = Invoice.objects.filter(company=company_id)
    left = F("total") - F("prepaid") - F("amount_paid") - F("amount_written_off")
    differing = invoices.filter(status__in=OWED).exclude(balance=left) | invoices.exclude(status__in=OWED).exclude(
        balance=0
    )
    wrong = [
        f"{_invoice(row)}: the balance is {written(row['balance'], row['currency'])},"
        " not what is left of the total after what was prepaid, paid and written off"
        for row in differing.order_by("pk").values("pk", "number", "currency", "balance").iterator()
    ]
    return Finding("The balance of each invoice is what is left of its total", invoices.count(), wrong)


def invoices_agree_with_their_allocations(company_id: UUID) -> Finding:
    invoices = Invoice.objects.filter(company=company_id)
    live = Q(allocations__released_at__isnull=True)
    differing = (
        invoices.values("pk", "number", "currency", "amount_paid")
        .annotate(allocated=Sum("allocations__amount", filter=live, default=0))
        .exclude(allocated=F("amount_paid"))
    )
    wrong = [
        f"{_invoice(row)}: {written(row['amount_paid'], row['currency'])} is marked as paid,"
        f" {written(row['allocated'], row['currency'])} is allocated"
        for row in differing.order_by("pk").iterator()
    ]
    return Finding("What is paid of each invoice is the sum of its allocations", invoices.count(), wrong)


def payments_agree_with_the_ledger(company_id: UUID) -> Finding:
    payments = Payment.objects.filter(company=company_id)
    differing = (
        payments.values("pk", "number", "currency", "unapplied")
        .annotate(entered=-Sum("ledger__amount", filter=Q(ledger__account=Account.CREDIT), default=0))
        .exclude(entered=F("unapplied"))
    )
    wrong = [
        f"{row['number']}: {written(row['unapplied'], row['currency'])} is unapplied,"
        f" the ledger says {written(row['entered'], row['currency'])}"
        for row in differing.order_by("pk").iterator()
    ]
    return Finding("What is unapplied of each payment is the sum of its ledger entries", payments.count(), wrong)


def payments_agree_with_their_allocations(company_id: UUID) -> Finding:
    payments = Payment.objects.filter(company=company_id)
    live = Q(allocations__released_at__isnull=True)
    summed = payments.values("pk", "number", "currency", "amount", "unapplied", "reversed_at").annotate(
        allocated=Sum("allocations__amount", filter=live, default=0)
    )
    stands = Q(reversed_at__isnull=True, unapplied=F("amount") - F("allocated"))
    is_reversed = Q(reversed_at__isnull=False, unapplied=0, allocated=0)
    wrong = [
        f"{row['number']}: of {written(row['amount'], row['currency'])}"
        f"{', reversed,' if row['reversed_at'] else ''} {written(row['allocated'], row['currency'])} is allocated"
        f" and {written(row['unapplied'], row['currency'])} unapplied"
        for row in summed.exclude(stands | is_reversed).order_by("pk").iterator()
    ]
    return Finding("Each payment is allocated, unapplied or reversed, to the last cent", payments.count(), wrong)


def customers_agree_with_the_ledger(company_id: UUID) -> Finding:
    balances = CustomerBalance.objects.filter(company=company_id)
    stored = {
        (customer, currency): (receivable, credit)
        for customer, currency, receivable, credit in balances.values_list(
            "customer_id", "currency", "receivable", "credit"
        ).iterator()
    }
    entered = {
        (customer, currency): (receivable, -credit)
        for customer, currency, receivable, credit in _sums(company_id).iterator()
    }
    differing = sorted(
        key for key in stored.keys() | entered.keys() if stored.get(key, (0, 0)) != entered.get(key, (0, 0))
    )
    names = dict(Customer.objects.filter(pk__in={pk for pk, _ in differing}).values_list("pk", "name"))
    wrong = [
        f"{names[customer]}: stored are {_pair(stored.get((customer, currency), (0, 0)), currency)},"
        f" the ledger says {_pair(entered.get((customer, currency), (0, 0)), currency)}"
        for customer, currency in differing
    ]
    return Finding("The stored balances of each customer are the sums of its ledger entries", len(stored), wrong)


def entries_belong_to_their_documents(company_id: UUID) -> Finding:
    entries = LedgerEntry.objects.filter(company=company_id)
    fits_invoice = Q(invoice__isnull=True) | Q(
        invoice__customer=F("customer"), invoice__currency=F("currency"), invoice__company=F("company")
    )
    fits_payment = Q(payment__isnull=True) | Q(
        payment__customer=F("customer"), payment__currency=F("currency"), payment__company=F("company")
    )
    wrong = [
        f"ledger entry {pk}: its customer or currency is not that of its document"
        for pk in entries.exclude(fits_invoice & fits_payment).order_by("pk").values_list("pk", flat=True).iterator()
    ]
    return Finding("Each ledger entry has the customer and currency of its document", entries.count(), wrong)


def _sums(company_id: UUID) -> QuerySet:
    return (
        LedgerEntry.objects.filter(company=company_id)
        .order_by()
        .values_list("customer_id", "currency")
        .annotate(
            receivable=Sum("amount", filter=Q(account=Account.RECEIVABLE), default=0),
            credit=Sum("amount", filter=Q(account=Account.CREDIT), default=0),
        )
    )


def _invoice(row: dict) -> str:
    return row["number"] or f"draft {row['pk']}"


def _pair(amounts: tuple[int, int], currency: str) -> str:
    receivable, credit = amounts
    return f"{written(receivable, currency)} owed and {written(credit, currency)} credit"
