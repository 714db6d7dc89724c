from django.db import migrations, models

# An older version could keep the same letter twice; the first one is the one that was sent.
ONE_EACH = """
DELETE FROM notifications_inappmail later USING notifications_inappmail earlier
 WHERE earlier.message_id = later.message_id AND earlier.id < later.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_correspondence"),
    ]

    operations = [
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="inappmail",
            constraint=models.UniqueConstraint(fields=("message",), name="in_app_mail_once"),
        ),
    ]
