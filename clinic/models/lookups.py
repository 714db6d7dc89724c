"""``id__any_of=[...]``: one array instead of a place-holder for each number.

``IN`` with five hundred place-holders is a new statement to parse for every length of the list, in Python and
in PostgreSQL; an array is one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Lookup

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


class AnyOf(_Lookup):
    """Whether a number is among those given."""

    lookup_name = "any_of"
    prepare_rhs = False
    kind = "bigint"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, models.Expression):  # numbers that are still to come (clinic.together)
            single = getattr(self.rhs, "first", None)  # of a list of one: sought by its key
            right, numbers = compiler.compile(single or self.rhs)
            wanted = f"{right}::{self.kind}" if single else f"ANY({right}::{self.kind}[])"
            return f"{left} = {wanted}", [*parameters, *numbers]
        return f"{left} = ANY(%s::{self.kind}[])", [*parameters, list(self.rhs)]


class AnyOfTexts(AnyOf):
    """Whether a text is among those given."""

    kind = "text"


class AnyOfReferences(AnyOf):
    """Whether a reference is among those given."""

    kind = "uuid"


class AnyOfDays(AnyOf):
    """Whether a day is among those given."""

    kind = "date"


for kind in (models.IntegerField, models.ForeignKey, models.OneToOneField):
    kind.register_lookup(AnyOf)
models.CharField.register_lookup(AnyOfTexts)
models.UUIDField.register_lookup(AnyOfReferences)
models.DateField.register_lookup(AnyOfDays)
