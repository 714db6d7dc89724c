"""For those who run the system: is it alive, is it ready, and its figures. No person appears in any of them."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from clinic.being_restored import BeingRestoredError
from clinic.scope import across_clinics
from notifications.selectors.operation import DISPATCHER
from scheduling.selectors.lapse import lapsed_counts
from scheduling.selectors.operation import last_seen, last_sweeps
from scheduling.selectors.paper_lists import clinics_without_fresh_list
from scheduling.selectors.sweeps import late_sweep
from scheduling.services.heartbeats import BEAT, WORKER
from web.dispatching import what_is_wrong_with_dispatch
from web.figures import BROKER_SECONDS, Figures
from web.request_figures import register_requests
from web.waiting import what_waits_too_long

LONGEST_SILENCE = timedelta(minutes=3)  # signs of life come each minute


class NotReadyError(Exception):
    """One part cannot do its work; the text says which and since when."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else: a broken database is no reason to kill the web process."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
@across_clinics("whether every clinic's work is done")
def readyz(request: HttpRequest) -> JsonResponse:
    """Every part can do its work, or 503 with the reason beside each part that cannot.

    A lapse, a paper list that is old, messages that wait, or a matter that nobody took, is told and does not take the process out of rotation: those who must
    act on it work through it.
    """
    now = timezone.now()
    parts: dict[str, Callable[[datetime], None]] = {
        "database": check_database,
        **_processes(),
        "sweep": check_sweeps,
    }
    results = {name: _result(check, now) for name, check in parts.items()}
    is_ready = all(result == "ok" for result in results.values())
    results["lapse"] = _result(check_lapses, now)
    results["paper_list"] = _result(check_paper_lists, now)
    results["dispatch"] = _result(check_dispatch, now)
    results["escalations"] = _result(check_escalations, now)
    return JsonResponse(
        {"status": "ready" if is_ready else "not ready", "checks": results}, status=200 if is_ready else 503
    )


def _processes() -> dict[str, Callable[[datetime], None]]:
    """Those that do the work: Celery's, or with no broker in the settings the dispatcher, which needs none."""
    if not settings.REDIS_URL:
        return {"dispatcher": lambda now: check_seen(DISPATCHER, now)}
    return {
        "broker": check_broker,
        "worker": lambda now: check_seen(WORKER, now),
        "beat": lambda now: check_seen(BEAT, now),
    }


def _result(check: Callable[[datetime], None], now: datetime) -> str:
    try:
        check(now)
    except NotReadyError as error:
        return str(error)
    except DatabaseError:
        return "cannot be asked: no answer from the database"
    return "ok"


def check_database(now: datetime) -> None:
    """The database answers a statement of the application's role."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except BeingRestoredError as error:
        raise NotReadyError(str(error)) from error
    except DatabaseError as error:
        raise NotReadyError("no answer") from error


def check_broker(now: datetime) -> None:
    """The broker answers within two seconds; a frozen one counts as gone."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise NotReadyError("no answer") from error


def check_seen(name: str, now: datetime) -> None:
    """The process of this name wrote its sign of life in the last minutes."""
    seen_at = last_seen(name=name)
    if seen_at is None:
        raise NotReadyError("never seen")
    if now - seen_at > LONGEST_SILENCE:
        raise NotReadyError(f"not seen since {seen_at.isoformat(timespec='seconds')}")


def check_sweeps(now: datetime) -> None:
    """The last nightly check of every clinic finished in its night."""
    late = [sweep for each in last_sweeps() if (sweep := late_sweep(clinic_id=each.clinic_id, now=now))]
    if late:
        oldest = min(sweep.business_date for sweep in late)
        raise NotReadyError(f"not finished for {len(late)} clinic(s), the oldest of {oldest.isoformat()}")


def check_lapses(now: datetime) -> None:
    """No pump in place is without a visit, a person or a review. Figures only."""
    lapsed = [number for number in lapsed_counts(now).values() if number]
    if lapsed:
        raise NotReadyError(f"nobody watches {sum(lapsed)} implant(s) of {len(lapsed)} clinic(s)")


def check_dispatch(now: datetime) -> None:
    """Messages leave, and the last hourly comparison of every clinic found nothing out of place."""
    if wrong := what_is_wrong_with_dispatch(now):
        raise NotReadyError(wrong)


def check_paper_lists(now: datetime) -> None:
    """Every clinic has a list to work from that is younger than twenty-six hours."""
    if clinics := clinics_without_fresh_list(now=now):
        raise NotReadyError(f"older than 26 hours for {clinics} clinic(s)")


def check_escalations(now: datetime) -> None:
    """Matters are passed on, and somebody takes them. Figures only."""
    if words := what_waits_too_long(now):
        raise NotReadyError(words)


@require_safe
@never_cache
@across_clinics("figures of the whole installation")
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: with the token of METRICS_TOKEN or, without one, to this machine only."""
    if not _may_read_metrics(request):
        return HttpResponse("Needs the token of METRICS_TOKEN.\n", status=403, content_type="text/plain")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(now=timezone.now()))
    register_requests(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy on this machine also comes from here; it says for whom, and that is then not us.
    came_through_proxy = {"X-Forwarded-For", "Forwarded"} & set(request.headers)
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not came_through_proxy
