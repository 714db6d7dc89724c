from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WebConfig(AppConfig):
    name = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added, authenticator_used
        from django.contrib.auth.signals import user_logged_in

        from web import second_factor, session_ends

        authenticator_added.connect(second_factor.on_added, dispatch_uid="second factor added")
        authenticator_used.connect(second_factor.on_used, dispatch_uid="second factor used")
        user_logged_in.connect(session_ends.on_signed_in, dispatch_uid="signed in")


class CatalogueAdminConfig(AdminConfig):
    default_site = "web.admin_site.CatalogueAdminSite"
