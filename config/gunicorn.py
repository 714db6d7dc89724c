"""gunicorn: `gunicorn --config python:config.gunicorn config.wsgi`. PORT, HOST and WEB_PROCESSES move it."""

import os
from typing import Any

from config import web_slots

web_slots.share_figures()  # before the application is loaded

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 8
keepalive = 5
preload_app = True  # one start-up for all workers, and a wrong setting stops the server at once
control_socket_disable = True  # one socket per account, which two installations would share
max_requests = 2000
max_requests_jitter = 200
limit_request_line = 4094
logger_class = "config.access_log.AccessLog"
# Without the query string, which may hold what somebody searched for; AccessLog takes the tokens of links out.
access_log_format = "%(m)s %(U)s %(s)s %(M)s ms"
accesslog = os.environ.get("ACCESS_LOG") or None


def pre_fork(server: Any, worker: Any) -> None:
    web_slots.take_slot(worker)


def post_fork(server: Any, worker: Any) -> None:
    web_slots.enter_slot(worker)


def child_exit(server: Any, worker: Any) -> None:
    web_slots.leave_slot(worker)


def on_exit(server: Any) -> None:
    web_slots.forget_figures()
