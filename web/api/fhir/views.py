"""FHIR's interactions: read, search by GET, search by POST (for what has no place in an address), capabilities."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.resource import Resource
from rest_framework.parsers import FormParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from web.api.access import ClinicAPIView
from web.api.fhir.asking import Parameter, asked_in, rows_for
from web.api.pages import Pages
from web.api.problems import answer_to

MEDIA_TYPE: Final = "application/fhir+json"


class FhirRenderer(BaseRenderer):
    """Resources as FHIR's JSON."""

    media_type = MEDIA_TYPE
    format = "fhir"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else json.dumps(data, ensure_ascii=False, allow_nan=False).encode()


class PlainJson(FhirRenderer):
    """For who asks for JSON without more words."""

    media_type = "application/json"
    format = "json"


class BundlePages(Pages):
    """Pages by FHIR's own word."""

    page_size_query_param = "_count"


_ISSUES: Final = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    415: "not-supported",
    422: "processing",
    429: "throttled",
    503: "transient",
}


def outcome(error: Exception, context: dict[str, Any]) -> Response | None:
    """The same refusals as everywhere in the interface, as FHIR says them."""
    answer = answer_to(error, context)
    if answer is None:
        return None
    faults = answer.data.get("errors") or [{"detail": answer.data["detail"], "pointer": ""}]
    issues = [
        {
            "severity": "error",
            "code": _ISSUES.get(answer.status_code, "processing"),
            "diagnostics": f"{fault['pointer'].removeprefix('#/')} {fault['detail']}".strip(),
        }
        for fault in faults
    ]
    answer.data = as_data(OperationOutcome.model_validate({"issue": issues}))
    answer.content_type = MEDIA_TYPE
    return answer


def as_data(resource: Resource) -> dict[str, Any]:
    """A resource as plain values, its quantities as numbers."""
    found: dict[str, Any] = json.loads(resource.model_dump_json())
    return found


class FhirView(ClinicAPIView):
    """A view that speaks FHIR."""

    renderer_classes = (FhirRenderer, PlainJson)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return outcome


class Kind:
    """A kind of resource: where its rows come from, how one is shown, and what a search may ask for."""

    def __init__(
        self,
        name: str,
        rows: Callable[..., QuerySet[Any]],
        shape: Callable[..., Resource],
        *,
        parameters: tuple[Parameter, ...],
        in_body_only: Callable[[Any], tuple[Parameter, ...]] = lambda clinic: (),
        needs: Permission = Permission.VIEW_PATIENTS,
    ) -> None:
        self.name, self.rows, self.shape, self.needs = name, rows, shape, needs
        self.parameters, self.in_body_only = parameters, in_body_only


class _OfKind(FhirView):
    kind: ClassVar[Kind]

    def bundle(self, asked: Mapping[str, list[str]], parameters: tuple[Parameter, ...]) -> Response:
        """A page of what was asked for."""
        known = {each.name: each for each in parameters}
        with timezone.override(ZoneInfo(self.clinic.time_zone)):
            wanted = rows_for(
                known, {name: asked[name] for name in asked if name not in ("_count", "cursor", "_format")}
            )
        pages = BundlePages()
        found = pages.paginate_queryset(
            self.kind.rows(clinic_id=self.clinic.pk).filter(wanted), self.request, view=self
        )
        base = self.request.build_absolute_uri().partition("?")[0].removesuffix("/_search")
        links = [{"relation": "self", "url": self.request.build_absolute_uri()}]
        links += [
            {"relation": relation, "url": url}
            for relation, url in (("next", pages.get_next_link()), ("previous", pages.get_previous_link()))
            if url
        ]
        entries = [
            {
                "fullUrl": f"{base}/{row.ref}",
                "resource": self.kind.shape(row, self.clinic),
                "search": {"mode": "match"},
            }
            for row in found or []
        ]
        body = {"type": "searchset", "link": links, "entry": entries}
        return Response(as_data(Bundle.model_validate(body)))


@extend_schema(exclude=True)
class Search(_OfKind):
    """Search by GET."""

    def get(self, request: Request, clinic_slug: str) -> Response:
        """A page of resources."""
        return self.bundle(asked_in(request.query_params), self.kind.parameters)


@extend_schema(exclude=True)
class SearchByPost(_OfKind):
    """Search by POST: the question stands in the body, where no log of addresses keeps it."""

    parser_classes = (FormParser,)

    def post(self, request: Request, clinic_slug: str) -> Response:
        """A page of resources. The page is chosen in the address, as by GET."""
        asked = asked_in(request.data) | asked_in(request.query_params)
        return self.bundle(asked, self.kind.parameters + self.kind.in_body_only(self.clinic))


@extend_schema(exclude=True)
class Read(_OfKind):
    """Read by id."""

    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The resource."""
        row = self.kind.rows(clinic_id=self.clinic.pk).filter(ref=ref).first()
        if row is None:
            raise Http404
        return Response(as_data(self.kind.shape(row, self.clinic)))


def views_of(kind: Kind) -> tuple[Any, Any, Any]:
    """Search, search by POST, and read, of one kind."""
    made = [
        type(
            f"{kind.name}{view.__name__}",
            (view,),
            {"kind": kind, "permissions": {method: kind.needs}, "__doc__": view.__doc__},
        ).as_view()  # type: ignore[attr-defined]
        for view, method in ((Search, "get"), (SearchByPost, "post"), (Read, "get"))
    ]
    search, by_post, read = made
    return search, by_post, read
