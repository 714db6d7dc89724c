"""Addresses. Each face brings its own list; this file only joins them."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from web import ops

# Through the common door: the admin's own form has no limit on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", ops.healthz, name="healthz"),
    path("readyz", ops.readyz, name="readyz"),
    path("metrics", ops.metrics, name="metrics"),
    path("accounts/", include("web.account_urls")),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]
