"""Every event of the billing log, with the sentence it is read as."""

from audit.kinds import NAMED_TEXTS, NUMBER, TABLE, TEXT, TEXTS
from audit.registry import declare, reserve

CUSTOMER_CREATED = declare("customer.created", "added customer {target}", kept={"number": TEXT, "fields": NAMED_TEXTS})
CUSTOMER_CHANGED = declare("customer.changed", "changed customer {target}", changes=True)
CUSTOMER_ARCHIVED = declare("customer.archived", "archived customer {target}")
CUSTOMER_RESTORED = declare("customer.restored", "restored customer {target}")
CUSTOMER_HANDED_OVER = declare(
    "customer.handed_over", "passed customer {target} on from {former} to {owner}", changes=True
)
CUSTOMERS_EXPORTED = declare(
    "customer.exported", "exported the list of customers", kept={"filters": NAMED_TEXTS, "at_least": NUMBER}
)
CUSTOM_FIELD_CREATED = declare(
    "custom_field.created", "added the customer field {target}", kept={"kind": TEXT, "choices": TEXTS}
)
CUSTOM_FIELD_CHANGED = declare("custom_field.changed", "changed the customer field {target}", changes=True)
CUSTOM_FIELD_ARCHIVED = declare("custom_field.archived", "archived the customer field {target}")
CUSTOM_FIELD_RESTORED = declare("custom_field.restored", "restored the customer field {target}")
CONTACT_CREATED = declare("contact.created", "added contact {target} at {customer}")
CONTACT_CHANGED = declare("contact.changed", "changed contact {target} at {customer}", changes=True)
CONTACT_ARCHIVED = declare("contact.archived", "archived contact {target} at {customer}")

ITEM_CREATED = declare("item.created", "added item {target}", kept={"price": TEXT})
ITEM_CHANGED = declare("item.changed", "changed item {target}", changes=True)
ITEM_ARCHIVED = declare("item.archived", "archived item {target}")
ITEM_RESTORED = declare("item.restored", "restored item {target}")
TAX_RATE_CREATED = declare("tax_rate.created", "added tax rate {target}", kept={"percent": TEXT})
TAX_RATE_ARCHIVED = declare("tax_rate.archived", "archived tax rate {target}")
SELLER_CREATED = declare("seller.created", "set up billing for {target}")
SELLER_CHANGED = declare("seller.changed", "changed the company profile", changes=True)
BANK_DETAILS_CHANGED = declare("bank_details.changed", "changed where customers are told to pay {target}", changes=True)
LOGO_CHANGED = declare("logo.changed", "changed the logo", kept={"size": NUMBER})
LOGO_REMOVED = declare("logo.removed", "removed the logo")

INVOICE_DRAFTED = declare("invoice.drafted", "drafted an invoice of {total} for {customer}")
INVOICE_CHANGED = declare("invoice.changed", "changed a draft invoice for {customer}, now {total}", changes=True)
INVOICE_DISCARDED = declare("invoice.discarded", "discarded a draft invoice of {total} for {customer}")
INVOICE_ISSUED = declare("invoice.issued", "issued invoice {target} of {total} to {customer}", kept={"due": TEXT})
INVOICE_SENT = declare("invoice.sent", "sent invoice {target} to {recipients}")
INVOICE_MARKED_SENT = declare("invoice.marked_sent", "marked invoice {target} as sent by {way}")
INVOICE_VIEWED = declare("invoice.viewed", "viewed invoice {target}")
INVOICE_DOWNLOADED = declare("invoice.downloaded", "downloaded invoice {target}")
INVOICE_VOIDED = declare("invoice.voided", "voided invoice {target}: {reason}")
INVOICE_WRITTEN_OFF = declare("invoice.written_off", "wrote off {amount} of invoice {target}: {reason}")
INVOICE_REINSTATED = declare("invoice.reinstated", "undid the write-off of {amount} on invoice {target}")
INVOICE_DISPUTED = declare("invoice.disputed", "marked invoice {target} as disputed: {reason}")
INVOICE_DISPUTE_SETTLED = declare("invoice.dispute_settled", "settled the dispute on invoice {target}")
INVOICES_EXPORTED = declare("invoice.exported", "exported the list of invoices", kept={"filters": NAMED_TEXTS})

