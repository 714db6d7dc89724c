"""`manage.py run_dispatcher` as a module, for whoever starts processes by module: sweeps each second."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", "run_dispatcher", *sys.argv[1:]])
