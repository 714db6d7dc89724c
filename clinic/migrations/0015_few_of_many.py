"""The few who died and the few pumps taken out, found without passing all others. Writing waits for a second or two."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0014_fill_search_endings"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="implant",
            index=models.Index(
                condition=models.Q(("explanted_on__isnull", False)),
                fields=["clinic", "id"],
                name="implant_explanted",
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                condition=models.Q(("died_on__isnull", False)), fields=["clinic"], name="patient_died"
            ),
        ),
    ]
