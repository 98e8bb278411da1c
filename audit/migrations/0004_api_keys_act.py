from django.db import migrations, models

ACTORS = [
    ("member", "Team member"),
    ("contact", "Customer"),
    ("api_key", "API key"),
    ("automation", "Automation"),
    ("operator", "Operator"),
    ("visitor", "Not signed in"),
]


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_securityevent_found_by_actor")]

    operations = [
        migrations.AlterField(
            model_name=name, name="actor_type", field=models.CharField(choices=ACTORS, max_length=20)
        )
        for name in ("billingevent", "securityevent")
    ]
