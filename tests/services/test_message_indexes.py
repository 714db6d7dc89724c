"""A message is rewritten three times on its way, and each time has an entry made in every index: none too many, none too few."""

from __future__ import annotations

import re
from itertools import permutations, product

import pytest
from django.db import connection, models

from clinic.together import put_together
from notifications.models import Attempt, Message, PatientLink
from notifications.selectors.world import _questions
from tests.plans import forget_sizes, plan_for_any

pytestmark = pytest.mark.django_db
MODELS = (Message, PatientLink, Attempt)
CONDITIONS = ("{} = $1", "{} = ANY (ARRAY[$1, 2])")


@pytest.mark.parametrize("model", MODELS)
def test_rows_that_name_something_are_found_by_an_index(model: type[models.Model]) -> None:
    """As the keys of the other table ask when a row of theirs goes, with one plan for every value."""
    columns = [field.column for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)]
    assert columns
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("SET LOCAL enable_seqscan = off")
        for column, condition in product(columns, CONDITIONS):
            asked = f"SELECT FROM {table} WHERE {condition.format(column)}"
            cursor.execute(f"PREPARE asked (bigint) AS {asked}")
            cursor.execute("EXPLAIN EXECUTE asked (1)")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            cursor.execute("DEALLOCATE asked")
            assert f"Index Cond: ({column} = " in plan, plan


@pytest.mark.parametrize("model", MODELS)
def test_no_index_is_the_beginning_of_another(model: type[models.Model]) -> None:
    """But for keys, which hold more than they find, and for those of fewer rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, x.indkey::text, x.indclass::text, coalesce(pg_get_expr(x.indpred, x.indrelid), ''), x.indisunique"
            " FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid WHERE x.indrelid = %s::regclass",
            [model._meta.db_table],
        )
        indexes = cursor.fetchall()
    assert len(indexes) > 1
    assert [
        (short[0], long[0])
        for short, long in permutations(indexes, 2)
        if not short[4]
        and all(f"{long[place]} ".startswith(f"{short[place]} ") for place in (1, 2))
        and long[3] in ("", short[3])
    ] == []


def test_what_a_text_is_judged_by_is_found_by_its_key_in_a_clinic_of_any_size() -> None:
    """The plan that is kept does not know how large a clinic is: what goes by the clinic reads all of it."""
    forget_sizes("clinic_patient", "clinic_contactpoint", "notifications_message")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = plan_for_any(put_together(_questions).text)
    assert "message_by_state" not in plan
    for table in ("patient", "contactpoint"):
        [condition] = re.findall(rf"on clinic_{table}  .*\n\s+Index Cond: (.*)", plan)
        assert "(id = (InitPlan" in condition
