from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _seed_catalogue(*, using: str, **_: Any) -> None:
    if using == "owner":
        from clinic.services.catalogue import seed_catalogue

        seed_catalogue(using=using)


class ClinicConfig(AppConfig):
    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # After every migration and after a flush, so that an installation is never without its catalogue.
        post_migrate.connect(_seed_catalogue, sender=self, dispatch_uid="clinic.seed_catalogue")
