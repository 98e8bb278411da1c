"""What the books refuse. The text of each error is the sentence people read: what is wrong, and what to do."""

from uuid import UUID


class BillingError(Exception):
    """A change the rules of receivables do not allow."""


class RecordGone(BillingError):
    """It was removed since the page that named it was shown."""


class InvoiceNotDraft(BillingError):
    pass


class InvoiceNotIssuable(BillingError):
    pass


class InvoiceNotSendable(BillingError):
    pass


class InvoiceNotVoidable(BillingError):
    pass


class InvoiceNotWritable(BillingError):
    """It cannot be written off, or no write-off can be undone."""


class InvoiceNotPayable(BillingError):
    pass


class DisputeRefused(BillingError):
    pass


class DraftChangedMeanwhile(BillingError):
    """Somebody else changed the draft after it was shown."""


class DraftAlreadySaved(BillingError):
    """The same form was sent before."""

    def __init__(self, invoice_id: UUID) -> None:
        super().__init__("This invoice was saved already. It is kept once.")
        self.invoice_id = invoice_id


class DraftRefused(BillingError):
    """What was entered does not make an invoice."""


class PaymentRefused(BillingError):
    pass


class AllocationExceedsBalance(BillingError):
    pass


class AllocationExceedsPayment(BillingError):
    pass


class AllocationAlreadyReleased(BillingError):
    pass


class PaymentNotReversible(BillingError):
    pass


class CustomerNotChangeable(BillingError):
    pass


class ContactNotChangeable(BillingError):
    pass


class ItemNotChangeable(BillingError):
    pass


class TaxRateRefused(BillingError):
    pass


class CustomFieldRefused(BillingError):
    pass


class RestrictionRefused(BillingError):
    """What somebody is to be restricted to is not there, or not to be told of."""


class NameTaken(BillingError):
    """A number, code or name that only one record may have."""


class ReminderRefused(BillingError):
    pass


class GatewayUnavailable(BillingError):
    """The payment provider did not answer; the attempt stays open and is asked about again."""
