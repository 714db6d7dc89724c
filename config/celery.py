"""The Celery application; its settings are the CELERY_* of settings.py."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("refillwise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: object) -> None:
    """Celery would set up its own loggers, which print task arguments; ours are set up by Django."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)
