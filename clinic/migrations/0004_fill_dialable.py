"""Write down how each number and address is reached, which is kept from now on."""

import uuid

from django.db import migrations

from clinic.domain.phones import reachable_at

REASON = '{"reason": "numbers and addresses brought into one form"}'


def fill(apps, schema_editor):
    contact_point = apps.get_model("clinic", "ContactPoint")
    using = schema_editor.connection.alias
    points = contact_point.objects.using(using).select_related("clinic").filter(dialable="").order_by("id")
    changed = []
    for point in points.iterator(chunk_size=1_000):
        point.dialable = reachable_at(point.kind, point.value, point.clinic.holiday_country)[:254]
        if point.dialable:
            changed.append(point)
    if not changed:
        return
    with schema_editor.connection.cursor() as cursor:  # the tables refuse a change that nobody signed
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [str(uuid.uuid4()), REASON],
        )
        contact_point.objects.using(using).bulk_update(changed, ["dialable"], batch_size=1_000)
        cursor.execute("SELECT set_config('pghistory.context_id', '', true)")


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_contacts_and_consents"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
