"""Every container of the compose file is shut in, looked after, and told what it needs and no more."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.environment import FILE, KNOWN, OTHERS, SECRETS, Environment
from config.management.commands.seen import Command as Seen
from tests.deploy import compose
from tests.servers import SOURCE

FOUND = compose.read()
SERVICES = FOUND["services"]
OURS = compose.application(FOUND)
ONCE = ("migrate", "backup")
"""They do their work and end."""
each_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_of_ours = pytest.mark.parametrize("name", sorted(OURS))


def names_of(service: dict[str, Any], part: str) -> set[str]:
    return {each["source"] for each in service.get(part, [])}


def test_the_processes_are_those_of_the_reference() -> None:
    assert set(OURS) == {"web", "worker", "beat", "dispatcher", *ONCE}
    assert set(SERVICES) - set(OURS) == {"proxy", "database", "broker", "cache"}


def test_compose_refuses_what_is_not_in_its_schema(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(compose.FILE.read_text().replace("read_only: true", "readonly: true"))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        compose.read(file=wrong)
    assert re.search(r"services\.\w+\.readonly", refused.value.stderr)


def test_compose_asks_for_the_name_of_the_site() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        compose.read(SITE_HOST="")
    assert "SITE_HOST" in refused.value.stderr


@each_service
def test_a_container_can_change_nothing_and_become_nobody(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert not service.get("cap_add")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "neither root nor a name that may mean it"
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & set(service)
    for tmpfs in service["tmpfs"]:
        assert "size=" in tmpfs or tmpfs.startswith("/var/run/postgresql:")


@each_service
def test_a_container_is_looked_after(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"]["max-size"]
    if name in ONCE:
        assert service["restart"].partition(":")[0] in ("on-failure", "no")
        assert service["healthcheck"] == {"disable": True}, "it ends; those that wait for it wait for that"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


@each_service
def test_an_image_has_a_version(name: str) -> None:
    assert re.fullmatch(r"[a-z-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", SERVICES[name]["image"])


@each_service
def test_only_the_proxy_is_reached_from_outside(name: str) -> None:
    service = SERVICES[name]
    assert bool(service.get("ports")) == (name == "proxy")
    assert ("inside" in service["networks"]) == (name != "proxy")
    if name in ("database", "broker", "cache", "beat", *ONCE):
        assert set(service["networks"]) == {"inside"}
    assert FOUND["networks"]["inside"]["internal"] is True


@each_of_ours
def test_a_process_is_told_what_it_reads_and_secrets_by_file(name: str) -> None:
    environment = OURS[name]["environment"]
    given = {variable for variable, value in environment.items() if value}
    assert Environment(environment).unknown() == {}
    assert {
        variable.removesuffix(FILE) if variable not in OTHERS else variable for variable in given
    } <= KNOWN
    assert not given & SECRETS - {"MONITOR_URL"}, "a secret in the environment is in every listing of it"
    files = {
        value for variable, value in environment.items() if variable.removesuffix(FILE) in SECRETS and value
    }
    assert files == {f"/run/secrets/{secret}" for secret in names_of(OURS[name], "secrets")}


def test_the_owner_of_the_tables_is_known_to_those_who_need_every_row() -> None:
    knowing = {
        name for name, service in SERVICES.items() if "database_owner_url" in names_of(service, "secrets")
    }
    assert knowing == {*ONCE, "database"}
    knowing = {
        name for name, service in SERVICES.items() if "postgres_password" in names_of(service, "secrets")
    }
    assert knowing == {"database"}


@each_of_ours
def test_no_process_starts_before_the_tables_are_there(name: str) -> None:
    waits = {on: how["condition"] for on, how in OURS[name]["depends_on"].items()}
    assert waits["database"] == "service_healthy"
    assert name in ONCE or waits["migrate"] == "service_completed_successfully"


@pytest.mark.parametrize("name", ["worker", "beat", "dispatcher"])
def test_the_health_of_a_process_is_the_sign_of_life_of_its_work(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][1:] == ["python", "manage.py", "seen", name]
    parsed = Seen().create_parser("manage.py", "seen").parse_args([name])
    assert parsed.name == name


def test_paper_lists_are_written_by_those_who_work_and_read_by_the_web() -> None:
    folder = SERVICES["web"]["environment"]["PAPER_LIST_DIR"]
    mounted = {
        name: {each["target"]: each.get("read_only", False) for each in service.get("volumes", [])}
        for name, service in OURS.items()
    }
    assert [mounted[name][folder] for name in ("web", "worker", "dispatcher")] == [True, False, False]


def test_what_is_kept_is_on_volumes_with_names() -> None:
    kept = {
        (name, each["source"])
        for name, service in SERVICES.items()
        for each in service.get("volumes", [])
        if each["type"] == "volume"
    }
    assert {source for _, source in kept} == set(FOUND["volumes"])
    assert {("database", "database"), ("broker", "broker"), ("proxy", "proxy")} <= kept


@pytest.mark.parametrize(
    ("overlay", "services", "secrets"),
    [
        ("mail.yml", {"web", "worker", "dispatcher"}, {"email_url"}),
        ("twilio.yml", {"web", "worker", "dispatcher"}, {"twilio_auth_token"}),
        ("own-certificate.yml", {"proxy"}, {"tls_certificate", "tls_key"}),
    ],
)
def test_an_overlay_adds_a_secret_and_takes_nothing_away(
    overlay: str, services: set[str], secrets: set[str]
) -> None:
    laid = compose.read(overlay, TWILIO_ACCOUNT_SID="AC1")["services"]
    for name, service in laid.items():
        added = names_of(service, "secrets") - names_of(SERVICES[name], "secrets")
        assert added == (secrets if name in services else set())
        assert names_of(service, "secrets") >= names_of(SERVICES[name], "secrets")
        environment = service.get("environment") or {}
        assert environment.items() >= (SERVICES[name].get("environment") or {}).items()
        if name in OURS:
            assert {name.removesuffix(FILE) for name in environment} - OTHERS <= KNOWN | {"AUDIT_ANCHOR"}


def test_every_variable_of_the_example_is_used() -> None:
    example = (SOURCE / "deploy/env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    used = set(re.findall(r"\$\{([A-Z_]+)", compose.FILE.read_text()))
    assert used - named == {"REFILLWISE_VERSION", "REVISION"}
    assert named <= used
