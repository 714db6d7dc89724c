"""Indexes that lead with the same column are one, and what a message does not name is in no index.

Writing of messages and links waits for a second or two.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COVERED = {
    "attempt": {"message": "notifications_attempt_message_id_656352e7"},
    "message": {
        "carried_by": "notifications_message_carried_by_id_4dcd2811",
        "clinic": "notifications_message_clinic_id_fbf00857",
        "escalation": "notifications_message_escalation_id_2179da2f",
        "follow_up": "notifications_message_follow_up_id_8e8841dd",
        "implant": "notifications_message_implant_id_33c6efec",
        "inbound": "notifications_message_inbound_id_c5831cf1",
        "patient": "notifications_message_patient_id_cf37ab38",
        "recipient": "notifications_message_recipient_id_f5c7dd5a",
        "user": "notifications_message_user_id_89f939e6",
        "visit": "notifications_message_visit_id_d8d9ea54",
    },
    "patientlink": {
        "clinic": "notifications_patientlink_clinic_id_bbeb2dff",
        "follow_up": "notifications_patientlink_follow_up_id_d40d1e66",
        "patient": "notifications_patientlink_patient_id_55ae9da7",
        "visit": "notifications_patientlink_visit_id_305f7808",
    },
}
"""The reference's own index, by table and field."""
TO = {
    "carried_by": "notifications.message",
    "clinic": "clinic.clinic",
    "escalation": "notifications.escalation",
    "follow_up": "scheduling.followup",
    "implant": "clinic.implant",
    "inbound": "notifications.inboundmessage",
    "message": "notifications.message",
    "patient": "clinic.patient",
    "recipient": "clinic.contactpoint",
    "user": settings.AUTH_USER_MODEL,
    "visit": "scheduling.visit",
}
BACK = {"carried_by": "carries", "escalation": "messages", "inbound": "replies", "message": "attempts"}
ALWAYS = {
    ("attempt", "message"),
    ("message", "clinic"),
    ("patientlink", "clinic"),
    ("patientlink", "patient"),
}


def without_its_index(model: str, field: str) -> migrations.SeparateDatabaseAndState:
    """Of the reference itself nothing changes: AlterField would drop its key and look through every row anew."""
    table, name = f"notifications_{model}", COVERED[model][field]
    key = models.ForeignKey(
        db_index=False,
        null=(model, field) not in ALWAYS,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=BACK.get(field, "+"),
        editable=(model, field) != ("patientlink", "clinic"),
        to=TO[field],
    )
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model_name=model, name=field, field=key)],
        database_operations=[
            migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table} ({field}_id)")
        ],
    )


def of_those_that_have_it(model: str, field: str, name: str) -> migrations.AddIndex:
    condition = models.Q((f"{field}__isnull", False))
    return migrations.AddIndex(model, models.Index(condition=condition, fields=[field], name=name))


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0015_few_of_many"),
        ("notifications", "0015_matters_that_press"),
        ("scheduling", "0011_follow_ups_to_begin"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex("message", "message_of_implant"),
        migrations.RemoveIndex("message", "message_of_visit"),
        migrations.RemoveIndex("patientlink", "patient_link_of_visit"),
        migrations.RemoveIndex("patientlink", "patient_link_of_follow_up"),
        *(
            of_those_that_have_it("message", field, f"message_of_{field}")
            for field in ("implant", "visit", "follow_up", "escalation", "inbound", "carried_by")
        ),
        of_those_that_have_it("patientlink", "visit", "patient_link_of_visit"),
        of_those_that_have_it("patientlink", "follow_up", "patient_link_of_follow_up"),
        *(without_its_index(model, field) for model, fields in COVERED.items() for field in fields),
    ]
