"""PDFs from one process, and the worker's appetite."""

import resource

from accounts.scoping import in_company
from bench.measuring import Row, rates
from bench.seeding import DAY, Seeded
from billing.documents.from_invoice import sheet_of
from billing.documents.pdf import render_invoice
from billing.models import Invoice

DOCUMENTS = 50


def measure(one: Seeded) -> list[Row]:
    with in_company(one.company):
        invoice = Invoice.objects.select_related("customer", "company__seller").get(pk=one.invoice_id)

        def work() -> int:
            for _ in range(DOCUMENTS):
                render_invoice(sheet_of(invoice, DAY))
            return DOCUMENTS

        [rate] = rates([work], rounds=3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row("PDF of one page, from the database", rate, aim=50),
        Row("peak memory of a process that makes PDFs, as the worker does", peak, unit=" MiB"),
    ]
