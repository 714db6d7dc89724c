"""What the head of every page counts, without passing all that ended. Writing of matters waits for a second or two."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0014_restorations"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("acknowledged_at__isnull", True), ("gone_at__isnull", True)),
                fields=["clinic", "responsible", "rung"],
                name="escalation_pressing",
            ),
        ),
    ]
