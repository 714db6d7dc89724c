"""The description of this interface: as a file for programs, as a page for the people who write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

GROUPS: Final = (
    *("Catalogue", "Patients", "Implants", "Fills", "Programs", "Readings", "Events", "Forecasts"),
    *("Work-list", "Follow-ups", "Visits", "Messages", "Escalations", "Feeds", "Reports"),
)
"""In the order in which a program needs them; others follow."""
PLAIN: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
FORMATS: Final = {"date": "day", "date-time": "instant", "uuid": "reference", "decimal": "decimal as text"}


@cache
def described() -> dict[str, Any]:
    """The description, made from the code that answers. English, whoever asks: it is one document."""
    with translation.override("en"):
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


class Description(APIView):
    """The description itself (OpenAPI). It holds nothing of anybody, so everybody may read it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(described())


class Nowhere(APIView):
    """What is no address of the interface: programs are told so in the words of every other refusal."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same as a page that is read, searched and printed like any other: no program of somebody else's draws it."""
    with translation.override("en"):
        return render(request, "api/docs.html", _page())


_MARKS = re.compile(r"``?([^`]+)``?|\*([^*]+)\*")


def _marked(text: str) -> SafeString:
    """The two marks that descriptions use, drawn."""
    pieces, at = [], 0
    for found in _MARKS.finditer(text):
        drawn = format_html("<code>{}</code>" if found[1] else "<em>{}</em>", found[1] or found[2])
        pieces += [(text[at : found.start()],), (drawn,)]
        at = found.end()
    return format_html_join("", "{}", [*pieces, (text[at:],)])


@cache
def _page() -> dict[str, Any]:
    description = described()
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for address, operations in description["paths"].items():
        for method, operation in operations.items():
            shown = _operation(address, method, operation, description)
            groups.setdefault(operation["tags"][0], []).append(shown)
    shapes = [
        {"name": name, "words": _marked(shape.get("description", "")), "fields": list(_fields(shape))}
        for name, shape in sorted(description["components"]["schemas"].items())
        if "properties" in shape
    ]
    return {"info": description["info"], "groups": groups, "shapes": shapes}


def _operation(
    address: str, method: str, operation: dict[str, Any], within: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": operation["summary"],
        "paragraphs": [_marked(each) for each in operation["description"].split("\n\n")],
        "parameters": [
            {
                "name": each["name"],
                "place": each["in"],
                "is_required": each.get("required", False),
                "words": _marked(each.get("description", "")),
                "kind": kind_of(each["schema"], within),
            }
            for each in operation.get("parameters", ())
        ],
        "sent": _shape(operation.get("requestBody", {}), within),
        "answers": [
            (status, answer["description"], _shape(answer, within))
            for status, answer in sorted(operation["responses"].items())
            if "$ref" not in answer
        ],
        "refusals": sorted(status for status, answer in operation["responses"].items() if "$ref" in answer),
    }


def _shape(part: dict[str, Any], within: dict[str, Any]) -> dict[str, Any] | None:
    content = part.get("content", {}).get("application/json")
    return kind_of(content["schema"], within) if content else None


def _fields(shape: dict[str, Any]) -> Iterator[dict[str, Any]]:
    required = shape.get("required", ())
    for name, schema in shape["properties"].items():
        yield {
            "name": name,
            "is_required": name in required,
            "kind": kind_of(schema, described()),
            "words": schema.get("description", "")
            if schema.get("type") != "string" or "enum" not in schema
            else "",
        }


def kind_of(schema: dict[str, Any], within: dict[str, Any]) -> dict[str, Any]:
    """What stands there: in words, the name of its shape if it has one, and whether null may stand there instead."""
    words, shape = _kind(schema, within)
    return {"words": words, "shape": shape, "or_null": schema.get("nullable", False)}


def _kind(schema: dict[str, Any], within: dict[str, Any]) -> tuple[str, str]:
    parts = schema.get("allOf") or schema.get("oneOf") or ()
    if parts:
        return _choices(parts, within)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = within["components"]["schemas"][name]
        return ("", name) if "properties" in found else _kind(found, within)
    if "enum" in schema:
        return "one of " + ", ".join(f"{each}" or "nothing" for each in schema["enum"]), ""
    if schema.get("type") == "array":
        words, shape = _kind(schema["items"], within)
        return f"list of {words}".strip(), shape
    if "properties" in schema:
        return "{" + ", ".join(schema["properties"]) + "}", ""
    words = FORMATS.get(schema.get("format", ""), PLAIN.get(schema.get("type", ""), "anything"))
    return words + _limits(schema), ""


def _choices(parts: list[dict[str, Any]], within: dict[str, Any]) -> tuple[str, str]:
    kinds = [_kind(each, within) for each in parts]
    words = " or ".join(each for each, _ in kinds if each).replace(" or one of nothing", ", or nothing")
    return words, next((shape for _, shape in kinds if shape), "")


def _limits(schema: dict[str, Any]) -> str:
    if "maxLength" in schema:
        return f" of at most {schema['maxLength']} characters"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", at least {least}" if least is not None else ""
