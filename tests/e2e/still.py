"""The application at an hour that does not pass, for pictures: `gunicorn tests.e2e.still:application`."""

import os
from datetime import datetime
from typing import Any

from django.utils import timezone


def _still() -> Any:
    return datetime.fromisoformat(os.environ["STILL_AT"])


timezone.now = _still  # before anything is imported that keeps it as a default

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
