from django.db import migrations

from audit.triggers import append_only, sealed_behind

FINAL = ("billingevent", "securityevent", "leaf", "checkpoint", "cosignature", "logkey")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_logs_and_their_tree")]

    operations = [
        *(append_only(f"audit_{table}") for table in FINAL),
        sealed_behind("audit_billingevent", "billing"),
        sealed_behind("audit_securityevent", "security"),
    ]
