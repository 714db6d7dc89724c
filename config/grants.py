"""What the application's role may do with the tables that the owner makes.

The role reads and writes rows and nothing else: no DDL, no TRUNCATE, no ownership. History tables and their contexts
(django-pghistory), the log of who saw whom and the seals over them are append-only for it, so no code path of the
application can rewrite the audit trail.
"""

from typing import Any

import pghistory.models
from django.apps import AppConfig, apps
from django.db import connections
from django.db.models import Model
from psycopg import sql

_ROWS = sql.SQL("SELECT, INSERT, UPDATE, DELETE")
_APPEND = sql.SQL("SELECT, INSERT")


def grant_application_role(*, sender: AppConfig, using: str, **_: Any) -> None:
    """Grants the tables of one migrated app to the application's role; runs after each migration as owner."""
    if using != "owner":
        return
    connection = connections[using]
    role = sql.Identifier(application_role())
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table, privileges in _privileges(sender).items():
            if table not in existing:
                continue
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(name, role))
            cursor.execute(sql.SQL("GRANT {} ON TABLE {} TO {}").format(privileges, name, role))
        cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
        if "django_migrations" in existing:
            # Read-only: the application's role can tell whether migrations are missing, not pretend they ran.
            cursor.execute(sql.SQL("GRANT SELECT ON TABLE django_migrations TO {}").format(role))


def application_role() -> str:
    """The name of the role behind the `default` alias."""
    connection = connections["default"]
    return str(connection.get_connection_params()["user"])


def _privileges(app: AppConfig) -> dict[str, sql.SQL]:
    models = apps.get_app_config(app.label).get_models(include_auto_created=True)
    return {
        model._meta.db_table: _privileges_of(model)
        for model in models
        if model._meta.managed and not model._meta.proxy
    }


def _privileges_of(model: type[Model]) -> sql.SQL:
    return _APPEND if is_append_only(model) else _ROWS


def is_append_only(model: type[Model]) -> bool:
    """Whether the table is part of the audit trail: its rows are added and read."""
    is_history = issubclass(model, pghistory.models.Event | pghistory.models.Context)
    return is_history or getattr(model, "is_append_only", False)
