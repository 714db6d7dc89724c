"""`makemigrations` from the models alone: it starts no server and asks none."""

from typing import Any

from django.core.management.commands import makemigrations
from django.db import router

from config.routers import NobodyMigrates


class Command(makemigrations.Command):
    def handle(self, *app_labels: str, **options: Any) -> str | None:
        routers = router.routers
        router.routers = [NobodyMigrates()]
        try:
            return super().handle(*app_labels, **options)
        finally:
            router.routers = routers
