"""gunicorn's own log lines, without query strings and without the tokens of patients' links."""

from __future__ import annotations

from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from config.logs import NoPersonalData, without_secrets

_WITH_ADDRESSES = ("U", "r", "f")
"""gunicorn's names for the path, the request line and the referrer; the query is ``q``."""


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger; what it says of a request, or of an error in one, names no link."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                handler.addFilter(NoPersonalData())

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The parts of an access line."""
        found: dict[str, Any] = super().atoms(*args, **kwargs)
        without = {name: without_secrets(str(found[name])) for name in _WITH_ADDRESSES if found.get(name)}
        return found | without | {"q": ""}
