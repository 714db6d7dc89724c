"""Everything wrong with the forms of one page, in one list: the summary above it and its preview show it."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm

Problem = tuple[str, str, str]
"""The control's id, its label, and what is wrong."""


def problems_of(form: BaseForm) -> list[Problem]:
    """A form's errors with the control each belongs to; an empty form has none."""
    if not form.is_bound:
        return []
    found = [("", "", str(text)) for text in form.non_field_errors()]
    for field in form:
        place = field.id_for_label or f"{field.auto_id}_0"  # of a group of boxes the first
        found += [(place, str(field.label), str(text)) for text in field.errors]
    return found


def rows_problems(rows: Any, name: str) -> list[Problem]:
    """The errors of a set of rows, and those of the rows together under ``name``."""
    found: list[Problem] = []
    for row in rows.forms:
        found += problems_of(row)
    return found + [("", name, str(text)) for text in rows.non_form_errors()]
