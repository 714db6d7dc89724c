"""Wiring that Django must load: the commands of the processes and the grants after migrations."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        import config.celery  # noqa: F401  (shared tasks publish through this application)
        from config import carrier_checks, checks, history, wiring  # noqa: F401
        from config.grants import grant_application_role

        history.install()
        wiring.connect()
        post_migrate.connect(grant_application_role, dispatch_uid="config.grant_application_role")
