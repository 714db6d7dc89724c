"""Those who run the system learn whether it is alive and ready, and why not."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from clinic.domain.entries import ClinicEntry
from clinic.scope import across_clinics
from clinic.services.accounts import found_clinic
from clinic.services.sealing import seal_everything
from config.embedded.installation import free_ports
from notifications.selectors.operation import DISPATCHER
from scheduling.models import Forecast
from scheduling.services.heartbeats import BEAT, WORKER, record_heartbeat
from tests import broker
from tests.factories import make_clinic, make_running_pump
from tests.frame import late_dispatch
from tests.message_rows import make_due_messages


@pytest.fixture
def healthy(db: None, broker_address: str, settings: Settings) -> None:
    settings.REDIS_URL = "" if broker.IS_OFF else broker_address
    for name in (WORKER, BEAT, DISPATCHER):
        record_heartbeat(name=name, now=datetime.now(UTC))


def ask(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["checks"]


def test_alive_without_asking_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.broker("asks it whether it answers")
def test_ready_when_every_part_is(client: Client, healthy: None) -> None:
    status, checks = ask(client)
    assert status == 200
    assert set(checks.values()) == {"ok"}
    assert list(checks) == [
        "database",
        "broker",
        "worker",
        "beat",
        "sweep",
        "lapse",
        "paper_list",
        "dispatch",
        "escalations",
    ]


def test_messages_that_wait_are_told_and_shown_to_nurses(client: Client, healthy: None) -> None:
    now = datetime.now(UTC)
    house = make_clinic(now=now)
    make_due_messages(house.clinic, number=2, actor_id=house.nurse.id, now=now)
    status, checks = ask(client)
    assert status == 200, "whoever must call works through this process"
    assert checks["dispatch"].startswith("messages wait since ")
    assert late_dispatch(clinic_id=house.clinic.id, now=now).number == 2
    assert late_dispatch(clinic_id=house.elsewhere.id, now=now) is None
    client.force_login(house.nurse)
    address = f"/c/{house.clinic.slug}/messages/"
    page = client.get(address).content.decode()
    assert "2 messages should have left and wait." in page
    assert f'href="{address}?group=planned">See the planned messages' in page


def test_ready_without_any_broker_while_the_dispatcher_is_seen(
    client: Client, healthy: None, settings: Settings
) -> None:
    settings.REDIS_URL = ""
    status, checks = ask(client)
    assert (status, list(checks)[:3]) == (200, ["database", "dispatcher", "sweep"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_heartbeat SET seen_at = seen_at - interval '4 minutes'")
    status, checks = ask(client)
    assert status == 503
    assert checks["dispatcher"].startswith("not seen since ")


def test_not_ready_before_the_first_sign_of_life(client: Client, db: None) -> None:
    status, checks = ask(client)
    assert status == 503
    assert (checks["worker"], checks["beat"]) == ("never seen", "never seen")


@pytest.mark.broker("its users' signs of life are asked for where there is one")
@pytest.mark.parametrize("name", [WORKER, BEAT])
def test_not_ready_when_a_process_is_silent(client: Client, healthy: None, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scheduling_heartbeat SET seen_at = seen_at - interval '4 minutes' WHERE name = %s", [name]
        )
    status, checks = ask(client)
    assert status == 503
    assert checks.pop(name).startswith("not seen since ")
    assert set(checks.values()) == {"ok"}


def test_not_ready_without_a_broker(client: Client, healthy: None, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    status, checks = ask(client)
    assert (status, checks["broker"]) == (503, "no answer")


def test_not_ready_when_a_clinic_was_not_swept(client: Client, healthy: None) -> None:
    found_clinic(
        entry=ClinicEntry(name="North", time_zone="Europe/Madrid"),
        admin_email="admin@example.org",
        admin_password="correct horse battery",
        admin_name="Ada",
        now=datetime.now(UTC) - timedelta(days=3),
    )
    status, checks = ask(client)
    assert status == 503
    assert checks["sweep"].startswith("not finished for 1 clinic(s)")


def test_an_older_sign_of_life_never_replaces_a_newer_one(healthy: None, client: Client) -> None:
    record_heartbeat(name=WORKER, now=datetime.now(UTC) - timedelta(hours=1))
    assert ask(client)[0] == 200


def test_a_lapse_is_told_without_taking_the_process_out_of_rotation(client: Client, healthy: None) -> None:
    house = make_clinic()
    implants = [make_running_pump(house) for _ in range(3)]
    assert ask(client)[1]["lapse"] == "ok"
    Forecast.objects.filter(implant__in=implants[:2]).delete()
    status, checks = ask(client)
    assert (status, checks["lapse"]) == (200, "nobody watches 2 implant(s) of 1 clinic(s)")
    figures = client.get("/metrics").content.decode()
    assert f'refillwise_lapsed_implants{{clinic="{house.clinic.id}"}} 2.0' in figures
    assert f'refillwise_lapsed_implants{{clinic="{house.elsewhere.id}"}} 0.0' in figures


def test_an_old_paper_list_is_told_without_taking_the_process_out_of_rotation(
    client: Client, healthy: None
) -> None:
    make_clinic(now=datetime.now(UTC) - timedelta(hours=27))
    _, checks = ask(client)
    assert checks["paper_list"] == "older than 26 hours for 2 clinic(s)"
    assert "refillwise_clinics_without_paper_list 2.0" in client.get("/metrics").content.decode()


@pytest.fixture
def figures(healthy: None, client: Client) -> str:
    return client.get("/metrics").content.decode()


def test_the_figures_take_the_same_number_of_queries_for_any_number_of_clinics(
    client: Client, healthy: None
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            house = make_clinic()
            make_running_pump(house)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/metrics").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 42


def value(figures: str, name: str, **labels: str) -> float:
    (found,) = (
        sample.value
        for family in text_string_to_metric_families(figures)
        for sample in family.samples
        if sample.name == name and sample.labels.items() >= labels.items()
    )
    return found


def test_which_program_runs_is_told(figures: str, settings: Settings) -> None:
    assert value(figures, "refillwise_build_info", version=settings.VERSION, revision="unknown") == 1.0


@pytest.mark.broker("asks it what waits")
def test_what_waits_in_the_broker_is_told_and_that_it_is_away(
    client: Client, healthy: None, settings: Settings
) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker_client:
        broker_client.delete("celery")
        broker_client.rpush("celery", "one", "two")
        figures = client.get("/metrics").content.decode()
        broker_client.delete("celery")
    assert value(figures, "refillwise_broker_up") == 1.0
    assert value(figures, "refillwise_broker_queue_depth", state="waiting") == 2.0
    settings.REDIS_URL = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    figures = client.get("/metrics").content.decode()
    assert value(figures, "refillwise_broker_up") == 0.0
    assert "refillwise_broker_queue_depth{" not in figures


def test_a_view_that_no_seal_covers_is_told_until_one_does(client: Client, healthy: None) -> None:
    house = make_clinic()
    assert value(client.get("/metrics").content.decode(), "refillwise_unsealed_seconds") == 0.0
    client.force_login(house.nurse)
    implant = make_running_pump(house)
    assert client.get(f"/c/{house.clinic.slug}/patients/{implant.patient.ref}/").status_code == 200
    assert value(client.get("/metrics").content.decode(), "refillwise_unsealed_seconds") > 0.0
    with across_clinics("a test"):
        seal_everything(now=datetime.now(UTC))
    figures = client.get("/metrics").content.decode()
    assert value(figures, "refillwise_unsealed_seconds") == 0.0
    assert 0.0 < value(figures, "refillwise_seal_age_seconds") < 60.0


def test_the_oldest_newest_paper_list_is_told(client: Client, healthy: None) -> None:
    make_clinic(now=datetime.now(UTC) - timedelta(hours=27))
    age = value(client.get("/metrics").content.decode(), "refillwise_paper_list_age_seconds")
    assert age == pytest.approx(27 * 3600, abs=60)


def test_requests_are_counted_by_route_and_never_by_address(client: Client, healthy: None) -> None:
    def counted(**labels: str) -> float:
        text = client.get("/metrics").content.decode()
        assert "Canary" not in text
        families = text_string_to_metric_families(text)
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "refillwise_http_requests_total" and sample.labels == labels
        )

    places = {
        ("/healthz", "GET"): {"route": "healthz", "method": "GET", "status": "200"},
        ("/l/CanaryCanary/?q=Canary", "GET"): {
            "route": resolve("/l/Canary/").view_name,
            "method": "GET",
            "status": "404",
        },
        ("/Canary/", "CANARY"): {"route": "none", "method": "OTHER", "status": "404"},
    }
    for (path, method), labels in places.items():
        before = counted(**labels)
        client.generic(method, path)
        assert counted(**labels) == before + 1, labels


def test_figures_are_in_the_format_of_prometheus(figures: str) -> None:
    assert 'refillwise_process_silence_seconds{process="worker"}' in figures
    assert "# TYPE refillwise_implants gauge" in figures


@pytest.mark.parametrize("name", [WORKER, BEAT, DISPATCHER])
def test_the_health_of_a_container_is_its_sign_of_life(healthy: None, name: str) -> None:
    call_command("seen", name)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scheduling_heartbeat SET seen_at = seen_at - interval '4 minutes' WHERE name = %s", [name]
        )
    with pytest.raises(CommandError, match=f"^{name}: not seen since "):
        call_command("seen", name)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "headers", "address", "expected"),
    [
        ("", {}, "127.0.0.1", 200),
        ("", {}, "10.0.0.7", 403),
        ("", {"X-Forwarded-For": "10.0.0.7"}, "127.0.0.1", 403),
        ("secret", {}, "127.0.0.1", 403),
        ("secret", {"Authorization": "Bearer wrong"}, "127.0.0.1", 403),
        ("secret", {"Authorization": "Bearer secret"}, "10.0.0.7", 200),
    ],
)
def test_figures_are_for_this_machine_or_for_who_has_the_token(
    client: Client,
    settings: Settings,
    token: str,
    headers: dict[str, str],
    address: str,
    expected: int,
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == expected


@pytest.mark.django_db
def test_the_admin_is_entered_by_the_common_door(client: Client) -> None:
    answer = client.get("/admin/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
