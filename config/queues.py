"""Settings of the broker, of the cache and of Celery. All from the environment; see docs/reference/settings.md."""

from config.environment import env
from config.place import installation
from config.schedule import beat_schedule

REDIS_URL = env.address(
    "REDIS_URL", "redis", "rediss", default=installation.broker_url if installation else ""
)
CACHE_URL = env.address("CACHE_URL", "redis", "rediss")
CACHES = {
    "default": {"BACKEND": "config.cache.CacheThatMayGo", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL
# Only acks_late with reject_on_worker_lost gets a task back from a killed process; every task is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT, CELERY_TASK_SOFT_TIME_LIMIT = 300, 240
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER, CELERY_ACCEPT_CONTENT = "json", ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD, CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500, 300_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = 25, True
CELERY_WORKER_ETA_TASK_LIMIT = 100
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("BROKER_VISIBILITY_TIMEOUT", default=900),
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TIMEZONE, CELERY_ENABLE_UTC = "UTC", True
MESSAGE_TICK_SECONDS = env.float("MESSAGE_TICK_SECONDS", default=30.0)
CELERY_BEAT_SCHEDULE = beat_schedule(
    {
        "scheduling.tick": env.float("SWEEP_TICK_SECONDS", default=600.0),
        "notifications.watch": env.float("SWEEP_TICK_SECONDS", default=600.0),
        "notifications.tick": MESSAGE_TICK_SECONDS,
        "clinic.seal": env.float("AUDIT_SEAL_SECONDS", default=300.0),
    }
)
