"""What requests and answers are made of: nothing is taken that was not asked for, quantities are exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Sent(serializers.Serializer[Any]):
    """A part of a request. A field that it does not know is refused: a slip in a name must not become silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            raise serializers.ValidationError(
                {str(name)[:100]: ["There is no such field."] for name in unknown}
            )
        return super().to_internal_value(data)


class NothingSent(Sent):
    """Nothing: the address says it all. Read all the same, so that only JSON is taken, and no field."""


class Shown(serializers.Serializer[Any]):
    """A part of an answer."""


@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^-?\d{1,12}(\.\d{1,12})?$", "example": "12.5"}
)
class QuantityField(serializers.DecimalField):
    """An exact decimal as a string, with the unit in the field's name; twelve digits on either side of the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=24, decimal_places=12, normalize_output=True, **options)


@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^\d{1,12}(\.\d{1,12})?$", "example": "12.5"}
)
class AmountField(QuantityField):
    """A quantity of nothing or more, which the description says too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, **options)


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "example": "13:30"})
class ClockField(serializers.TimeField):
    """A time on the clinic's clock, to the minute."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%H:%M"], **options)


class ListedField(serializers.ListField):
    """A list that no request makes longer than a person would."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 100} | options)


def said_unknown() -> str:
    """What is not the clinic's is not there."""
    return _("is not known in this clinic")
