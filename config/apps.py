"""Wiring that Django must load: the commands of the processes and the grants after migrations."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        import config.celery  # noqa: F401  (shared tasks publish through this application)
        from config import carrier_checks, checks, history, wiring  # noqa: F401
        from config.grants import grant_application_role
        from config.triggers import ask_without_savepoint
        from config.walls import put_up_walls

        history.install()
        wiring.connect()
        post_migrate.connect(grant_application_role, dispatch_uid="config.grant_application_role")
        clinic = apps.get_app_config("clinic")  # once: whoever sends, every table is there by then
        post_migrate.connect(put_up_walls, sender=clinic, dispatch_uid="config.put_up_walls")
        post_migrate.connect(
            ask_without_savepoint, sender=clinic, dispatch_uid="config.ask_without_savepoint"
        )
