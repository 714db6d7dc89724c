"""`make-secrets.sh` makes what the compose file wants, in files for the containers' group alone, and only once."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from config.environment import FILE, SECRETS, Environment
from tests.deploy import compose
from tests.servers import SOURCE

GROUP = 10001


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def make(folder: Path) -> str:
    done = subprocess.run(
        ["sh", "deploy/make-secrets.sh", str(folder)], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_every_secret_of_the_compose_file_is_made_and_read(folder: Path) -> None:
    make(folder)
    assert {file.name for file in folder.iterdir()} == set(compose.read()["secrets"])
    given = {
        f"{name}{FILE}": str(folder / name.lower()) for name in SECRETS if (folder / name.lower()).exists()
    }
    given |= {"REDIS_URL_FILE": str(folder / "broker_url")}
    env = Environment(given)
    application, owner = env.database("DATABASE_URL"), env.database("DATABASE_OWNER_URL")
    assert (application["USER"], owner["USER"]) == ("refillwise_app", "refillwise_owner")
    assert application["HOST"] in compose.read()["services"]
    for name in ("REDIS_URL", "CACHE_URL"):
        assert env.address(name, "redis")
    Fernet(env.list("SECOND_FACTOR_KEYS")[0])
    assert len(env.str("SECRET_KEY")) >= 50
    texts = [file.read_text() for file in folder.iterdir()]
    assert len(set(texts)) == len(texts)


def test_only_the_group_of_the_containers_reads_them(folder: Path) -> None:
    make(folder)
    for file in [folder, *folder.iterdir()]:
        found = file.stat()
        assert not found.st_mode & (stat.S_IROTH | stat.S_IWGRP), "nobody else, and not to write"
        if os.getuid() == 0 and file != folder:
            assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, GROUP, 0o440)


def test_what_is_there_stays(folder: Path) -> None:
    make(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "metrics_token").unlink()
    assert make(folder) == f"made {folder}/metrics_token\n"
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"metrics_token"}


def test_containers_that_read_secrets_belong_to_the_group() -> None:
    for name, service in compose.read("own-certificate.yml")["services"].items():
        if service.get("secrets"):
            in_group = service["user"].endswith(f":{GROUP}") or str(GROUP) in service.get("group_add", [])
            assert in_group, name
