"""How a customer gets in: a link that opens one invoice, and the session it is traded for.

Both are looked up by the hash of a secret, before it is known whose they are; their managers have no company's scope.
"""

import datetime

from django.db import models

from accounts.models import Company
from billing.models import Contact, Customer, Invoice
from security.ids import uuid7
from security.visits import Visit


class Link(models.Model):
    """Opens one invoice for whoever holds it, until it expires or is revoked. Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="links")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    recipient = models.CharField(max_length=254)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link to {self.invoice} for {self.recipient}"

    def is_live(self, at: datetime.datetime) -> bool:
        """Who was archived at the customer is let in no more, whatever link they kept."""
        return self.revoked_at is None and at < self.expires_at and not is_archived(self.contact)


class PortalSession(Visit):
    """One visit of one customer's contact: what the links opened in it lead to, and nothing else."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    recipient = models.CharField(max_length=254)
    links = models.ManyToManyField(Link, related_name="sessions")
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.contact) if self.contact else self.recipient

    def is_live(self, at: datetime.datetime) -> bool:
        """Over half an hour after the last page, a day after the first one, or once its contact is archived."""
        return self.ended_at is None and at < self.ends_at(IDLE, LONGEST) and not is_archived(self.contact)


def is_archived(contact: Contact | None) -> bool:
    return contact is not None and contact.archived_at is not None


KIND = "customer"
IDLE = datetime.timedelta(minutes=30)
LONGEST = datetime.timedelta(hours=24)
