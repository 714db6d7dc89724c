"""The Celery application; its settings are the CELERY_* of settings.py."""

import logging
import os
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import beat_init, before_task_publish, setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("refillwise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger(__name__)


@setup_logging.connect
def log_as_django_does(**_: Any) -> None:
    """Celery would set up its own loggers, which print task arguments; ours are set up by Django."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_ready.connect
def catch_up(**_: Any) -> None:
    """A worker that comes up asks at once what is due, instead of waiting for beat's next tick."""
    for name in app.conf.beat_schedule:
        app.send_task(name)


@beat_init.connect
def show_that_beat_runs(sender: Any, **_: Any) -> None:
    """Beat leaves a sign of life when it starts and with each tick that it sends.

    The worker's own sign is written by the task `scheduling.heartbeat`, so the two can be told apart.
    """
    _sign_of_beat()
    before_task_publish.connect(_sign_of_beat, weak=False)


def _sign_of_beat(**_: Any) -> None:
    from django.db import Error, close_old_connections

    from scheduling.services.heartbeats import BEAT, record_heartbeat

    close_old_connections()
    try:
        record_heartbeat(name=BEAT, now=datetime.now(UTC))
    except Error:  # ticks go on: what is due is decided by the task, which has its own connection
        logger.exception("beat's sign of life could not be written")
