from django.db import migrations, models

# The page of the audit finds what one person changed by the person's contexts.
BY_ACTOR = (
    "CREATE INDEX pghistory_context_by_actor ON pghistory_context ((metadata->>'actor'), created_at DESC)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0007_invitation_origin"),
    ]

    operations = [
        migrations.RunSQL(BY_ACTOR, "DROP INDEX pghistory_context_by_actor"),
        migrations.AddIndex(
            model_name="accessrecord",
            index=models.Index(fields=["clinic", "user", "-at", "-id"], name="access_by_person"),
        ),
    ]
