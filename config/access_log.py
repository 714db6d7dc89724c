"""gunicorn's own log lines in our form, without query strings and without the tokens of patients' links."""

from __future__ import annotations

from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from config.logs import NoPersonalData, formatter, without_secrets
from config.place import LOG_FORMAT
from web.request_ids import HEADER, working_for

_WITH_ADDRESSES = ("U", "r", "f")
"""gunicorn's names for the path, the request line and the referrer; the query is ``q``."""


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger; what it says of a request, or of an error in one, names no link."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                handler.addFilter(NoPersonalData())
                handler.setFormatter(formatter(LOG_FORMAT))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """The line of an answer, which names its request."""
        told = dict(getattr(resp, "headers", ()))
        with working_for(request=told.get(HEADER, "")):
            super().access(resp, req, environ, request_time)

    def atoms(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The parts of an access line."""
        found: dict[str, Any] = super().atoms(*args, **kwargs)
        without = {name: without_secrets(str(found[name])) for name in _WITH_ADDRESSES if found.get(name)}
        return found | without | {"q": ""}
