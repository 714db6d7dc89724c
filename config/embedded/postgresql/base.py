"""Django's PostgreSQL back end, with the server of this installation behind it.

The server is started when the first connection is opened, never before: a command that reads no row starts
nothing.
"""

from typing import Any

from django.conf import settings

from config.embedded import servers
from config.embedded.installation import HOST, Installation
from config.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Finds host, port and password in the installation's folder."""

    def get_connection_params(self) -> dict[str, Any]:
        installation = Installation.load_or_create(settings.VAR_DIR)
        own = {
            "HOST": HOST,
            "PORT": str(installation.postgres_port),
            "PASSWORD": installation.password_of(self.settings_dict["USER"]),
        }
        self.settings_dict.update(own)
        params: dict[str, Any] = super().get_connection_params()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        servers.ensure_running(settings.VAR_DIR)
        return super().get_new_connection(self.get_connection_params())
