import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clinic", "0001_initial"),
        ("clinic", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SweepRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("business_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("finished", "finished"),
                            ("superseded", "given up for a later one"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("expected", models.PositiveIntegerField(default=0)),
                ("projected", models.PositiveIntegerField(default=0)),
                ("flagged", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("drifted", models.PositiveIntegerField(default=0)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.clinic"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("night", "nightly check"), ("recalculation", "recalculation")],
                        default="night",
                        max_length=15,
                    ),
                ),
                ("missing", models.PositiveIntegerField(default=0)),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "night")),
                        fields=("clinic", "business_date"),
                        name="sweep_run_once_a_night",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state", "running")),
                            models.Q(
                                ("finished_at__gte", models.F("started_at")),
                                ("state__in", ["finished", "superseded"]),
                            ),
                            _connector="OR",
                        ),
                        name="sweep_run_finished_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["night", "recalculation"])),
                        name="sweep_run_kind_known",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["clinic", "-finished_at"], name="sweep_run_newest"),
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["clinic"], name="sweep_run_running"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SweepChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_implant_id", models.BigIntegerField()),
                ("last_implant_id", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "queued"), ("done", "done")], default="queued", max_length=10
                    ),
                ),
                ("projected", models.PositiveIntegerField(default=0)),
                ("flagged", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("drifted", models.PositiveIntegerField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="scheduling.sweeprun",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("expected", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, default="", max_length=120)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["run"], name="sweep_chunk_queued"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "first_implant_id"), name="sweep_chunk_once"),
                    models.CheckConstraint(
                        condition=models.Q(("last_implant_id__gte", models.F("first_implant_id"))),
                        name="sweep_chunk_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Forecast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ok", "projected"), ("review", "needs review")], max_length=10
                    ),
                ),
                ("must_refill_by", models.DateField(null=True)),
                ("limited_by", models.CharField(blank=True, default="", max_length=20)),
                ("low_reservoir_on", models.DateField(null=True)),
                ("empty_on", models.DateField(null=True)),
                ("empty_at", models.DateTimeField(null=True)),
                ("target_visit_on", models.DateField(null=True)),
                ("latest_visit_on", models.DateField(null=True)),
                ("review_by", models.DateField(null=True)),
                ("hazard", models.PositiveSmallIntegerField()),
                ("limits", models.JSONField()),
                ("findings", models.JSONField()),
                ("high_flow", models.JSONField(null=True)),
                ("fingerprint", models.CharField(max_length=64)),
                ("engine_version", models.CharField(max_length=20)),
                ("computed_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.clinic"
                    ),
                ),
                (
                    "implant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="forecast",
                        to="clinic.implant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic", "must_refill_by"], name="forecast_by_date"),
                    models.Index(fields=["clinic", "empty_at", "-hazard"], name="forecast_by_empty"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("must_refill_by__isnull", False),
                                ("status", "ok"),
                                models.Q(("limited_by", ""), _negated=True),
                            ),
                            models.Q(
                                ("limited_by", ""), ("must_refill_by__isnull", True), ("status", "review")
                            ),
                            _connector="OR",
                        ),
                        name="forecast_ok_has_a_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("must_refill_by__isnull", True),
                            models.Q(
                                ("latest_visit_on__lte", models.F("must_refill_by")),
                                ("target_visit_on__lte", models.F("latest_visit_on")),
                            ),
                            _connector="OR",
                        ),
                        name="forecast_visits_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("low_reservoir_on__isnull", True),
                            ("empty_on__isnull", True),
                            ("low_reservoir_on__lte", models.F("empty_on")),
                            _connector="OR",
                        ),
                        name="forecast_low_before_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("size_bytes", models.PositiveBigIntegerField(verbose_name="size, bytes")),
                ("content", models.BinaryField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "being checked"),
                            ("checked", "checked, waiting for your confirmation"),
                            ("importing", "being imported"),
                            ("finished", "imported"),
                            ("unusable", "not usable"),
                            ("discarded", "discarded"),
                        ],
                        default="checking",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="judged as of")),
                (
                    "consent_channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="attested consent",
                    ),
                ),
                ("lines_total", models.PositiveIntegerField(default=0)),
                ("lines_checked", models.PositiveIntegerField(default=0)),
                ("problem_message", models.TextField(blank=True)),
                ("problem_values", models.JSONField(default=dict)),
                ("uploaded_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("progressed_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic", "-uploaded_at"], name="register_import_newest"),
                    models.Index(
                        condition=models.Q(("state__in", ["checking", "importing"])),
                        fields=["progressed_at"],
                        name="register_import_running",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["checking", "checked", "importing", "finished", "unusable", "discarded"],
                            )
                        ),
                        name="register_import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("content__isnull", False),
                                ("state__in", ["checking", "checked", "importing"]),
                            ),
                            models.Q(
                                ("content__isnull", True),
                                ("state__in", ["finished", "unusable", "discarded"]),
                            ),
                            _connector="OR",
                        ),
                        name="register_import_keeps_file_until_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["importing", "finished"]), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="register_import_confirmed_first",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterImportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                (
                    "foreseen",
                    models.CharField(
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("unchanged", "unchanged"),
                            ("refused", "refused"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("unchanged", "unchanged"),
                            ("refused", "refused"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("needs_review", models.BooleanField(default=False)),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), blank=True, default=list, size=None
                    ),
                ),
                ("column", models.CharField(blank=True, default="", max_length=30)),
                ("message", models.TextField(blank=True, default="")),
                ("values", models.JSONField(default=dict)),
                ("payload", models.JSONField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="clinic.implant",
                    ),
                ),
                (
                    "register_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="scheduling.registerimport",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("result", ""), models.Q(("foreseen", "refused"), _negated=True)),
                        fields=["register_import", "line"],
                        name="register_row_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("register_import", "line"), name="register_row_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("foreseen__in", ["created", "updated", "unchanged", "refused"]),
                            ("result__in", ["", "created", "updated", "unchanged", "refused"]),
                        ),
                        name="register_row_result_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("foreseen", "refused"), ("result", "refused"), _connector="OR", _negated=True
                            ),
                            models.Q(
                                ("payload__isnull", True),
                                models.Q(("column", ""), _negated=True),
                                models.Q(("message", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="register_row_refused_says_why",
                    ),
                ],
            },
        ),
    ]
