from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WebConfig(AppConfig):
    name = "web"
    default_auto_field = "django.db.models.BigAutoField"


class CatalogueAdminConfig(AdminConfig):
    default_site = "web.admin_site.CatalogueAdminSite"
