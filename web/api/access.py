"""Who gets in through the API: the same members, the same permissions, the same silence about other clinics."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from clinic.domain.roles import Permission, Role, may
from clinic.selectors.accounts import active_membership
from clinic.selectors.rows import Clinic


class ClinicAPIView(APIView):
    """A view below ``clinics/<slug>/``: a foreign clinic answers 404, a missing permission 403."""

    required_permission: Permission
    clinic: Clinic
    role: Role

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        membership = active_membership(user_id=int(request.user.pk or 0), clinic_slug=kwargs["clinic_slug"])
        if membership is None:
            raise Http404
        if not may(Role(membership.role), self.required_permission):
            raise PermissionDenied
        self.clinic, self.role = membership.clinic, Role(membership.role)
