"""The admin site holds the catalogue and nothing else, for superusers, behind the one way of signing in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _

OWN_APP = "clinic"


class CatalogueAdminSite(AdminSite):
    site_header = _("Refillwise: catalogue of pumps and drugs")
    site_title = _("Refillwise catalogue")
    index_title = _("Values that every clinic shares, each with its source")
    enable_nav_sidebar = False

    def register(
        self, model_or_iterable: type[Model] | Iterable[type[Model]], *args: Any, **kwargs: Any
    ) -> None:
        """Leave out what other packages would put here: accounts, groups, addresses."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        own = [model for model in models if model._meta.app_label == OWN_APP]
        if own:
            super().register(own, *args, **kwargs)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Without "view on site", which looks for any row of any table and says whether it is there."""
        return [each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"]

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Whoever is not signed in goes the ordinary way; whoever may not be here learns so."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(target, reverse("account_login"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")
