from django.db import migrations, models


class Migration(migrations.Migration):
    """Mail about accounts (password resets) is no longer kept; what was kept goes."""

    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM notifications_inappmail WHERE message_id IS NULL", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="inappmail",
            name="message",
            field=models.ForeignKey(
                on_delete=models.deletion.PROTECT, related_name="mails", to="notifications.message"
            ),
        ),
    ]
