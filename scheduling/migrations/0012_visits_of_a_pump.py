"""A pump's visits are found by its number and its clinic's at once. Booking waits while it is made: a second for a million visits."""

import django.db.models.deletion
from django.db import migrations, models

TABLE, INDEX = "scheduling_visit", "scheduling_visit_implant_id_55430b97"


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0011_follow_ups_to_begin"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["implant", "clinic"], name="visit_of_implant"),
        ),
        # Of the reference itself nothing changes: AlterField would drop its key and look through every row anew.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="visit",
                    name="implant",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.implant",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {INDEX}", f"CREATE INDEX {INDEX} ON {TABLE} (implant_id)")
            ],
        ),
    ]
