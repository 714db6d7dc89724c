"""Who gets in through the API: the same members, the same permissions, the same silence about other clinics."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.http import Http404, HttpResponseBase
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from clinic.domain.roles import Permission, Role, may
from clinic.selectors.accounts import active_membership
from clinic.selectors.rows import Clinic
from web.answering import answering


class ClinicAPIView(APIView):
    """A view below ``clinics/<slug>/``: a foreign clinic answers 404, a missing permission 403."""

    required_permission: Permission
    clinic: Clinic
    role: Role

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        membership = active_membership(user_id=int(request.user.pk or 0), clinic_slug=kwargs["clinic_slug"])
        if membership is None:
            raise Http404
        if not may(Role(membership.role), self.required_permission):
            raise PermissionDenied
        self.clinic, self.role = membership.clinic, Role(membership.role)
        self._scope.enter_context(answering(request, self.clinic.pk))
