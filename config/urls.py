"""Addresses. Each face brings its own list; this file only joins them."""

from django.contrib import admin
from django.urls import include, path

from web import ops

urlpatterns = [
    path("healthz", ops.healthz, name="healthz"),
    path("readyz", ops.readyz, name="readyz"),
    path("metrics", ops.metrics, name="metrics"),
    path("accounts/", include("web.account_urls")),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]