PAYMENT_RECORDED = declare(
    "payment.recorded", "recorded payment {target} of {amount} from {customer}{used_on}", kept={"allocations": TABLE}
)
PAYMENT_ALLOCATED = declare("payment.allocated", "allocated {amount} of payment {target} to invoice {invoice}")
PAYMENT_RELEASED = declare("payment.released", "released {amount} of payment {target} from invoice {invoice}")
PAYMENT_REVERSED = declare("payment.reversed", "reversed payment {target} of {amount}: {reason}")
ATTEMPT_STARTED = declare("attempt.started", "started to pay {amount} of invoice {invoice}")
ATTEMPT_HANDED_OVER = declare(
    "attempt.handed_over", "opened the pay page for invoice {invoice}", kept={"gateway": TEXT}
)
ATTEMPT_PENDING = declare("attempt.pending", "has a payment of {amount} under way for invoice {invoice}")
ATTEMPT_SUCCEEDED = declare("attempt.succeeded", "paid {amount} of invoice {invoice} with payment {payment}")
ATTEMPT_FAILED = declare("attempt.failed", "could not pay {amount} of invoice {invoice}: {failure}")

NOTE_WRITTEN = declare("note.written", "wrote a note on {subject}")
REMINDER_SENT = declare("reminder.sent", "reminded {recipient} of invoice {target}: {step}")
EMAIL_QUEUED = declare("email.queued", "had a letter tried again: {target}")
EMAIL_SENT = declare("email.sent", "mailed {kind} to {recipient}")
EMAIL_FAILED = declare("email.failed", "could not mail {kind} to {recipient}: {failure}")

# What the product cannot do yet. Each name is kept for its feature, and no entry can be written under it till then.
reserve("credit_note.drafted", "drafted a credit note of {total} for {customer}")
reserve("credit_note.changed", "changed a draft credit note for {customer}, now {total}", changes=True)
reserve("credit_note.discarded", "discarded a draft credit note of {total} for {customer}")
reserve("credit_note.issued", "issued credit note {target} of {total} to {customer}", kept={"invoice": TEXT})
reserve("credit_note.viewed", "viewed credit note {target}")
reserve("credit_note.voided", "voided credit note {target}: {reason}")
reserve("credit_note.allocated", "allocated {amount} of credit note {target} to invoice {invoice}")
reserve("credit_note.released", "released {amount} of credit note {target} from invoice {invoice}")
reserve("estimate.drafted", "drafted an estimate of {total} for {customer}")
reserve("estimate.changed", "changed an estimate for {customer}, now {total}", changes=True)
reserve("estimate.discarded", "discarded an estimate of {total} for {customer}")
reserve("estimate.viewed", "viewed estimate {target}")
reserve("estimate.approved", "approved estimate {target} of {total}", kept={"name": TEXT})

reserve("customer.merged", "merged customer {merged} into {target}", kept={"records": NUMBER})
reserve("customer.imported", "imported {count} customers from {file}", kept={"count": NUMBER, "refused": NUMBER})
reserve("invoice.imported", "imported {count} invoices from {file}", kept={"count": NUMBER, "refused": NUMBER})
reserve("payment.imported", "imported {count} payments from {file}", kept={"count": NUMBER, "refused": NUMBER})
reserve("import.rolled_back", "took back the import of {file}", kept={"count": NUMBER})
reserve("invoice.payment_expected", "promised to pay {amount} of invoice {target} by {day}", kept={"way": TEXT})
reserve("payment.refunded", "refunded {amount} of payment {target}: {reason}", kept={"method": TEXT})
reserve("charge.failed", "could not charge {amount} to {source}: {failure}")
reserve("gateway_key.changed", "changed the keys of the gateway {target}", changes=True)
reserve("gateway_key.removed", "removed the keys of the gateway {target}")

reserve("payment_plan.created", "agreed on a payment plan for invoice {target}", kept={"instalments": TABLE})
reserve("payment_plan.changed", "changed the payment plan of invoice {target}", changes=True)
reserve("payment_plan.ended", "ended the payment plan of invoice {target}: {reason}")
reserve("payment_source.added", "added {target} to pay with")
reserve("payment_source.changed", "changed {target}, which {customer} pays with", changes=True)
reserve("payment_source.removed", "removed {target}, which {customer} paid with")
reserve("subscription.started", "subscribed {customer} to {plan}")
reserve("subscription.changed", "changed the subscription of {customer} to {plan}", changes=True)
reserve("subscription.ended", "ended the subscription of {customer} to {plan}: {reason}")
reserve("pending_line.added", "added {target} to what {customer} is billed for next")
reserve("pending_line.changed", "changed {target} in what {customer} is billed for next", changes=True)
reserve("pending_line.removed", "removed {target} from what {customer} is billed for next")
reserve("note.changed", "changed a note on {subject}", changes=True)
reserve("note.removed", "removed a note on {subject}")
reserve("task.created", "set the task {target} for {customer}", kept={"due": TEXT, "owner": TEXT})
reserve("task.changed", "changed the task {target} for {customer}", changes=True)
reserve("task.removed", "removed the task {target} for {customer}")
reserve("task.completed", "completed the task {target} for {customer}")
