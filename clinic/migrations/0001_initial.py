import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import clinic.models.accounts
import clinic.models.base


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clinic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "slug",
                    models.SlugField(max_length=60, unique=True, verbose_name="short name in addresses"),
                ),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                (
                    "open_weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=clinic.models.accounts.every_weekday,
                        size=None,
                        verbose_name="open on",
                    ),
                ),
                (
                    "target_margin_days",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MaxValueValidator(60)],
                        verbose_name="aim for a visit this many days before the refill date",
                    ),
                ),
                (
                    "latest_margin_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[django.core.validators.MaxValueValidator(60)],
                        verbose_name="latest visit this many days before the refill date",
                    ),
                ),
                (
                    "max_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(7),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="longest interval between refills, days",
                    ),
                ),
                (
                    "does_high_flow_bind",
                    models.BooleanField(
                        default=False, verbose_name="let the pump's stated accuracy bind the date"
                    ),
                ),
                (
                    "sweep_hour",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="hour of the nightly check, clinic time",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("target_margin_days__gte", models.F("latest_margin_days"))),
                        name="clinic_target_before_latest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sweep_hour__lte", 23)), name="clinic_sweep_hour_is_an_hour"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("open_weekdays__len__gt", 0),
                            ("open_weekdays__contained_by", [0, 1, 2, 3, 4, 5, 6]),
                        ),
                        name="clinic_opens_some_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClinicHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "slug",
                    models.SlugField(db_index=False, max_length=60, verbose_name="short name in addresses"),
                ),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                (
                    "open_weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=clinic.models.accounts.every_weekday,
                        size=None,
                        verbose_name="open on",
                    ),
                ),
                (
                    "target_margin_days",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MaxValueValidator(60)],
                        verbose_name="aim for a visit this many days before the refill date",
                    ),
                ),
                (
                    "latest_margin_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[django.core.validators.MaxValueValidator(60)],
                        verbose_name="latest visit this many days before the refill date",
                    ),
                ),
                (
                    "max_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(7),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="longest interval between refills, days",
                    ),
                ),
                (
                    "does_high_flow_bind",
                    models.BooleanField(
                        default=False, verbose_name="let the pump's stated accuracy bind the date"
                    ),
                ),
                (
                    "sweep_hour",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="hour of the nightly check, clinic time",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.clinic",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of clinic",
                "verbose_name_plural": "history of clinic",
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("closed_on", models.DateField(verbose_name="closed on")),
                ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
            ],
            options={
                "ordering": ["closed_on"],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "closed_on"), name="closure_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosureHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("closed_on", models.DateField(verbose_name="closed on")),
                ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.closure",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of closure",
                "verbose_name_plural": "history of closure",
            },
        ),
        migrations.CreateModel(
            name="Patient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("mrn", models.CharField(max_length=40, verbose_name="MRN")),
                ("last_name", models.CharField(max_length=80, verbose_name="last name")),
                ("first_name", models.CharField(max_length=80, verbose_name="first name")),
                ("birth_date", models.DateField(verbose_name="date of birth")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("es", "Spanish"), ("fr", "French")],
                        default="en",
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                ("died_on", models.DateField(blank=True, null=True, verbose_name="died on")),
                ("notes", models.TextField(blank=True, max_length=4000, verbose_name="notes")),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic", "last_name", "first_name"], name="patient_by_name")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "mrn"), name="patient_mrn_once_per_clinic"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mrn", ""), _negated=True),
                            models.Q(("last_name", ""), _negated=True),
                            models.Q(("first_name", ""), _negated=True),
                        ),
                        name="patient_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("birth_date__gte", "1900-01-01")), name="patient_birth_date_sane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("died_on__isnull", True),
                            ("died_on__gte", models.F("birth_date")),
                            _connector="OR",
                        ),
                        name="patient_dies_after_birth",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "es", "fr"])),
                        name="patient_language_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail address")),
                ("display_name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_any_case"
                    )
                ],
            },
            managers=[
                ("objects", clinic.models.accounts.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "e-mail"), ("sms", "text message")],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                (
                    "topic",
                    models.CharField(
                        choices=[("reminders", "appointment reminders")],
                        default="reminders",
                        max_length=20,
                        verbose_name="topic",
                    ),
                ),
                ("is_granted", models.BooleanField(verbose_name="agreed")),
                ("wording", models.TextField(max_length=1000, verbose_name="words used")),
                ("recorded_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient", "channel", "topic", "-id"], name="consent_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["email", "sms"])), name="consent_channel_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("topic__in", ["reminders"])), name="consent_topic_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wording", ""), _negated=True), name="consent_has_wording"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "e-mail"), ("sms", "text message")],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                (
                    "topic",
                    models.CharField(
                        choices=[("reminders", "appointment reminders")],
                        default="reminders",
                        max_length=20,
                        verbose_name="topic",
                    ),
                ),
                ("is_granted", models.BooleanField(verbose_name="agreed")),
                ("wording", models.TextField(max_length=1000, verbose_name="words used")),
                ("recorded_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.consent",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of consent",
                "verbose_name_plural": "history of consent",
            },
        ),
        migrations.CreateModel(
            name="Proxy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("relationship", models.CharField(blank=True, max_length=60, verbose_name="relationship")),
                (
                    "may_receive_reminders",
                    models.BooleanField(default=False, verbose_name="may receive reminders"),
                ),
                (
                    "is_emergency_contact",
                    models.BooleanField(default=False, verbose_name="emergency contact"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proxies",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "proxies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="proxy_is_named"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "telephone"), ("email", "e-mail")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("value", models.CharField(max_length=254, verbose_name="number or address")),
                ("is_preferred", models.BooleanField(default=False, verbose_name="preferred")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_points",
                        to="clinic.patient",
                    ),
                ),
                (
                    "proxy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_points",
                        to="clinic.proxy",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True), ("proxy__isnull", True)),
                        fields=("patient", "kind", "value"),
                        name="contact_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["phone", "email"])), name="contact_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="contact_has_value"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPointHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "telephone"), ("email", "e-mail")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("value", models.CharField(max_length=254, verbose_name="number or address")),
                ("is_preferred", models.BooleanField(default=False, verbose_name="preferred")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.contactpoint",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.patient",
                    ),
                ),
                (
                    "proxy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.proxy",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of contact point",
                "verbose_name_plural": "history of contact point",
            },
        ),
        migrations.CreateModel(
            name="Drug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                ("key", models.SlugField(max_length=60, unique=True, verbose_name="key")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "hazard",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "no withdrawal syndrome"), (1, "urgent"), (2, "emergency")],
                        verbose_name="if the refill is late",
                    ),
                ),
                ("hazard_note", models.CharField(blank=True, max_length=200, verbose_name="what happens")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("hazard__in", [0, 1, 2])), name="drug_hazard_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DrugHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                ("key", models.SlugField(db_index=False, max_length=60, verbose_name="key")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "hazard",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "no withdrawal syndrome"), (1, "urgent"), (2, "emergency")],
                        verbose_name="if the refill is late",
                    ),
                ),
                ("hazard_note", models.CharField(blank=True, max_length=200, verbose_name="what happens")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.drug",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of drug",
                "verbose_name_plural": "history of drug",
            },
        ),
        migrations.CreateModel(
            name="PumpModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.SlugField(max_length=60, unique=True, verbose_name="key")),
                ("manufacturer", models.CharField(max_length=80, verbose_name="manufacturer")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "mri_action",
                    models.CharField(
                        choices=[
                            ("none", "none reported"),
                            ("interrogate", "interrogate after every scan"),
                            (
                                "empty_before",
                                "must be emptied before a scan; the date is void until refilled",
                            ),
                        ],
                        max_length=20,
                        verbose_name="at an MRI scan",
                    ),
                ),
                ("mri_source", models.CharField(max_length=300, verbose_name="source of the MRI rule")),
                (
                    "mri_confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                (
                    "is_constant_flow",
                    models.BooleanField(default=False, verbose_name="constant flow, set by the factory"),
                ),
                ("is_offered", models.BooleanField(default=True, verbose_name="offered for new implants")),
            ],
            options={
                "ordering": ["manufacturer", "name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mri_action__in", ["none", "interrogate", "empty_before"])),
                        name="pump_mri_action_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Implant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("serial", models.CharField(max_length=60, verbose_name="serial number")),
                ("udi", models.CharField(blank=True, max_length=200, verbose_name="UDI as printed")),
                ("implanted_on", models.DateField(verbose_name="implanted on")),
                (
                    "constant_flow_ml_per_day",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="factory flow, mL/day"
                    ),
                ),
                (
                    "threshold_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="low-reservoir threshold, mL"
                    ),
                ),
                (
                    "threshold_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="why this threshold"),
                ),
                (
                    "max_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="longest interval between refills, days"
                    ),
                ),
                (
                    "end_of_service_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="end of service stated by the programmer"
                    ),
                ),
                (
                    "catheter",
                    models.CharField(blank=True, max_length=200, verbose_name="catheter model and tip level"),
                ),
                (
                    "pocket_site",
                    models.CharField(blank=True, max_length=120, verbose_name="pump pocket site"),
                ),
                (
                    "implanting_physician",
                    models.CharField(blank=True, max_length=120, verbose_name="implanting physician"),
                ),
                (
                    "following_physician",
                    models.CharField(blank=True, max_length=120, verbose_name="following physician"),
                ),
                ("explanted_on", models.DateField(blank=True, null=True, verbose_name="explanted on")),
                (
                    "explant_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason for the explant"),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="implants",
                        to="clinic.patient",
                    ),
                ),
                (
                    "pump_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.pumpmodel",
                        verbose_name="pump model",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("explanted_on__isnull", True)),
                        fields=["clinic", "id"],
                        name="implant_active",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("clinic"),
                        django.db.models.functions.text.Upper("serial"),
                        name="implant_serial_once_per_clinic",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("serial", ""), _negated=True), name="implant_has_serial"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("explanted_on__isnull", True),
                            ("explanted_on__gte", models.F("implanted_on")),
                            _connector="OR",
                        ),
                        name="implant_explanted_after",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_interval_days__isnull", True), ("max_interval_days__gt", 0), _connector="OR"
                        ),
                        name="implant_interval_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("threshold_ml__isnull", True),
                            models.Q(("threshold_ml__gte", 0), ("threshold_ml__lt", 100)),
                            _connector="OR",
                        ),
                        name="implant_threshold_ml_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("constant_flow_ml_per_day__isnull", True),
                            models.Q(
                                ("constant_flow_ml_per_day__gt", 0), ("constant_flow_ml_per_day__lt", 100)
                            ),
                            _connector="OR",
                        ),
                        name="implant_constant_flow_ml_per_day_sane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("filled_on", models.DateField(verbose_name="filled on")),
                ("filled_at", models.DateTimeField(blank=True, null=True, verbose_name="filled at")),
                ("fill_volume_ml", clinic.models.base.QuantityField(verbose_name="volume put in, mL")),
                (
                    "residual_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="volume found (aspirated), mL"
                    ),
                ),
                (
                    "first_fill",
                    models.CharField(
                        blank=True,
                        choices=[("", "not stated"), ("yes", "yes"), ("no", "no")],
                        default="",
                        max_length=3,
                        verbose_name="first fill of a new pump",
                    ),
                ),
                (
                    "bridge_old_volume_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="old drug in tubing and catheter, mL"
                    ),
                ),
                (
                    "bridge_old_concentration",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="old concentration"),
                ),
                (
                    "bridge_old_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")],
                        default="",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "printed_refill_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="refill date on the programmer's printout"
                    ),
                ),
                ("performed_by", models.CharField(blank=True, max_length=120, verbose_name="performed by")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="clinic.fill",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fills", to="clinic.implant"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["implant", "-filled_on", "-id"], name="fill_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True),
                            models.Q(("correction_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="fill_correction_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_void", False), ("supersedes__isnull", False), _connector="OR"
                        ),
                        name="fill_void_supersedes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fill_volume_ml__isnull", True),
                            models.Q(("fill_volume_ml__gt", 0), ("fill_volume_ml__lt", 1000)),
                            _connector="OR",
                        ),
                        name="fill_fill_volume_ml_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("residual_ml__isnull", True),
                            models.Q(("residual_ml__gte", 0), ("residual_ml__lt", 1000)),
                            _connector="OR",
                        ),
                        name="fill_residual_ml_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bridge_old_volume_ml__isnull", True),
                            models.Q(("bridge_old_volume_ml__gt", 0), ("bridge_old_volume_ml__lt", 1000)),
                            _connector="OR",
                        ),
                        name="fill_bridge_old_volume_ml_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bridge_old_concentration__isnull", True),
                            models.Q(
                                ("bridge_old_concentration__gt", 0), ("bridge_old_concentration__lt", 1000000)
                            ),
                            _connector="OR",
                        ),
                        name="fill_bridge_old_concentration_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("bridge_old_concentration__isnull", True),
                                ("bridge_old_volume_ml__isnull", True),
                                ("bridge_old_unit", ""),
                            ),
                            models.Q(
                                ("bridge_old_concentration__isnull", False),
                                ("bridge_old_volume_ml__isnull", False),
                                ("bridge_old_unit__in", ["mcg/mL", "mg/mL"]),
                            ),
                            _connector="OR",
                        ),
                        name="fill_bridge_whole_or_absent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checked_by__isnull", True),
                            models.Q(("checked_by", models.F("recorded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="fill_checked_by_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FillDrug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="position in the mixture")),
                ("concentration", clinic.models.base.QuantityField(verbose_name="concentration")),
                (
                    "concentration_unit",
                    models.CharField(
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")], max_length=10, verbose_name="unit"
                    ),
                ),
                ("is_diluted", models.BooleanField(blank=True, null=True, verbose_name="diluted")),
                (
                    "stability_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="pharmacy's stability in the pump, days"
                    ),
                ),
                ("lot", models.CharField(blank=True, max_length=60, verbose_name="lot")),
                ("beyond_use_on", models.DateField(blank=True, null=True, verbose_name="beyond-use date")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "drug",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.drug",
                        verbose_name="drug",
                    ),
                ),
                (
                    "fill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drugs", to="clinic.fill"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("lot", ""), _negated=True),
                        fields=["clinic", "lot"],
                        name="fill_drug_by_lot",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("fill", "position"), name="fill_drug_position_once"),
                    models.UniqueConstraint(fields=("fill", "drug"), name="fill_drug_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("concentration__isnull", True),
                            models.Q(("concentration__gt", 0), ("concentration__lt", 1000000)),
                            _connector="OR",
                        ),
                        name="fill_drug_concentration_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1)), name="fill_drug_position_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("concentration_unit__in", ["mcg/mL", "mg/mL"])),
                        name="fill_drug_unit_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stability_days__isnull", True), ("stability_days__gt", 0), _connector="OR"
                        ),
                        name="fill_drug_stability_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FillDrugHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("position", models.PositiveSmallIntegerField(verbose_name="position in the mixture")),
                ("concentration", clinic.models.base.QuantityField(verbose_name="concentration")),
                (
                    "concentration_unit",
                    models.CharField(
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")], max_length=10, verbose_name="unit"
                    ),
                ),
                ("is_diluted", models.BooleanField(blank=True, null=True, verbose_name="diluted")),
                (
                    "stability_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="pharmacy's stability in the pump, days"
                    ),
                ),
                ("lot", models.CharField(blank=True, max_length=60, verbose_name="lot")),
                ("beyond_use_on", models.DateField(blank=True, null=True, verbose_name="beyond-use date")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "drug",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.drug",
                        verbose_name="drug",
                    ),
                ),
                (
                    "fill",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.fill",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.filldrug",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of fill drug",
                "verbose_name_plural": "history of fill drug",
            },
        ),
        migrations.CreateModel(
            name="FillHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("filled_on", models.DateField(verbose_name="filled on")),
                ("filled_at", models.DateTimeField(blank=True, null=True, verbose_name="filled at")),
                ("fill_volume_ml", clinic.models.base.QuantityField(verbose_name="volume put in, mL")),
                (
                    "residual_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="volume found (aspirated), mL"
                    ),
                ),
                (
                    "first_fill",
                    models.CharField(
                        blank=True,
                        choices=[("", "not stated"), ("yes", "yes"), ("no", "no")],
                        default="",
                        max_length=3,
                        verbose_name="first fill of a new pump",
                    ),
                ),
                (
                    "bridge_old_volume_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="old drug in tubing and catheter, mL"
                    ),
                ),
                (
                    "bridge_old_concentration",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="old concentration"),
                ),
                (
                    "bridge_old_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")],
                        default="",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "printed_refill_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="refill date on the programmer's printout"
                    ),
                ),
                ("performed_by", models.CharField(blank=True, max_length=120, verbose_name="performed by")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.fill",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.fill",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.implant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of fill",
                "verbose_name_plural": "history of fill",
            },
        ),
        migrations.CreateModel(
            name="ImplantHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("serial", models.CharField(max_length=60, verbose_name="serial number")),
                ("udi", models.CharField(blank=True, max_length=200, verbose_name="UDI as printed")),
                ("implanted_on", models.DateField(verbose_name="implanted on")),
                (
                    "constant_flow_ml_per_day",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="factory flow, mL/day"
                    ),
                ),
                (
                    "threshold_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="low-reservoir threshold, mL"
                    ),
                ),
                (
                    "threshold_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="why this threshold"),
                ),
                (
                    "max_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="longest interval between refills, days"
                    ),
                ),
                (
                    "end_of_service_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="end of service stated by the programmer"
                    ),
                ),
                (
                    "catheter",
                    models.CharField(blank=True, max_length=200, verbose_name="catheter model and tip level"),
                ),
                (
                    "pocket_site",
                    models.CharField(blank=True, max_length=120, verbose_name="pump pocket site"),
                ),
                (
                    "implanting_physician",
                    models.CharField(blank=True, max_length=120, verbose_name="implanting physician"),
                ),
                (
                    "following_physician",
                    models.CharField(blank=True, max_length=120, verbose_name="following physician"),
                ),
                ("explanted_on", models.DateField(blank=True, null=True, verbose_name="explanted on")),
                (
                    "explant_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason for the explant"),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.implant",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.patient",
                    ),
                ),
                (
                    "pump_model",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.pumpmodel",
                        verbose_name="pump model",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of implant",
                "verbose_name_plural": "history of implant",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("nurse", "Nurse"),
                            ("prescriber", "Prescriber"),
                            ("scheduler", "Scheduler"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["nurse", "prescriber", "scheduler", "administrator", "auditor"])
                        ),
                        name="invitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="invitation_expires_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvitationHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("nurse", "Nurse"),
                            ("prescriber", "Prescriber"),
                            ("scheduler", "Scheduler"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.invitation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of invitation",
                "verbose_name_plural": "history of invitation",
            },
        ),
        migrations.CreateModel(
            name="MarketedStrength",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                ("concentration", clinic.models.base.QuantityField(verbose_name="concentration")),
                (
                    "unit",
                    models.CharField(
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")], max_length=10, verbose_name="unit"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=120, verbose_name="note")),
                (
                    "drug",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="strengths",
                        to="clinic.drug",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("drug", "concentration", "unit"), name="strength_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("concentration__isnull", True),
                            models.Q(("concentration__gt", 0), ("concentration__lt", 1000000)),
                            _connector="OR",
                        ),
                        name="strength_concentration_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["mcg/mL", "mg/mL"])), name="strength_unit_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MarketedStrengthHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                ("concentration", clinic.models.base.QuantityField(verbose_name="concentration")),
                (
                    "unit",
                    models.CharField(
                        choices=[("mcg/mL", "mcg/mL"), ("mg/mL", "mg/mL")], max_length=10, verbose_name="unit"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=120, verbose_name="note")),
                (
                    "drug",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.drug",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.marketedstrength",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of marketed strength",
                "verbose_name_plural": "history of marketed strength",
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("nurse", "Nurse"),
                            ("prescriber", "Prescriber"),
                            ("scheduler", "Scheduler"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "user"), name="membership_once_per_clinic"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["nurse", "prescriber", "scheduler", "administrator", "auditor"])
                        ),
                        name="membership_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MembershipHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("nurse", "Nurse"),
                            ("prescriber", "Prescriber"),
                            ("scheduler", "Scheduler"),
                            ("administrator", "Administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.membership",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of membership",
                "verbose_name_plural": "history of membership",
            },
        ),
        migrations.CreateModel(
            name="PatientHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("mrn", models.CharField(max_length=40, verbose_name="MRN")),
                ("last_name", models.CharField(max_length=80, verbose_name="last name")),
                ("first_name", models.CharField(max_length=80, verbose_name="first name")),
                ("birth_date", models.DateField(verbose_name="date of birth")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("es", "Spanish"), ("fr", "French")],
                        default="en",
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                ("died_on", models.DateField(blank=True, null=True, verbose_name="died on")),
                ("notes", models.TextField(blank=True, max_length=4000, verbose_name="notes")),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of patient",
                "verbose_name_plural": "history of patient",
            },
        ),
        migrations.CreateModel(
            name="ProgramVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from, exactly")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("continuous", "continuous"),
                            ("flex", "flex (steps within the day)"),
                            ("stopped", "stopped"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("dose", clinic.models.base.QuantityField(blank=True, null=True, verbose_name="dose")),
                (
                    "dose_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg/day", "mcg/day"), ("mg/day", "mg/day")],
                        default="",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "flow_ml_per_day",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="flow, mL/day"),
                ),
                ("pattern", models.JSONField(blank=True, null=True, verbose_name="steps by weekday")),
                (
                    "bolus_dose",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="patient bolus"),
                ),
                (
                    "bolus_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg", "mcg"), ("mg", "mg")],
                        default="",
                        max_length=3,
                        verbose_name="unit",
                    ),
                ),
                (
                    "bolus_max_per_day",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="most boluses a day"
                    ),
                ),
                (
                    "bolus_mean_per_day",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="mean boluses a day"
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="programs",
                        to="clinic.implant",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="clinic.programversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["implant", "starts_on", "id"], name="program_in_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True),
                            models.Q(("correction_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="program_correction_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_void", False), ("supersedes__isnull", False), _connector="OR"
                        ),
                        name="program_void_supersedes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "continuous"),
                                ("pattern__isnull", True),
                                ("dose__isnull", False),
                                ("dose_unit__in", ["mcg/day", "mg/day"]),
                                ("flow_ml_per_day__isnull", True),
                            ),
                            models.Q(
                                ("kind", "continuous"),
                                ("pattern__isnull", True),
                                ("dose__isnull", True),
                                ("dose_unit", ""),
                                ("flow_ml_per_day__isnull", False),
                            ),
                            models.Q(
                                ("flow_ml_per_day__isnull", True),
                                ("kind", "flex"),
                                ("pattern__isnull", False),
                                ("dose__isnull", True),
                                ("dose_unit", ""),
                            ),
                            models.Q(
                                ("flow_ml_per_day__isnull", True),
                                ("kind", "stopped"),
                                ("pattern__isnull", True),
                                ("dose__isnull", True),
                                ("dose_unit", ""),
                            ),
                            _connector="OR",
                        ),
                        name="program_shape_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("bolus_dose__isnull", True),
                                ("bolus_max_per_day__isnull", True),
                                ("bolus_unit", ""),
                            ),
                            models.Q(
                                ("bolus_dose__isnull", False),
                                ("bolus_max_per_day__isnull", False),
                                ("bolus_unit__in", ["mcg", "mg"]),
                            ),
                            _connector="OR",
                        ),
                        name="program_bolus_whole_or_absent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dose__isnull", True),
                            models.Q(("dose__gt", 0), ("dose__lt", 1000000)),
                            _connector="OR",
                        ),
                        name="program_dose_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("flow_ml_per_day__isnull", True),
                            models.Q(("flow_ml_per_day__gt", 0), ("flow_ml_per_day__lt", 1000)),
                            _connector="OR",
                        ),
                        name="program_flow_ml_per_day_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bolus_dose__isnull", True),
                            models.Q(("bolus_dose__gte", 0), ("bolus_dose__lt", 1000000)),
                            _connector="OR",
                        ),
                        name="program_bolus_dose_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bolus_mean_per_day__isnull", True),
                            models.Q(("bolus_mean_per_day__gte", 0), ("bolus_mean_per_day__lt", 1000)),
                            _connector="OR",
                        ),
                        name="program_bolus_mean_per_day_sane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramVersionHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from, exactly")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("continuous", "continuous"),
                            ("flex", "flex (steps within the day)"),
                            ("stopped", "stopped"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("dose", clinic.models.base.QuantityField(blank=True, null=True, verbose_name="dose")),
                (
                    "dose_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg/day", "mcg/day"), ("mg/day", "mg/day")],
                        default="",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "flow_ml_per_day",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="flow, mL/day"),
                ),
                ("pattern", models.JSONField(blank=True, null=True, verbose_name="steps by weekday")),
                (
                    "bolus_dose",
                    clinic.models.base.QuantityField(blank=True, null=True, verbose_name="patient bolus"),
                ),
                (
                    "bolus_unit",
                    models.CharField(
                        blank=True,
                        choices=[("mcg", "mcg"), ("mg", "mg")],
                        default="",
                        max_length=3,
                        verbose_name="unit",
                    ),
                ),
                (
                    "bolus_max_per_day",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="most boluses a day"
                    ),
                ),
                (
                    "bolus_mean_per_day",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="mean boluses a day"
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.implant",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.programversion",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.programversion",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of program version",
                "verbose_name_plural": "history of program version",
            },
        ),
        migrations.CreateModel(
            name="ProxyHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("relationship", models.CharField(blank=True, max_length=60, verbose_name="relationship")),
                (
                    "may_receive_reminders",
                    models.BooleanField(default=False, verbose_name="may receive reminders"),
                ),
                (
                    "is_emergency_contact",
                    models.BooleanField(default=False, verbose_name="emergency contact"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.patient",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.proxy",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of proxy",
                "verbose_name_plural": "history of proxy",
            },
        ),
        migrations.CreateModel(
            name="PumpEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mri", "MRI scan"),
                            ("stalled", "pump stalled"),
                            ("restarted", "pump running again"),
                            ("replacement_signal", "elective replacement indicator"),
                            ("alarm", "pump alarm"),
                            ("fall", "fall"),
                            ("complication", "complication"),
                            ("side_effect", "side effect"),
                            ("outcome_score", "outcome score"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("occurred_on", models.DateField(verbose_name="date")),
                ("occurred_at", models.DateTimeField(blank=True, null=True, verbose_name="time")),
                ("scale", models.CharField(blank=True, max_length=60, verbose_name="scale")),
                ("score", clinic.models.base.QuantityField(blank=True, null=True, verbose_name="score")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="clinic.implant",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="clinic.pumpevent",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["implant", "-occurred_on", "-id"], name="pump_event_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True),
                            models.Q(("correction_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="pump_event_correction_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_void", False), ("supersedes__isnull", False), _connector="OR"
                        ),
                        name="pump_event_void_supersedes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "mri",
                                    "stalled",
                                    "restarted",
                                    "replacement_signal",
                                    "alarm",
                                    "fall",
                                    "complication",
                                    "side_effect",
                                    "outcome_score",
                                ],
                            )
                        ),
                        name="pump_event_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "outcome_score"), _negated=True),
                            models.Q(("score__isnull", False), models.Q(("scale", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="pump_event_score_complete",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PumpEventHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mri", "MRI scan"),
                            ("stalled", "pump stalled"),
                            ("restarted", "pump running again"),
                            ("replacement_signal", "elective replacement indicator"),
                            ("alarm", "pump alarm"),
                            ("fall", "fall"),
                            ("complication", "complication"),
                            ("side_effect", "side effect"),
                            ("outcome_score", "outcome score"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("occurred_on", models.DateField(verbose_name="date")),
                ("occurred_at", models.DateTimeField(blank=True, null=True, verbose_name="time")),
                ("scale", models.CharField(blank=True, max_length=60, verbose_name="scale")),
                ("score", clinic.models.base.QuantityField(blank=True, null=True, verbose_name="score")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.implant",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.pumpevent",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.pumpevent",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of pump event",
                "verbose_name_plural": "history of pump event",
            },
        ),
        migrations.CreateModel(
            name="PumpModelHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("key", models.SlugField(db_index=False, max_length=60, verbose_name="key")),
                ("manufacturer", models.CharField(max_length=80, verbose_name="manufacturer")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "mri_action",
                    models.CharField(
                        choices=[
                            ("none", "none reported"),
                            ("interrogate", "interrogate after every scan"),
                            (
                                "empty_before",
                                "must be emptied before a scan; the date is void until refilled",
                            ),
                        ],
                        max_length=20,
                        verbose_name="at an MRI scan",
                    ),
                ),
                ("mri_source", models.CharField(max_length=300, verbose_name="source of the MRI rule")),
                (
                    "mri_confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                (
                    "is_constant_flow",
                    models.BooleanField(default=False, verbose_name="constant flow, set by the factory"),
                ),
                ("is_offered", models.BooleanField(default=True, verbose_name="offered for new implants")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.pumpmodel",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of pump model",
                "verbose_name_plural": "history of pump model",
            },
        ),
        migrations.CreateModel(
            name="PumpModelValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                (
                    "quantity",
                    models.CharField(
                        choices=[
                            ("reservoir_ml", "reservoir, mL"),
                            ("threshold_ml", "low-reservoir threshold, mL"),
                            ("min_flow_ml_per_day", "lowest flow, mL/day"),
                            ("max_flow_ml_per_day", "highest flow, mL/day"),
                            ("constant_flow_ml_per_day", "factory flow, mL/day"),
                            ("accuracy_percent", "flow accuracy, %"),
                            ("service_life_years", "service life, years"),
                        ],
                        max_length=30,
                        verbose_name="quantity",
                    ),
                ),
                ("value", clinic.models.base.QuantityField(verbose_name="value")),
                (
                    "pump_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="clinic.pumpmodel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("pump_model", "quantity"), name="pump_value_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value__isnull", True),
                            models.Q(("value__gte", 0), ("value__lt", 1000)),
                            _connector="OR",
                        ),
                        name="pump_model_value_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__in",
                                [
                                    "reservoir_ml",
                                    "threshold_ml",
                                    "min_flow_ml_per_day",
                                    "max_flow_ml_per_day",
                                    "constant_flow_ml_per_day",
                                    "accuracy_percent",
                                    "service_life_years",
                                ],
                            )
                        ),
                        name="pump_quantity_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PumpModelValueHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                (
                    "quantity",
                    models.CharField(
                        choices=[
                            ("reservoir_ml", "reservoir, mL"),
                            ("threshold_ml", "low-reservoir threshold, mL"),
                            ("min_flow_ml_per_day", "lowest flow, mL/day"),
                            ("max_flow_ml_per_day", "highest flow, mL/day"),
                            ("constant_flow_ml_per_day", "factory flow, mL/day"),
                            ("accuracy_percent", "flow accuracy, %"),
                            ("service_life_years", "service life, years"),
                        ],
                        max_length=30,
                        verbose_name="quantity",
                    ),
                ),
                ("value", clinic.models.base.QuantityField(verbose_name="value")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.pumpmodelvalue",
                    ),
                ),
                (
                    "pump_model",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.pumpmodel",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of pump model value",
                "verbose_name_plural": "history of pump model value",
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("read_on", models.DateField(verbose_name="read on")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                (
                    "reservoir_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="reservoir volume shown, mL"
                    ),
                ),
                (
                    "printed_refill_on",
                    models.DateField(blank=True, null=True, verbose_name="refill date shown"),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="clinic.implant",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="clinic.reading",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["implant", "-read_on", "-id"], name="reading_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True),
                            models.Q(("correction_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reading_correction_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_void", False), ("supersedes__isnull", False), _connector="OR"
                        ),
                        name="reading_void_supersedes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reservoir_ml__isnull", True),
                            models.Q(("reservoir_ml__gte", 0), ("reservoir_ml__lt", 1000)),
                            _connector="OR",
                        ),
                        name="reading_reservoir_ml_sane",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reservoir_ml__isnull", False),
                            ("printed_refill_on__isnull", False),
                            _connector="OR",
                        ),
                        name="reading_says_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadingHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "correction_reason",
                    models.TextField(blank=True, max_length=500, verbose_name="reason for the correction"),
                ),
                ("read_on", models.DateField(verbose_name="read on")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                (
                    "reservoir_ml",
                    clinic.models.base.QuantityField(
                        blank=True, null=True, verbose_name="reservoir volume shown, mL"
                    ),
                ),
                (
                    "printed_refill_on",
                    models.DateField(blank=True, null=True, verbose_name="refill date shown"),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "implant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.implant",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.reading",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.reading",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of reading",
                "verbose_name_plural": "history of reading",
            },
        ),
        migrations.CreateModel(
            name="Stability",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("always", "any fill"),
                            ("first_fill", "first fill of a new pump"),
                            ("later_undiluted", "later fill, undiluted"),
                            ("later_diluted", "later fill, diluted"),
                            ("with_drug", "in a mixture with"),
                        ],
                        default="always",
                        max_length=20,
                        verbose_name="condition",
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(verbose_name="longest time in the pump, days")),
                (
                    "drug",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stabilities",
                        to="clinic.drug",
                    ),
                ),
                (
                    "with_drug",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.drug",
                        verbose_name="with",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stabilities",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("drug", "condition", "with_drug"), name="stability_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("condition", "with_drug"), ("with_drug__isnull", False)),
                            models.Q(
                                models.Q(("condition", "with_drug"), _negated=True),
                                ("with_drug__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="stability_names_its_companion",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gt", 0)), name="stability_days_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "condition__in",
                                ["always", "first_fill", "later_undiluted", "later_diluted", "with_drug"],
                            )
                        ),
                        name="stability_condition_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StabilityHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("C", "confirmed in a published source"),
                            ("C2", "confirmed in a secondary source"),
                            ("U", "unconfirmed, commonly quoted"),
                            ("D", "our own design choice"),
                        ],
                        max_length=2,
                        verbose_name="confidence",
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="as of")),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("always", "any fill"),
                            ("first_fill", "first fill of a new pump"),
                            ("later_undiluted", "later fill, undiluted"),
                            ("later_diluted", "later fill, diluted"),
                            ("with_drug", "in a mixture with"),
                        ],
                        default="always",
                        max_length=20,
                        verbose_name="condition",
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(verbose_name="longest time in the pump, days")),
                (
                    "drug",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.drug",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="clinic.stability",
                    ),
                ),
                (
                    "with_drug",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="clinic.drug",
                        verbose_name="with",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of stability",
                "verbose_name_plural": "history of stability",
            },
        ),
        migrations.CreateModel(
            name="UserHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("display_name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "verbose_name": "history of user",
                "verbose_name_plural": "history of user",
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clinic",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_clinichistory" ("created_at", "does_high_flow_bind", "id", "language", "latest_margin_days", "max_interval_days", "name", "open_weekdays", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "ref", "slug", "sweep_hour", "target_margin_days", "time_zone") VALUES (NEW."created_at", NEW."does_high_flow_bind", NEW."id", NEW."language", NEW."latest_margin_days", NEW."max_interval_days", NEW."name", NEW."open_weekdays", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."ref", NEW."slug", NEW."sweep_hour", NEW."target_margin_days", NEW."time_zone"); RETURN NULL;',
                    hash="89b3b185f3dda9c140ff46d50bcf72b63f3e3d59",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_89e20",
                    table="clinic_clinic",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clinic",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_clinichistory" ("created_at", "does_high_flow_bind", "id", "language", "latest_margin_days", "max_interval_days", "name", "open_weekdays", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "ref", "slug", "sweep_hour", "target_margin_days", "time_zone") VALUES (NEW."created_at", NEW."does_high_flow_bind", NEW."id", NEW."language", NEW."latest_margin_days", NEW."max_interval_days", NEW."name", NEW."open_weekdays", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."ref", NEW."slug", NEW."sweep_hour", NEW."target_margin_days", NEW."time_zone"); RETURN NULL;',
                    hash="d130ac42d9a62cc9f7663958c9e95d1ca66c631b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_20361",
                    table="clinic_clinic",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clinic",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_clinichistory" ("created_at", "does_high_flow_bind", "id", "language", "latest_margin_days", "max_interval_days", "name", "open_weekdays", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "ref", "slug", "sweep_hour", "target_margin_days", "time_zone") VALUES (OLD."created_at", OLD."does_high_flow_bind", OLD."id", OLD."language", OLD."latest_margin_days", OLD."max_interval_days", OLD."name", OLD."open_weekdays", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."ref", OLD."slug", OLD."sweep_hour", OLD."target_margin_days", OLD."time_zone"); RETURN NULL;',
                    hash="051db465464996a8d4177cbb4671e505e316e25e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_b174d",
                    table="clinic_clinic",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drug",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_drughistory" ("confidence", "hazard", "hazard_note", "id", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on") VALUES (NEW."confidence", NEW."hazard", NEW."hazard_note", NEW."id", NEW."key", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source", NEW."stated_on"); RETURN NULL;',
                    hash="e34141aa29deb4566529d307b6eaac57a9fe5c55",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7b42b",
                    table="clinic_drug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drug",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_drughistory" ("confidence", "hazard", "hazard_note", "id", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on") VALUES (NEW."confidence", NEW."hazard", NEW."hazard_note", NEW."id", NEW."key", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source", NEW."stated_on"); RETURN NULL;',
                    hash="4636bc860e38f7da41652dc44a6c4be04f1d8d43",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_41fdf",
                    table="clinic_drug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drug",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_drughistory" ("confidence", "hazard", "hazard_note", "id", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on") VALUES (OLD."confidence", OLD."hazard", OLD."hazard_note", OLD."id", OLD."key", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."source", OLD."stated_on"); RETURN NULL;',
                    hash="59ff4c5219db432ada21d120ace431348bf24c36",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_a1be1",
                    table="clinic_drug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodel",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpmodelhistory" ("id", "is_constant_flow", "is_offered", "key", "manufacturer", "mri_action", "mri_confidence", "mri_source", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."id", NEW."is_constant_flow", NEW."is_offered", NEW."key", NEW."manufacturer", NEW."mri_action", NEW."mri_confidence", NEW."mri_source", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;',
                    hash="551b532cfee20607df030ff46643a70dfdbb6497",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_638e5",
                    table="clinic_pumpmodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodel",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_pumpmodelhistory" ("id", "is_constant_flow", "is_offered", "key", "manufacturer", "mri_action", "mri_confidence", "mri_source", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."id", NEW."is_constant_flow", NEW."is_offered", NEW."key", NEW."manufacturer", NEW."mri_action", NEW."mri_confidence", NEW."mri_source", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;',
                    hash="35c9b24e77112b5388c361c1c8dc3dd1a3fb96a3",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f3c41",
                    table="clinic_pumpmodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodel",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpmodelhistory" ("id", "is_constant_flow", "is_offered", "key", "manufacturer", "mri_action", "mri_confidence", "mri_source", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."id", OLD."is_constant_flow", OLD."is_offered", OLD."key", OLD."manufacturer", OLD."mri_action", OLD."mri_confidence", OLD."mri_source", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="9e9c83b7b2f0c0ef4d3f2fda011bbcec39c35aed",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_abe8d",
                    table="clinic_pumpmodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_userhistory" ("date_joined", "display_name", "email", "first_name", "id", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."date_joined", NEW."display_name", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."last_name", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;',
                    hash="d2478716284b5017a8edc4334ec23bc910c425f7",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_2f1a2",
                    table="clinic_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."date_joined" IS DISTINCT FROM (NEW."date_joined") OR OLD."display_name" IS DISTINCT FROM (NEW."display_name") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name"))',
                    func='INSERT INTO "clinic_userhistory" ("date_joined", "display_name", "email", "first_name", "id", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."date_joined", NEW."display_name", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."last_name", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;',
                    hash="8892b4adfe2e11a209cf7b4ade028b06c8ed9f50",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_8b9bb",
                    table="clinic_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_userhistory" ("date_joined", "display_name", "email", "first_name", "id", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."date_joined", OLD."display_name", OLD."email", OLD."first_name", OLD."id", OLD."is_active", OLD."is_staff", OLD."is_superuser", OLD."last_name", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="93e42980a06d44e7bdf51d0ad6c28279e3a67913",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_c1c44",
                    table="clinic_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="clinichistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c89ab8bd73d1600243d28756b3a17a863bfa8c9a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4458a",
                    table="clinic_clinichistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closure",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_closurehistory" ("clinic_id", "closed_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (NEW."clinic_id", NEW."closed_on", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason"); RETURN NULL;',
                    hash="a4c8b37e945a37c7d26fdfcb52bc8a0bc6f526f3",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7d653",
                    table="clinic_closure",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closure",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_closurehistory" ("clinic_id", "closed_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (NEW."clinic_id", NEW."closed_on", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason"); RETURN NULL;',
                    hash="974730f0ebee5d94f954294f69e775d89ee335cd",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_940e0",
                    table="clinic_closure",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closure",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_closurehistory" ("clinic_id", "closed_on", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") VALUES (OLD."clinic_id", OLD."closed_on", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason"); RETURN NULL;',
                    hash="4399ba69a9332a307d023022ffdb6e6e2d6a53d0",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_20cdb",
                    table="clinic_closure",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="closurehistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="05c2cbcc61f21ba0ff797bcf8f6865bb83bb8905",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e4ea0",
                    table="clinic_closurehistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="drughistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cd106a3a114bf2a393139b3d04fc272ce88b7d92",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_78c49",
                    table="clinic_drughistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filldrug",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8e970ba2771c47b86907abaa97e1bf0fdf10b635",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_47c86",
                    table="clinic_filldrug",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filldrug",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_filldrughistory" ("beyond_use_on", "clinic_id", "concentration", "concentration_unit", "drug_id", "fill_id", "id", "is_diluted", "lot", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "stability_days") VALUES (NEW."beyond_use_on", NEW."clinic_id", NEW."concentration", NEW."concentration_unit", NEW."drug_id", NEW."fill_id", NEW."id", NEW."is_diluted", NEW."lot", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."stability_days"); RETURN NULL;',
                    hash="801b760a99ae46748fa24b9b414e294050e9a1e0",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_388c3",
                    table="clinic_filldrug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filldrug",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_filldrughistory" ("beyond_use_on", "clinic_id", "concentration", "concentration_unit", "drug_id", "fill_id", "id", "is_diluted", "lot", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "stability_days") VALUES (NEW."beyond_use_on", NEW."clinic_id", NEW."concentration", NEW."concentration_unit", NEW."drug_id", NEW."fill_id", NEW."id", NEW."is_diluted", NEW."lot", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."stability_days"); RETURN NULL;',
                    hash="e2bf5aade6891f49540f52be4d628298ae93c6a3",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_3e20a",
                    table="clinic_filldrug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filldrug",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_filldrughistory" ("beyond_use_on", "clinic_id", "concentration", "concentration_unit", "drug_id", "fill_id", "id", "is_diluted", "lot", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "stability_days") VALUES (OLD."beyond_use_on", OLD."clinic_id", OLD."concentration", OLD."concentration_unit", OLD."drug_id", OLD."fill_id", OLD."id", OLD."is_diluted", OLD."lot", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."stability_days"); RETURN NULL;',
                    hash="f75d839bc05778651c0ef4831aa998c4e36b6ed1",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_144aa",
                    table="clinic_filldrug",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="filldrughistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cd993849fd4403036faa324bffdbcc9b41d2f132",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_3cc6d",
                    table="clinic_filldrughistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fillhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1c84cc5392a158f497f97db6e790baf6ebb2c252",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4f27a",
                    table="clinic_fillhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fill",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="06761057d96df96a8caa5cc5e6057c6461d9f5c3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_4d473",
                    table="clinic_fill",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fill",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_fillhistory" ("bridge_old_concentration", "bridge_old_unit", "bridge_old_volume_ml", "checked_by_id", "clinic_id", "correction_reason", "fill_volume_ml", "filled_at", "filled_on", "first_fill", "id", "implant_id", "is_void", "note", "performed_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "recorded_at", "recorded_by_id", "ref", "residual_ml", "supersedes_id") VALUES (NEW."bridge_old_concentration", NEW."bridge_old_unit", NEW."bridge_old_volume_ml", NEW."checked_by_id", NEW."clinic_id", NEW."correction_reason", NEW."fill_volume_ml", NEW."filled_at", NEW."filled_on", NEW."first_fill", NEW."id", NEW."implant_id", NEW."is_void", NEW."note", NEW."performed_by", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."printed_refill_on", NEW."recorded_at", NEW."recorded_by_id", NEW."ref", NEW."residual_ml", NEW."supersedes_id"); RETURN NULL;',
                    hash="eee8dccee024f971dedd40851a3bc074fb26be51",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_17956",
                    table="clinic_fill",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fill",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_fillhistory" ("bridge_old_concentration", "bridge_old_unit", "bridge_old_volume_ml", "checked_by_id", "clinic_id", "correction_reason", "fill_volume_ml", "filled_at", "filled_on", "first_fill", "id", "implant_id", "is_void", "note", "performed_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "recorded_at", "recorded_by_id", "ref", "residual_ml", "supersedes_id") VALUES (NEW."bridge_old_concentration", NEW."bridge_old_unit", NEW."bridge_old_volume_ml", NEW."checked_by_id", NEW."clinic_id", NEW."correction_reason", NEW."fill_volume_ml", NEW."filled_at", NEW."filled_on", NEW."first_fill", NEW."id", NEW."implant_id", NEW."is_void", NEW."note", NEW."performed_by", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."printed_refill_on", NEW."recorded_at", NEW."recorded_by_id", NEW."ref", NEW."residual_ml", NEW."supersedes_id"); RETURN NULL;',
                    hash="04c2138ea59a4030e171667e06da462fdc9cfdec",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d16fe",
                    table="clinic_fill",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fill",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_fillhistory" ("bridge_old_concentration", "bridge_old_unit", "bridge_old_volume_ml", "checked_by_id", "clinic_id", "correction_reason", "fill_volume_ml", "filled_at", "filled_on", "first_fill", "id", "implant_id", "is_void", "note", "performed_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "recorded_at", "recorded_by_id", "ref", "residual_ml", "supersedes_id") VALUES (OLD."bridge_old_concentration", OLD."bridge_old_unit", OLD."bridge_old_volume_ml", OLD."checked_by_id", OLD."clinic_id", OLD."correction_reason", OLD."fill_volume_ml", OLD."filled_at", OLD."filled_on", OLD."first_fill", OLD."id", OLD."implant_id", OLD."is_void", OLD."note", OLD."performed_by", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."printed_refill_on", OLD."recorded_at", OLD."recorded_by_id", OLD."ref", OLD."residual_ml", OLD."supersedes_id"); RETURN NULL;',
                    hash="929a34d67874ac5fa3484d23e32c5c521a4d47f4",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5a1ea",
                    table="clinic_fill",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitation",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_invitationhistory" ("accepted_at", "clinic_id", "created_at", "email", "expires_at", "id", "invited_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref", "revoked_at", "role", "token_sha256") VALUES (NEW."accepted_at", NEW."clinic_id", NEW."created_at", NEW."email", NEW."expires_at", NEW."id", NEW."invited_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."ref", NEW."revoked_at", NEW."role", NEW."token_sha256"); RETURN NULL;',
                    hash="2d2dfbdc448c8617741de2bc25be8945556a4564",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_1e6c5",
                    table="clinic_invitation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitation",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_invitationhistory" ("accepted_at", "clinic_id", "created_at", "email", "expires_at", "id", "invited_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref", "revoked_at", "role", "token_sha256") VALUES (NEW."accepted_at", NEW."clinic_id", NEW."created_at", NEW."email", NEW."expires_at", NEW."id", NEW."invited_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."ref", NEW."revoked_at", NEW."role", NEW."token_sha256"); RETURN NULL;',
                    hash="2e808e769f93c296377b4f7f396eb5f5d615b157",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_de1fb",
                    table="clinic_invitation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitation",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_invitationhistory" ("accepted_at", "clinic_id", "created_at", "email", "expires_at", "id", "invited_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref", "revoked_at", "role", "token_sha256") VALUES (OLD."accepted_at", OLD."clinic_id", OLD."created_at", OLD."email", OLD."expires_at", OLD."id", OLD."invited_by_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."ref", OLD."revoked_at", OLD."role", OLD."token_sha256"); RETURN NULL;',
                    hash="7ee25633ad449d8678006e8830087733c62d8cd4",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_63bc8",
                    table="clinic_invitation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitationhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cfa51c744b5075e2411685eb956f1c2742b499c8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8ee15",
                    table="clinic_invitationhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="marketedstrength",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_marketedstrengthhistory" ("concentration", "confidence", "drug_id", "id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "unit") VALUES (NEW."concentration", NEW."confidence", NEW."drug_id", NEW."id", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source", NEW."stated_on", NEW."unit"); RETURN NULL;',
                    hash="3c6cc38865e5888b26ae8c7584c025491375cbe1",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f215e",
                    table="clinic_marketedstrength",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="marketedstrength",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_marketedstrengthhistory" ("concentration", "confidence", "drug_id", "id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "unit") VALUES (NEW."concentration", NEW."confidence", NEW."drug_id", NEW."id", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source", NEW."stated_on", NEW."unit"); RETURN NULL;',
                    hash="ab2cf9270d34c4d8c9b286600f2ba743b5e91096",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e5df9",
                    table="clinic_marketedstrength",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="marketedstrength",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_marketedstrengthhistory" ("concentration", "confidence", "drug_id", "id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "unit") VALUES (OLD."concentration", OLD."confidence", OLD."drug_id", OLD."id", OLD."note", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."source", OLD."stated_on", OLD."unit"); RETURN NULL;',
                    hash="7bb10dba68c10e50e9bd576690b095d04e468722",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_82dd1",
                    table="clinic_marketedstrength",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="marketedstrengthhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="3ee36e513a0feed4b1fecd6d8e70e0f576acc4c5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_4945a",
                    table="clinic_marketedstrengthhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_membershiphistory" ("clinic_id", "id", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;',
                    hash="3dc93fd2463e24a28a24782dfba78659bd6bd8cd",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_847aa",
                    table="clinic_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_membershiphistory" ("clinic_id", "id", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;',
                    hash="29b3e26df436cad26a520cca3af64207b538edbe",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d0685",
                    table="clinic_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_membershiphistory" ("clinic_id", "id", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (OLD."clinic_id", OLD."id", OLD."is_active", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."role", OLD."user_id"); RETURN NULL;',
                    hash="4c83b10079fc9721fd5d527aac36458eece3dd2f",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e1e0f",
                    table="clinic_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membershiphistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b58696218f77e7e601871fd86fad0c93069b440b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_64369",
                    table="clinic_membershiphistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_patienthistory" ("birth_date", "clinic_id", "created_at", "died_on", "first_name", "id", "language", "last_name", "mrn", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref") VALUES (NEW."birth_date", NEW."clinic_id", NEW."created_at", NEW."died_on", NEW."first_name", NEW."id", NEW."language", NEW."last_name", NEW."mrn", NEW."notes", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."ref"); RETURN NULL;',
                    hash="2531f99825a07717a8c820c3a660caf337ed35c4",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_91ad5",
                    table="clinic_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_patienthistory" ("birth_date", "clinic_id", "created_at", "died_on", "first_name", "id", "language", "last_name", "mrn", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref") VALUES (NEW."birth_date", NEW."clinic_id", NEW."created_at", NEW."died_on", NEW."first_name", NEW."id", NEW."language", NEW."last_name", NEW."mrn", NEW."notes", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."ref"); RETURN NULL;',
                    hash="44b87adee79751c31222360aeea607393c33f86d",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_87142",
                    table="clinic_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_patienthistory" ("birth_date", "clinic_id", "created_at", "died_on", "first_name", "id", "language", "last_name", "mrn", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ref") VALUES (OLD."birth_date", OLD."clinic_id", OLD."created_at", OLD."died_on", OLD."first_name", OLD."id", OLD."language", OLD."last_name", OLD."mrn", OLD."notes", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."ref"); RETURN NULL;',
                    hash="ed39a9df59e9ef6148a1b7c020c815a116652dd8",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_94fb2",
                    table="clinic_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consenthistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="361188e2eef668eb9064fc3430bea2364c8ec007",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cd9e7",
                    table="clinic_consenthistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consent",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8e7ea8096243a31a2bf0e565aa4d919aba0a1839",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_be2f3",
                    table="clinic_consent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consent",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_consenthistory" ("channel", "clinic_id", "id", "is_granted", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "topic", "wording") VALUES (NEW."channel", NEW."clinic_id", NEW."id", NEW."is_granted", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."topic", NEW."wording"); RETURN NULL;',
                    hash="124d7d9265657dad92b2402dc2a95a52595ae00f",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_462b4",
                    table="clinic_consent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consent",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_consenthistory" ("channel", "clinic_id", "id", "is_granted", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "topic", "wording") VALUES (NEW."channel", NEW."clinic_id", NEW."id", NEW."is_granted", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."topic", NEW."wording"); RETURN NULL;',
                    hash="329c32bcc14d5348aa89abaa5dd5a8f38c742d59",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_98a02",
                    table="clinic_consent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="consent",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_consenthistory" ("channel", "clinic_id", "id", "is_granted", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "topic", "wording") VALUES (OLD."channel", OLD."clinic_id", OLD."id", OLD."is_granted", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."topic", OLD."wording"); RETURN NULL;',
                    hash="1e760f2d6a786a67451fe19269091190fbb0af59",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_2d4f0",
                    table="clinic_consent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patienthistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="45450a65dd5fa5b6566e78d6241c31edcd4434cb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_94e75",
                    table="clinic_patienthistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programversion",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="6fb2a04320ec879a0197f76ad1f90d38596d65e1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_265fe",
                    table="clinic_programversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programversion",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_programversionhistory" ("bolus_dose", "bolus_max_per_day", "bolus_mean_per_day", "bolus_unit", "clinic_id", "correction_reason", "dose", "dose_unit", "flow_ml_per_day", "id", "implant_id", "is_void", "kind", "note", "pattern", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "starts_at", "starts_on", "supersedes_id") VALUES (NEW."bolus_dose", NEW."bolus_max_per_day", NEW."bolus_mean_per_day", NEW."bolus_unit", NEW."clinic_id", NEW."correction_reason", NEW."dose", NEW."dose_unit", NEW."flow_ml_per_day", NEW."id", NEW."implant_id", NEW."is_void", NEW."kind", NEW."note", NEW."pattern", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."starts_at", NEW."starts_on", NEW."supersedes_id"); RETURN NULL;',
                    hash="c32350db63f147846060be7ddc62b1fcfdcb6ad1",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_dc090",
                    table="clinic_programversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programversion",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_programversionhistory" ("bolus_dose", "bolus_max_per_day", "bolus_mean_per_day", "bolus_unit", "clinic_id", "correction_reason", "dose", "dose_unit", "flow_ml_per_day", "id", "implant_id", "is_void", "kind", "note", "pattern", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "starts_at", "starts_on", "supersedes_id") VALUES (NEW."bolus_dose", NEW."bolus_max_per_day", NEW."bolus_mean_per_day", NEW."bolus_unit", NEW."clinic_id", NEW."correction_reason", NEW."dose", NEW."dose_unit", NEW."flow_ml_per_day", NEW."id", NEW."implant_id", NEW."is_void", NEW."kind", NEW."note", NEW."pattern", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."starts_at", NEW."starts_on", NEW."supersedes_id"); RETURN NULL;',
                    hash="7f477f87a4ad92324e1b42a470661bf1f3509a68",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_3f595",
                    table="clinic_programversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programversion",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_programversionhistory" ("bolus_dose", "bolus_max_per_day", "bolus_mean_per_day", "bolus_unit", "clinic_id", "correction_reason", "dose", "dose_unit", "flow_ml_per_day", "id", "implant_id", "is_void", "kind", "note", "pattern", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "starts_at", "starts_on", "supersedes_id") VALUES (OLD."bolus_dose", OLD."bolus_max_per_day", OLD."bolus_mean_per_day", OLD."bolus_unit", OLD."clinic_id", OLD."correction_reason", OLD."dose", OLD."dose_unit", OLD."flow_ml_per_day", OLD."id", OLD."implant_id", OLD."is_void", OLD."kind", OLD."note", OLD."pattern", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."starts_at", OLD."starts_on", OLD."supersedes_id"); RETURN NULL;',
                    hash="af67a02bb2e7c15c572259ea74ae119b1ffb1e3d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e1b07",
                    table="clinic_programversion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="programversionhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2a8b320e5d04a65798b8bacf3e2fcbce294274a5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_544c1",
                    table="clinic_programversionhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proxy",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_proxyhistory" ("clinic_id", "id", "is_active", "is_emergency_contact", "may_receive_reminders", "name", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "relationship") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", NEW."is_emergency_contact", NEW."may_receive_reminders", NEW."name", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."relationship"); RETURN NULL;',
                    hash="0a982d11abb977b68616f95cc1eced768d13125f",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_4b6e5",
                    table="clinic_proxy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proxy",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_proxyhistory" ("clinic_id", "id", "is_active", "is_emergency_contact", "may_receive_reminders", "name", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "relationship") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", NEW."is_emergency_contact", NEW."may_receive_reminders", NEW."name", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."relationship"); RETURN NULL;',
                    hash="388f87acee0fe27dfa48ce84d876ded7e5636a39",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_29d7b",
                    table="clinic_proxy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proxy",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_proxyhistory" ("clinic_id", "id", "is_active", "is_emergency_contact", "may_receive_reminders", "name", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "relationship") VALUES (OLD."clinic_id", OLD."id", OLD."is_active", OLD."is_emergency_contact", OLD."may_receive_reminders", OLD."name", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."relationship"); RETURN NULL;',
                    hash="7fd27afd3ae15b828565bc160f28d22d0b146c25",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_bdb08",
                    table="clinic_proxy",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactpointhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="28b2c05930edfda3b4c0eed39e502058805c43dd",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_fc99c",
                    table="clinic_contactpointhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_contactpointhistory" ("clinic_id", "id", "is_active", "is_preferred", "kind", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy_id", "value") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", NEW."is_preferred", NEW."kind", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proxy_id", NEW."value"); RETURN NULL;',
                    hash="a00552ef7dd38739e47de46b5eadf0471ecc9e0d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_cfc31",
                    table="clinic_contactpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_contactpointhistory" ("clinic_id", "id", "is_active", "is_preferred", "kind", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy_id", "value") VALUES (NEW."clinic_id", NEW."id", NEW."is_active", NEW."is_preferred", NEW."kind", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proxy_id", NEW."value"); RETURN NULL;',
                    hash="ea4aa551fdd8ffc93b3f80bfa280ed906566f0b7",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f8e51",
                    table="clinic_contactpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactpoint",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_contactpointhistory" ("clinic_id", "id", "is_active", "is_preferred", "kind", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy_id", "value") VALUES (OLD."clinic_id", OLD."id", OLD."is_active", OLD."is_preferred", OLD."kind", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."proxy_id", OLD."value"); RETURN NULL;',
                    hash="be218f90bf4eb9ae781b4a856d92a71882dbcba1",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_cbe0c",
                    table="clinic_contactpoint",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proxyhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="e94337b46cbe13ef597b909e1cc59cb619fbe6f7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_922bf",
                    table="clinic_proxyhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpevent",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2fcee563c182b7f69cb38aac07f4621bb18ef5f2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_d1000",
                    table="clinic_pumpevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpevent",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpeventhistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "kind", "note", "occurred_at", "occurred_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "scale", "score", "supersedes_id") VALUES (NEW."clinic_id", NEW."correction_reason", NEW."id", NEW."implant_id", NEW."is_void", NEW."kind", NEW."note", NEW."occurred_at", NEW."occurred_on", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."scale", NEW."score", NEW."supersedes_id"); RETURN NULL;',
                    hash="abcd84ec1adbb6f5befb085a712a35497d48e048",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_52cd0",
                    table="clinic_pumpevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpevent",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_pumpeventhistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "kind", "note", "occurred_at", "occurred_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "scale", "score", "supersedes_id") VALUES (NEW."clinic_id", NEW."correction_reason", NEW."id", NEW."implant_id", NEW."is_void", NEW."kind", NEW."note", NEW."occurred_at", NEW."occurred_on", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."scale", NEW."score", NEW."supersedes_id"); RETURN NULL;',
                    hash="0f87947670dbde8b8f5402f01441410e399d653d",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fa1be",
                    table="clinic_pumpevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpevent",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpeventhistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "kind", "note", "occurred_at", "occurred_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "scale", "score", "supersedes_id") VALUES (OLD."clinic_id", OLD."correction_reason", OLD."id", OLD."implant_id", OLD."is_void", OLD."kind", OLD."note", OLD."occurred_at", OLD."occurred_on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."scale", OLD."score", OLD."supersedes_id"); RETURN NULL;',
                    hash="b43f4e747ef4634845c6fd5fc242656b1a04b291",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e478d",
                    table="clinic_pumpevent",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpeventhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="80da2044d980c4c5e56f964e48cde1f9ae3a5ed1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cd0b0",
                    table="clinic_pumpeventhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="implanthistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="262664f95065792d16e1ce4ba7be504f85cd0a41",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0abc4",
                    table="clinic_implanthistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="implant",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_implanthistory" ("catheter", "clinic_id", "constant_flow_ml_per_day", "created_at", "end_of_service_on", "explant_reason", "explanted_on", "following_physician", "id", "implanted_on", "implanting_physician", "max_interval_days", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pocket_site", "pump_model_id", "ref", "serial", "threshold_ml", "threshold_reason", "udi") VALUES (NEW."catheter", NEW."clinic_id", NEW."constant_flow_ml_per_day", NEW."created_at", NEW."end_of_service_on", NEW."explant_reason", NEW."explanted_on", NEW."following_physician", NEW."id", NEW."implanted_on", NEW."implanting_physician", NEW."max_interval_days", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."pocket_site", NEW."pump_model_id", NEW."ref", NEW."serial", NEW."threshold_ml", NEW."threshold_reason", NEW."udi"); RETURN NULL;',
                    hash="821fa8b21a558e27eeb3e6912abec64f4ba0ed03",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_511e3",
                    table="clinic_implant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="implant",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_implanthistory" ("catheter", "clinic_id", "constant_flow_ml_per_day", "created_at", "end_of_service_on", "explant_reason", "explanted_on", "following_physician", "id", "implanted_on", "implanting_physician", "max_interval_days", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pocket_site", "pump_model_id", "ref", "serial", "threshold_ml", "threshold_reason", "udi") VALUES (NEW."catheter", NEW."clinic_id", NEW."constant_flow_ml_per_day", NEW."created_at", NEW."end_of_service_on", NEW."explant_reason", NEW."explanted_on", NEW."following_physician", NEW."id", NEW."implanted_on", NEW."implanting_physician", NEW."max_interval_days", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."pocket_site", NEW."pump_model_id", NEW."ref", NEW."serial", NEW."threshold_ml", NEW."threshold_reason", NEW."udi"); RETURN NULL;',
                    hash="b8dd2c4e0d861c1c8c9ca68c735953351fc23250",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fa9b2",
                    table="clinic_implant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="implant",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_implanthistory" ("catheter", "clinic_id", "constant_flow_ml_per_day", "created_at", "end_of_service_on", "explant_reason", "explanted_on", "following_physician", "id", "implanted_on", "implanting_physician", "max_interval_days", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pocket_site", "pump_model_id", "ref", "serial", "threshold_ml", "threshold_reason", "udi") VALUES (OLD."catheter", OLD."clinic_id", OLD."constant_flow_ml_per_day", OLD."created_at", OLD."end_of_service_on", OLD."explant_reason", OLD."explanted_on", OLD."following_physician", OLD."id", OLD."implanted_on", OLD."implanting_physician", OLD."max_interval_days", OLD."patient_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."pocket_site", OLD."pump_model_id", OLD."ref", OLD."serial", OLD."threshold_ml", OLD."threshold_reason", OLD."udi"); RETURN NULL;',
                    hash="747a42c3e7db501219e5646af3897d1c1b16a8e8",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_43960",
                    table="clinic_implant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodelhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f8aa1b42526dfc1c10d30ec057132deed4571ed1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_153a7",
                    table="clinic_pumpmodelhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodelvalue",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpmodelvaluehistory" ("confidence", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pump_model_id", "quantity", "source", "stated_on", "value") VALUES (NEW."confidence", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."pump_model_id", NEW."quantity", NEW."source", NEW."stated_on", NEW."value"); RETURN NULL;',
                    hash="d464b05dca38672778b93106557c33742466143d",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_94eb3",
                    table="clinic_pumpmodelvalue",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodelvalue",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_pumpmodelvaluehistory" ("confidence", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pump_model_id", "quantity", "source", "stated_on", "value") VALUES (NEW."confidence", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."pump_model_id", NEW."quantity", NEW."source", NEW."stated_on", NEW."value"); RETURN NULL;',
                    hash="baa399afe936c3ddd6a9ec73d5643e2420ec096a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d7702",
                    table="clinic_pumpmodelvalue",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodelvalue",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_pumpmodelvaluehistory" ("confidence", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pump_model_id", "quantity", "source", "stated_on", "value") VALUES (OLD."confidence", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."pump_model_id", OLD."quantity", OLD."source", OLD."stated_on", OLD."value"); RETURN NULL;',
                    hash="9e80498ab146780190115502973d97dc99ba1e57",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_6fed3",
                    table="clinic_pumpmodelvalue",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pumpmodelvaluehistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ec8d74e28c48282cd681587a2729d788c2d8c71e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8a799",
                    table="clinic_pumpmodelvaluehistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="never_overwritten",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="4758fcf4498ff85353a329328fff3dbcbac1c2e0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_overwritten_18bc5",
                    table="clinic_reading",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_readinghistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "read_at", "read_on", "recorded_at", "recorded_by_id", "reservoir_ml", "supersedes_id") VALUES (NEW."clinic_id", NEW."correction_reason", NEW."id", NEW."implant_id", NEW."is_void", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."printed_refill_on", NEW."read_at", NEW."read_on", NEW."recorded_at", NEW."recorded_by_id", NEW."reservoir_ml", NEW."supersedes_id"); RETURN NULL;',
                    hash="1c26f5f671a4b3d70cd1d821fcbcead6a947ff06",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f07a2",
                    table="clinic_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_readinghistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "read_at", "read_on", "recorded_at", "recorded_by_id", "reservoir_ml", "supersedes_id") VALUES (NEW."clinic_id", NEW."correction_reason", NEW."id", NEW."implant_id", NEW."is_void", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."printed_refill_on", NEW."read_at", NEW."read_on", NEW."recorded_at", NEW."recorded_by_id", NEW."reservoir_ml", NEW."supersedes_id"); RETURN NULL;',
                    hash="2121aac09f493032e077b9e41226a0c6c32d9673",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_8fd2c",
                    table="clinic_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_readinghistory" ("clinic_id", "correction_reason", "id", "implant_id", "is_void", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "printed_refill_on", "read_at", "read_on", "recorded_at", "recorded_by_id", "reservoir_ml", "supersedes_id") VALUES (OLD."clinic_id", OLD."correction_reason", OLD."id", OLD."implant_id", OLD."is_void", OLD."note", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."printed_refill_on", OLD."read_at", OLD."read_on", OLD."recorded_at", OLD."recorded_by_id", OLD."reservoir_ml", OLD."supersedes_id"); RETURN NULL;',
                    hash="2f69086cbd20b2e1f2395481b7499c8de9169b6e",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_66f41",
                    table="clinic_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="readinghistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="12eac7290678f8778b295979e35352e387d4015e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f9d12",
                    table="clinic_readinghistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stability",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_stabilityhistory" ("condition", "confidence", "days", "drug_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "with_drug_id") VALUES (NEW."condition", NEW."confidence", NEW."days", NEW."drug_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source", NEW."stated_on", NEW."with_drug_id"); RETURN NULL;',
                    hash="026fb980c9e4b6cac05e455c2cb00cb35e0a9646",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_5e3ca",
                    table="clinic_stability",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stability",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "clinic_stabilityhistory" ("condition", "confidence", "days", "drug_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "with_drug_id") VALUES (NEW."condition", NEW."confidence", NEW."days", NEW."drug_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source", NEW."stated_on", NEW."with_drug_id"); RETURN NULL;',
                    hash="3578029becaedd8d6df27012f5d01fdc4ab34d97",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_a3a59",
                    table="clinic_stability",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stability",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "clinic_stabilityhistory" ("condition", "confidence", "days", "drug_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "stated_on", "with_drug_id") VALUES (OLD."condition", OLD."confidence", OLD."days", OLD."drug_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."source", OLD."stated_on", OLD."with_drug_id"); RETURN NULL;',
                    hash="2da04e59c72b3555019686b6a3a2bc877b15220f",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_6a4ee",
                    table="clinic_stability",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stabilityhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="297d207732dd0b25b3fdda5be4b1e756c55d5c87",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8ad90",
                    table="clinic_stabilityhistory",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="userhistory",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ae5db76f5a1b0293bb7b2451ab355762adf36090",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_05472",
                    table="clinic_userhistory",
                    when="BEFORE",
                ),
            ),
        ),
    ]
