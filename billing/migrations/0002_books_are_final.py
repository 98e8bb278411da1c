from django.db import migrations

from audit.triggers import append_only
from billing.triggers import final_once_issued


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [append_only("billing_ledgerentry"), final_once_issued()]
