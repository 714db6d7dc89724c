"""The image holds what the program needs, is built from what is pinned, and runs as nobody in particular."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests.servers import SOURCE

DOCKERFILE = SOURCE / "Dockerfile"
STEPS = re.sub(
    r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
).splitlines()


def steps(instruction: str) -> list[str]:
    return [line.split(" ", 1)[1] for line in STEPS if line.startswith(f"{instruction} ")]


def stage(name: str) -> list[str]:
    begin = next(
        at for at, line in enumerate(STEPS) if line.startswith("FROM ") and line.endswith(f" AS {name}")
    )
    end = next((at for at, line in enumerate(STEPS) if at > begin and line.startswith("FROM ")), len(STEPS))
    return STEPS[begin:end]


def test_hadolint_has_nothing_to_say() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("base", sorted(set(steps("FROM"))))
def test_every_base_has_a_version(base: str) -> None:
    assert re.match(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+ AS [a-z_]+$", base)


def test_python_is_one_that_the_program_is_made_for() -> None:
    wanted = SpecifierSet(
        tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    versions = re.findall(r"FROM python:([\d.]+)", DOCKERFILE.read_text())
    assert len(set(versions)) == 1
    assert versions[0] in wanted


def test_packages_are_those_of_the_lock_by_their_hashes() -> None:
    (install,) = (step for step in steps("RUN") if "pip install" in step)
    assert "--require-hashes" in install
    assert "-r requirements/base.txt" in install
    (browser,) = (step for step in steps("RUN") if "npm" in step)
    assert browser.startswith("npm ci --omit=dev --ignore-scripts")


@pytest.mark.parametrize(("name", "user"), [("app", "10001:10001"), ("proxy", "10002:10002")])
def test_a_stage_that_runs_runs_as_a_number_above_root(name: str, user: str) -> None:
    assert [line for line in stage(name) if line.startswith("USER ")] == [f"USER {user}"]


def test_what_is_copied_is_there_and_let_in() -> None:
    """The build sees nothing that .dockerignore does not let in: no tests, no data, no secrets, no history."""
    rules = [line for line in (SOURCE / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    copied = {
        source for step in steps("COPY") if not step.startswith("--from") for source in shlex.split(step)[:-1]
    }
    assert copied == set(allowed)
    assert all((SOURCE / path).exists() for path in copied)
    for kept_out in ("tests", "var", ".git", ".env", "deploy/secrets", "bench"):
        assert not any(fnmatch.fnmatch(kept_out, rule) or kept_out.startswith(f"{rule}/") for rule in allowed)


def test_every_package_of_the_program_is_in_the_image() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE.read_text(), re.MULTILINE))
    for catalogue in ("web/patient/locale/es", "web/patient/locale/fr"):
        assert (SOURCE / catalogue / "LC_MESSAGES/django.mo").exists(), "the words are compiled beforehand"


def test_no_secret_is_in_a_layer() -> None:
    named = re.findall(r"\b(\w*(?:SECRET|PASSWORD|TOKEN|KEY)\w*)=(\S+)", DOCKERFILE.read_text())
    assert named == [("SECRET_KEY", "for-this-step-only")]
    assert "for-this-step-only" not in " ".join(steps("ENV") + steps("ARG"))


def test_the_step_that_collects_files_works_without_a_server(tmp_path: Path) -> None:
    (step,) = (step for step in steps("RUN") if "collectstatic" in step)
    words = shlex.split(step.split(" && ")[0])
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    command = words[words.index("manage.py") :]
    environment = {"PATH": os.environ["PATH"], "STATIC_ROOT": str(tmp_path), **given}
    subprocess.run([sys.executable, *command], cwd=SOURCE, env=environment, check=True)
    for name in ("bootstrap/css/bootstrap.min.*.css", "fullcalendar/all/*.js", "staticfiles.json"):
        assert list(tmp_path.glob(name)), name
