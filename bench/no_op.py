"""A Celery task that does nothing, over the product's broker and with its settings: the floor of dispatch."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
QUEUE = "bench"

app = Celery("bench")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(task_default_queue=QUEUE, beat_schedule={}, worker_max_tasks_per_child=None)


@app.task(name="bench.nothing")
def nothing() -> None:
    """What Celery itself costs."""
