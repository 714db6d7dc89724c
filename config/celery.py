"""The Celery application; its settings are the CELERY_* of settings.py."""

import logging
import os
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_ready,
)

from web.request_ids import request_id, working_for

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


_REQUEST_ID = "request_id"
"""The header of a task that says by which request it was asked for."""


@before_task_publish.connect
def name_the_request(headers: Any = None, **_: Any) -> None:
    if headers is not None and (name := request_id()):
        headers[_REQUEST_ID] = name


@task_prerun.connect
def log_for_the_request(task: Any, task_id: str = "", **_: Any) -> None:
    """What a task logs names it, and the request that it was asked for by."""
    told = task.request.get(_REQUEST_ID) or (task.request.headers or {}).get(_REQUEST_ID)
    task.request.at_work = working_for(request=told or "", task=task_id)
    task.request.at_work.__enter__()


@task_postrun.connect
def log_for_nobody(task: Any, **_: Any) -> None:
    task.request.at_work.__exit__(None, None, None)


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
