from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_billing_and_security_events")]

    operations = [append_only("audit_billingevent"), append_only("audit_securityevent")]
