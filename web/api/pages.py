"""Long lists in pages. A page begins after a row, not after a number of rows: nothing is skipped or told twice."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.pagination import CursorPagination

from web.api.shapes import Sent


class Pages(CursorPagination):
    """``?limit=`` rows (50, at most 200), and the addresses of the next page and the one before.

    In the order in which the rows were made: an address then holds a number and nothing of a patient.
    """

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "pk"


@cache  # one name, one shape
def page_of(shown: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """How the description of the interface shows a page."""
    name = shown.__name__.removesuffix("Shown")
    return inline_serializer(
        name=f"{name}Page",
        fields={
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": shown(many=True),
        },
    )


class NumberedAsked(Sent):
    """Which page of a list in the order in which it asks for an act: that order changes with every entry."""

    page = serializers.IntegerField(default=1, min_value=1, max_value=100_000)
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)
