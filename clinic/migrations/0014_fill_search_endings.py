"""Write the endings of the patients and pumps that were there before the triggers.

In batches, each a transaction of its own, while the product runs: whoever is changed meanwhile is waited for, and whom
a trigger has written is left alone. Stopped half way, it goes on where it was.
"""

from django.db import migrations, transaction

BATCH = 5_000
LOCK = "SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE"
FILL = """
INSERT INTO clinic_searchending (clinic_id, patient_id, implant_id, ending)
SELECT each.clinic_id, {row}, ending FROM {table} AS each, clinic_endings({words}) AS ending
WHERE each.id = ANY(%s::bigint[]) AND NOT EXISTS (
    SELECT FROM clinic_searchending AS there WHERE {there}
)
"""
PATIENTS = {
    "table": "clinic_patient",
    "row": "each.id, NULL::bigint",
    "words": "each.last_name, each.first_name, each.mrn",
    "there": "there.patient_id = each.id AND there.implant_id IS NULL",
}
PUMPS = {
    "table": "clinic_implant",
    "row": "each.patient_id, each.id",
    "words": "each.serial",
    "there": "there.patient_id = each.patient_id AND there.implant_id = each.id",
}


def fill(apps, schema_editor):
    connection = schema_editor.connection
    for kind in (PATIENTS, PUMPS):
        last = 0
        while True:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(LOCK.format(**kind), [last, BATCH])
                ids = [number for (number,) in cursor.fetchall()]
                cursor.execute(FILL.format(**kind), [ids])
            if not ids:
                break
            last = ids[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("clinic", "0013_search_endings"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
