"""Who gets in through the API: the same members, the same permissions, the same silence about other clinics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, get_conditional_response
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.domain.api_tokens import in_effect
from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.accounts import active_membership
from clinic.selectors.rows import ApiToken, Clinic
from clinic.services.api_answers import Answer, answered_once
from web.answering import answering
from web.api.pages import Pages
from web.api.problems import Changed

PAGING = ("cursor", "limit")


class ClinicAPIView(APIView):
    """A view below ``clinics/<slug>/``: a foreign clinic answers 404, a missing permission 403.

    ``permissions`` names what each method needs. What a token may do is what it was given and its person still may.
    """

    permissions: ClassVar[Mapping[str, Permission]]
    clinic: Clinic
    now: datetime
    granted: frozenset[Permission]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.now = timezone.now()
        token = request.auth if isinstance(request.auth, ApiToken) else None
        membership = active_membership(user_id=self.person_id, clinic_slug=kwargs["clinic_slug"])
        if membership is None or (token is not None and token.clinic_id != membership.clinic_id):
            raise Http404
        role = Role(membership.role)
        self.granted = PERMISSIONS[role] if token is None else in_effect(token.permissions, role=role)
        needed = self.permissions.get("get" if request.method == "HEAD" else str(request.method).lower())
        if needed is not None and needed not in self.granted:
            raise PermissionDenied
        self.clinic = membership.clinic
        self._scope.enter_context(answering(request, self.clinic.pk))

    @property
    def person_id(self) -> int:
        """Whoever asks, by session or by token."""
        return int(self.request.user.pk or 0)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer that shows something has a tag; who has that one already gets no body."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(answer)
        if answer.status_code == status.HTTP_200_OK and request.method in ("GET", "HEAD"):
            tag = etag_of(answer.data)
            answer["ETag"] = tag
            return get_conditional_response(request, etag=tag, response=answer)
        return answer

    def refuse_if_changed(self, shown: Any) -> None:
        """412 where the sender says what it saw (``If-Match``) and this is something else.

        Called in the transaction of the change, with the row locked.
        """
        seen = self.request.headers.get("If-Match", "").strip()
        if seen and seen != "*" and etag_of(shown) not in {each.strip() for each in seen.split(",")}:
            raise Changed

    def once(self, act: Callable[[], Any], *, code: int = status.HTTP_201_CREATED) -> Response:
        """Do it and answer with what it gives. With an ``Idempotency-Key`` it is done once, however often it comes."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return Response(act(), code)
        asked = [self.request.method, self.request.path, self.request.data]
        answer, is_kept = answered_once(
            clinic_id=self.clinic.pk,
            user_id=self.person_id,
            key=key,
            request_sha256=hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest(),
            now=self.now,
            act=lambda: Answer(code, json.loads(_written(act()))),
        )
        headers = {"Idempotent-Replayed": "true"} if is_kept else None
        return Response(answer.body, answer.status, headers=headers)

    def page(
        self, rows: QuerySet[Any], shown: type[serializers.Serializer[Any]], context: Any = None
    ) -> Response:
        """A page of the rows."""
        return self.page_by(rows, lambda found: shown(found, many=True, context=context or {}).data)

    def page_by(self, rows: QuerySet[Any], shown: Callable[[list[Any]], Any]) -> Response:
        """A page of the rows, each page's shown together."""
        pages = Pages()
        found = pages.paginate_queryset(rows, self.request, view=self)
        return pages.get_paginated_response(shown(list(found or ())))

    def asked(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What the address asks for in this shape; 400 for words that it does not know."""
        known = shape().fields
        query = {
            name: value
            for name, value in self.request.query_params.items()
            if name in known or name not in PAGING
        }
        sent = shape(data=query)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)

    def read(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's body in this shape; 400 with each place at fault."""
        sent = shape(data=self.request.data)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)


def etag_of(shown: Any) -> str:
    """A tag of what is shown: the same for the same content, whatever server shows it."""
    return f'"{hashlib.sha256(_written(shown)).hexdigest()[:32]}"'


def _written(data: Any) -> bytes:
    written: bytes = JSONRenderer().render(data)
    return written
