"""What is due is counted from an index alone. Writing of follow-ups waits while it is made: some 4 s for 4 million."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0010_settled_pumps"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["open", "postponed"]),
                    models.Q(("row_key", "refill"), _negated=True),
                ),
                fields=["clinic", "target_on"],
                include=(
                    *("latest_on", "postponed_until", "state", "mode"),
                    *("patient", "row_key", "anchor_key", "id"),
                ),
                name="follow_up_to_begin",
            ),
        ),
    ]
