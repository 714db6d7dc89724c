"""The page of `manage.py`'s commands: what each says of itself, and what it can be told."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.utils import translation

from tests.drawn.tables import code, table

OURS = ("clinic", "config", "notifications", "scheduling", "web")
_HEAD = """# Commands

What `manage.py` can do besides Django's own commands. This page is written from the commands themselves by `python -m
tests.drawn`, which `make fix` runs; a test holds it to them. Options that every command of Django has (`--verbosity`,
`--settings` and so on) are left out; `manage.py COMMAND --help` lists them too. In containers: `docker compose exec web python manage.py COMMAND`.

How they are used: [first clinic](../how-to/set-up-a-clinic.md), [import](../how-to/import-a-register.md),
[backup and restore](../how-to/back-up-and-restore.md), [paper lists](../how-to/work-with-the-system-down.md),
[sign-in](../how-to/sign-in.md), [texts of nobody](../how-to/send-messages.md), [the audit](audit.md), [the forecast
file](forecast-file.md).

"""


def commands() -> str:
    """The whole page."""
    found = sorted(name for name, app in get_commands().items() if _is_ours(app))
    with translation.override("en"):
        return _HEAD + "\n".join(_section(name) for name in found)


def _is_ours(app: str | BaseCommand) -> bool:
    return isinstance(app, str) and app.split(".")[0] in OURS


def _section(name: str) -> str:
    command = load_command_class(str(get_commands()[name]), name)
    is_djangos = type(command).__mro__[1] is not BaseCommand
    said = f"Django's own. {_about_module(command)}" if is_djangos else command.help
    text = f"## {name}\n\n{said}\n"
    options = list(_options(name, command))
    return text + ("\n" + table(["Option", "Meaning"], options) if options else "")


def _about_module(command: BaseCommand) -> str:
    return (sys.modules[type(command).__module__].__doc__ or "").strip()


def _options(name: str, command: BaseCommand) -> Iterator[tuple[str, str]]:
    """Those that the command adds to what the class it is made from has."""
    inherited = {action.dest for action in _actions(name, type(command).__mro__[1]())}
    for action in _actions(name, command):
        if action.dest not in inherited:
            yield code(_written(action)), _meaning(action)


def _actions(name: str, command: BaseCommand) -> list[argparse.Action]:
    return command.create_parser("manage.py", name)._actions


def _written(action: argparse.Action) -> str:
    value = ""
    if action.nargs != 0:
        value = "|".join(map(str, action.choices)) if action.choices else str(action.metavar or action.dest)
        value = value if action.choices or action.metavar else value.upper()
    return " ".join(part for part in (", ".join(action.option_strings), value) if part)


def _meaning(action: argparse.Action) -> str:
    said = [action.help or ""]
    if action.required and action.option_strings:
        said.append("required")
    if action.dest == "port":
        said.append("`PORT`, or 8000 without it")
    elif action.default and action.default != argparse.SUPPRESS and "default:" not in (action.help or ""):
        said.append(f"{action.default} without it")
    return "; ".join(part for part in said if part)
