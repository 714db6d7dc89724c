#!/usr/bin/env python
"""Command line of Refillwise: `python manage.py help` lists the commands."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] in (["demo"], ["run"]):  # each with a folder of its own
        os.environ.setdefault("REFILLWISE_VAR", str(Path(__file__).resolve().parent / "var" / sys.argv[1]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
