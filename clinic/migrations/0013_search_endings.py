"""What patients are found by: every ending of names, MRNs and serial numbers, from now on kept by triggers."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

LETTERS = (
    "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïðñòóôõöøùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠ"
    "ġĢģĤĥĨĩĪīĬĭĮįİıĴĵĶķĹĺĻļĽľŁłŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒ"
    "ǓǔǕǖǗǘǙǚǛǜǞǟǠǡǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳ"
)
PLAIN = (
    "AAAAAACEEEEIIIIDNOOOOOOUUUUYaaaaaaceeeeiiiidnoooooouuuuyyAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgG"
    "gGgHhIiIiIiIiIiJjKkLlLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZzOoUuAaIiOo"
    "UuUuUuUuUuAaAaGgKkOoOojGgNnAaAaAaEeEeIiIiOoOoRrRrUuUuSsTtHhAaEeOoOoOoOoYy"
)
PLAIN_CAPITALS = f"""
CREATE FUNCTION clinic_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT upper(translate(words, '{LETTERS}', '{PLAIN}')) $$
"""
ENDINGS = """
CREATE FUNCTION clinic_endings(VARIADIC texts text[]) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT DISTINCT left(substr(plain, start), 80)
    FROM unnest(texts) AS words, clinic_plain(words) AS plain, generate_series(1, length(plain)) AS start
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0012_language_of_a_person"),
    ]

    operations = [
        migrations.RunSQL(PLAIN_CAPITALS, "DROP FUNCTION clinic_plain(text)"),
        migrations.RunSQL(ENDINGS, "DROP FUNCTION clinic_endings(text[])"),
        migrations.CreateModel(
            name="SearchEnding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ending", models.CharField(db_collation="C", max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name="searchending",
            name="clinic",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="clinic.clinic",
            ),
        ),
        migrations.AddField(
            model_name="searchending",
            name="implant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="clinic.implant",
            ),
        ),
        migrations.AddField(
            model_name="searchending",
            name="patient",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="clinic.patient",
            ),
        ),
        migrations.AddIndex(
            model_name="searchending",
            index=models.Index(
                fields=["clinic", "ending"], include=("patient", "implant"), name="search_ending_found"
            ),
        ),
        migrations.AddIndex(
            model_name="searchending",
            index=models.Index(
                fields=["patient", "ending"], include=("implant",), name="search_ending_of_patient"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="implant",
            trigger=pgtrigger.compiler.Trigger(
                name="searched",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF TG_OP = 'UPDATE' AND (NEW.clinic_id, NEW.serial, NEW.patient_id) IS NOT DISTINCT FROM (OLD.clinic_id, OLD.serial, OLD.patient_id) THEN\n    RETURN NULL;\nEND IF;\nIF TG_OP <> 'INSERT' THEN\n    DELETE FROM clinic_searchending WHERE patient_id = OLD.patient_id AND implant_id = OLD.id;\nEND IF;\nIF TG_OP <> 'DELETE' THEN\n    INSERT INTO clinic_searchending (clinic_id, patient_id, implant_id, ending)\n    SELECT NEW.clinic_id, NEW.patient_id, NEW.id, ending FROM clinic_endings(NEW.serial) AS ending;\nEND IF;\nRETURN NULL;\n",
                    hash="a71f6e8e0c06444674cf3d21223ab049125f89d3",
                    operation='INSERT OR UPDATE OF "clinic_id", "serial", "patient_id" OR DELETE',
                    pgid="pgtrigger_searched_1ad15",
                    table="clinic_implant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="searched",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF TG_OP = 'UPDATE' AND (NEW.clinic_id, NEW.last_name, NEW.first_name, NEW.mrn) IS NOT DISTINCT FROM (OLD.clinic_id, OLD.last_name, OLD.first_name, OLD.mrn) THEN\n    RETURN NULL;\nEND IF;\nIF TG_OP <> 'INSERT' THEN\n    DELETE FROM clinic_searchending WHERE patient_id = OLD.id AND implant_id IS NULL;\nEND IF;\nIF TG_OP <> 'DELETE' THEN\n    INSERT INTO clinic_searchending (clinic_id, patient_id, implant_id, ending)\n    SELECT NEW.clinic_id, NEW.id, NULL::bigint, ending FROM clinic_endings(NEW.last_name, NEW.first_name, NEW.mrn) AS ending;\nEND IF;\nRETURN NULL;\n",
                    hash="9e3a6bed353443cc1c59abf79c90a5200f263af3",
                    operation='INSERT OR UPDATE OF "clinic_id", "last_name", "first_name", "mrn" OR DELETE',
                    pgid="pgtrigger_searched_df651",
                    table="clinic_patient",
                    when="AFTER",
                ),
            ),
        ),
    ]
