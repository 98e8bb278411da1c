from django.db import migrations

from audit.triggers import append_only
from billing.triggers import books_are_final


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [append_only("billing_ledgerentry"), books_are_final()]
