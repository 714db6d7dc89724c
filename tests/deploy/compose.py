"""The compose file as Compose itself reads it: checked by its schema, merged, with every variable put in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import SOURCE

FILE = SOURCE / "docker-compose.yml"
_PROGRAM = Path(sys.executable).parent / "docker-compose"


def read(*overlays: str, file: Path = FILE, **variables: str) -> dict[str, Any]:
    """The file with overlays from `deploy/`. Raises CalledProcessError with what Compose says in `stderr`."""
    files = [str(file), *(str(SOURCE / "deploy" / name) for name in overlays)]
    command = [str(_PROGRAM), f"--project-directory={SOURCE}", f"--env-file={SOURCE / 'deploy/env.example'}"]
    done = subprocess.run(
        [
            *command,
            *(word for name in files for word in ("-f", name)),
            "--profile",
            "*",
            "config",
            "--format",
            "json",
        ],
        env={"PATH": os.environ.get("PATH", ""), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def application(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The services that run our program."""
    return {
        name: service
        for name, service in found["services"].items()
        if service.get("image", "").startswith("refillwise:")
    }
