"""What may change is decided model by model, and what may not is refused by the database."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import connection, models

from tests.house.code import APPS, report

# Rows that people change, or that come and go with their owner.
EDITABLE = """
    security.Tally
    accounts.Company accounts.User accounts.Membership accounts.TotpDevice accounts.RecoveryCode
    accounts.Session accounts.KnownDevice accounts.FormerPassword accounts.Letter accounts.MailedLink
    accounts.EmailChange accounts.FactorReset accounts.Role accounts.Invitation accounts.ApiKey accounts.Approval
    accounts.OwnershipTransfer accounts.AccessReview accounts.ReviewedMember
    billing.Customer billing.Contact billing.CustomerBalance billing.TaxRate billing.Item billing.Seller billing.Logo
    billing.PaymentAttempt billing.SandboxCharge billing.EmailMessage billing.Reminder billing.Note billing.Sequence
    billing.CustomField billing.CustomFieldValue
    audit.Check audit.Export audit.Follower audit.LogSettings audit.SavedView audit.SealerState audit.Stream
    audit.Waiting audit.Witness
    accounts.Alert accounts.AlertSettings
    portal.Link portal.PortalSession invoiced.Schedule
"""

# Rows that are final from a moment on: a draft is edited, what is issued is not.
LOCKED_ONCE_ISSUED = """
    billing.Invoice billing.InvoiceLine billing.InvoiceAdjustment billing.InvoiceTax
"""

# Rows that are recorded once; only what becomes of them is added: a payment is reversed, an allocation released.
RECORDED_ONCE = """
    billing.Payment billing.Allocation
"""

# Rows that are written once. Triggers refuse UPDATE and DELETE.
APPEND_ONLY = """
    audit.BillingEvent audit.SecurityEvent audit.Leaf audit.Checkpoint audit.Cosignature audit.LogKey
    billing.LedgerEntry
"""

GUARDED = [*LOCKED_ONCE_ISSUED.split(), *RECORDED_ONCE.split(), *APPEND_ONLY.split()]

OTHER_KEYS = {
    "billing.SandboxCharge": "it stands in for a payment provider, whose charge ids are its own",
    "invoiced.Schedule": "it is found by its name",
    "audit.Follower": "it is found by its name",
    "audit.Leaf": "its place in the tree is its key",
    "audit.Waiting": "its key is its place in the queue",
    "audit.SealerState": "there is one",
    "audit.Witness": "it is found by its address",
    "audit.Checkpoint": "rows of the installation that only its sealer writes, in the order of their keys",
    "audit.Cosignature": "rows of the installation that only its sealer writes, in the order of their keys",
    "audit.LogKey": "rows of the installation that only its sealer writes, in the order of their keys",
    "audit.Check": "rows of the installation that only its worker writes",
}


def labels() -> list[str]:
    return [model._meta.label for app in APPS for model in apps.get_app_config(app).get_models()]


def test_every_model_is_in_exactly_one_class():
    placed = Counter([*EDITABLE.split(), *GUARDED])
    wrong = [f"{label} has no class" for label in labels() if label not in placed]
    wrong += [f"{label} is not a model" for label in placed if label not in labels()]
    wrong += [f"{label} is in two classes" for label, times in placed.items() if times > 1]
    assert not wrong, report(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("label", GUARDED)
def test_the_database_guards_what_may_not_change(label):
    table = apps.get_model(label)._meta.db_table
    assert {"update", "delete"} <= guarded_verbs(table)


def guarded_verbs(table: str) -> set[str]:
    """The verbs for which a trigger stands at a table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT lower(sql) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        else:
            cursor.execute(
                "SELECT lower(pg_get_triggerdef(oid)) FROM pg_trigger "
                "WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [table],
            )
        heads = [sql.split(" on ")[0] for (sql,) in cursor.fetchall()]
    return {verb for verb in ("insert", "update", "delete", "truncate") for head in heads if verb in head}


def test_every_primary_key_is_a_uuid():
    wrong = [
        model._meta.label
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model._meta.label not in OTHER_KEYS
        and not isinstance(model._meta.pk, models.UUIDField | models.OneToOneField | models.ForeignKey)
    ]
    assert not wrong, report(wrong)
