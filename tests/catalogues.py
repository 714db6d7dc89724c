"""The patient pages' words in other languages: what is to be translated, and the catalogues brought up to date.

`python -m tests.catalogues` adds what is new to each `.po` file (empty, for a translator), drops what is gone and
compiles the `.mo` files that the product reads. `make fix` does it too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parent.parent
FOLDER = SOURCE / "web" / "patient" / "locale"
LANGUAGES = ("es", "fr")
"""All but English, which the pages are written in."""
_FIXED = datetime(2026, 11, 27, tzinfo=UTC)
"""In place of the hour at which a file is made, so that the same words give the same bytes."""
_SHARED = (
    SOURCE / "notifications" / "domain" / "check_in" / "questions.py",
    SOURCE / "web" / "check_in_form.py",
    SOURCE / "notifications" / "selectors" / "patient_calendar.py",
)
"""Outside the patient pages, and read by patients."""
KEYWORDS = {"_": None, "_t": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None}


def wanted() -> dict[str, list[str]]:
    """Every text of the patient pages, with the files that it stands in."""
    found: dict[str, list[str]] = {}
    for path in [*sorted((SOURCE / "web" / "patient").rglob("*.py")), *_SHARED]:
        for _line, message, *_rest in extract("python", io.BytesIO(path.read_bytes()), KEYWORDS):
            found.setdefault(_only(message), []).append(_name(path))
    templates = SOURCE / "web" / "templates"
    for path in sorted([*(templates / "patient").rglob("*.html"), *(templates / "check_in").rglob("*.html")]):
        for message in _of_template(path):
            found.setdefault(message, []).append(_name(path))
    return {message: sorted(set(places)) for message, places in sorted(found.items())}


def read(language: str) -> Catalog:
    """The catalogue as its file has it; an empty one where there is none."""
    path = po_path(language)
    with io.BytesIO(path.read_bytes() if path.exists() else b"") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str) -> Catalog:
    """The catalogue with what the pages say now: old translations kept, new texts empty."""
    before = read(language)
    after = Catalog(
        locale=language,
        project="Refillwise",
        version="1",
        fuzzy=False,
        header_comment="# The patient pages. Formal address; no drug, device or illness is named.",
        creation_date=_FIXED,
        revision_date=_FIXED,
        msgid_bugs_address="",
        last_translator="Refillwise",
        language_team="Refillwise",
    )
    for message, places in wanted().items():
        known = before.get(message)
        after.add(message, known.string if known else "", locations=[(place, 0) for place in places])
    return after


def as_mo(catalogue: Catalog) -> bytes:
    """The catalogue compiled."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue as a translator edits it."""
    file = io.BytesIO()
    write_po(file, catalogue, width=110, include_lineno=False, sort_output=True)
    return file.getvalue()


def po_path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "django.po"


def _of_template(path: Path) -> Iterator[str]:
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    template: Any = engines["django"].from_string(path.read_text())
    for node in template.template.nodelist.get_nodes_by_type(TranslateNode):
        yield str(node.filter_expression.var.literal)
    for node in template.template.nodelist.get_nodes_by_type(BlockTranslateNode):
        assert not node.plural, f"{path}: no plurals here, so that no language's rules are needed"
        yield node.render_token_list(node.singular)[0]


def _only(message: Any) -> str:
    assert isinstance(message, str), message
    return message


def _name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def main() -> None:
    """Write the files."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    for language in LANGUAGES:
        catalogue = brought_up_to_date(language)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(read(language)))
        empty = [message.id for message in catalogue if message.id and not message.string]
        print(f"{language}: {len(wanted())} texts, {len(empty)} to be translated")


if __name__ == "__main__":
    main()
