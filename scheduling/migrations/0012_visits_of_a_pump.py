"""A pump's visits are found by its number and its clinic's at once.

Whoever reads or writes visits waits while the index is made: a second for a million. The old one goes first: the other
way round, somebody who has read visits and then writes one would wait for us, and we for them.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLE, INDEX = "scheduling_visit", "scheduling_visit_implant_id_55430b97"


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0011_follow_ups_to_begin"),
    ]

    operations = [
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
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["implant", "clinic"], name="visit_of_implant"),
        ),
    ]
