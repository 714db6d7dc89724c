"""The drawn pages by their file names, each the text of a whole page: the same for the same code, wherever it is asked."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.drawn.cases import cases
from tests.drawn.commands import commands
from tests.drawn.states import states
from tests.servers import SOURCE

FOLDER: Path = SOURCE / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {"cases.md": cases, "commands.md": commands, "states.md": states}
