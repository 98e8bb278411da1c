from django.db import migrations

from audit.triggers import append_only, append_only_but_erasable, ids_apart_from, sealed_behind

FINAL = ("leaf", "checkpoint", "cosignature", "logkey")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_logs_and_their_tree")]

    operations = [
        *(append_only(f"audit_{table}") for table in FINAL),
        append_only_but_erasable("audit_billingevent", "billing"),
        append_only_but_erasable("audit_securityevent", "security"),
        sealed_behind("audit_billingevent", "billing"),
        sealed_behind("audit_securityevent", "security"),
        ids_apart_from("audit_billingevent", "audit_securityevent"),
        ids_apart_from("audit_securityevent", "audit_billingevent"),
    ]
