from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_logs_are_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["actor_id", "at", "id"], name="securityevent_of_actor"),
        ),
    ]
