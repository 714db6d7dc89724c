"""Which database role does what: everybody works as the application, only the owner changes tables."""

from typing import Any

from django.db.models import Model


class OwnerMigrates:
    """Reads and writes go through `default` (the application's role); migrations through `owner`.

    Both aliases lead to the same database, so relations between their objects are always allowed.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"


class NobodyMigrates(OwnerMigrates):
    """For commands that look at models only: with nobody to migrate, no server is asked anything."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return False
