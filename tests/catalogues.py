"""The words in other languages: what is to be translated, and the catalogues brought up to date.

`python -m tests.catalogues` adds what is new to each `.po` file (empty, for a translator), drops what is gone and
compiles the `.mo` files that the product reads. `make fix` does it too. There are two catalogues: what patients read,
which names no drug, device or illness, and everything else.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parent.parent
LANGUAGES = ("es", "fr")
"""All but English, which the pages are written in."""
PLURALS = {"es": "nplurals=2; plural=(n != 1);", "fr": "nplurals=2; plural=(n > 1);"}
_FIXED = datetime(2026, 11, 27, tzinfo=UTC)
"""In place of the hour at which a file is made, so that the same words give the same bytes."""
_PACKAGES = ("clinic", "config", "notifications", "scheduling", "web")
_SHARED = (
    SOURCE / "notifications" / "domain" / "check_in" / "questions.py",
    SOURCE / "web" / "check_in_form.py",
    SOURCE / "notifications" / "selectors" / "patient_calendar.py",
)
"""Outside the patient pages, and read by patients."""
_ONE = dict.fromkeys(("_", "_t", "gettext", "gettext_lazy", "gettext_noop"))
_SEVERAL = dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2))
_WITHIN = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
Key = tuple[str, str]
"""A text's context, empty for most, and the text itself."""


@dataclass
class Text:
    """What is to be translated, and the files that it stands in."""

    said: str
    plural: str = ""
    context: str = ""
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.said


@dataclass(frozen=True)
class Words:
    """One catalogue in every language."""

    name: str
    folder: Path
    about: str

    def po_path(self, language: str) -> Path:
        return self.folder / language / "LC_MESSAGES" / "django.po"

    def wanted(self) -> dict[Key, Text]:
        """Every text of these pages."""
        of_patients = _texts(_patients_files())
        if self is PATIENTS:
            return of_patients
        everything = {text.key: text for text in _of_countries()} | _texts(_all_files())
        return {key: text for key, text in everything.items() if key not in of_patients}

    def read(self, language: str) -> Catalog:
        """The catalogue as its file has it; an empty one where there is none."""
        path = self.po_path(language)
        with io.BytesIO(path.read_bytes() if path.exists() else b"") as file:
            return read_po(file, locale=language)

    def brought_up_to_date(self, language: str) -> Catalog:
        """The catalogue with what the pages say now: old translations kept, new texts empty."""
        before, after = self.read(language), _empty(language, self.about)
        for text in self.wanted().values():
            known = before.get(text.said, text.context or None)
            after.add(
                (text.said, text.plural) if text.plural else text.said,
                _fitting(known, text),
                locations=[(place, 0) for place in sorted(text.places)],
                context=text.context or None,
            )
        return after


PATIENTS = Words(
    "patients",
    SOURCE / "web" / "patient" / "locale",
    "The patient pages. Formal address; no drug, device or illness is named.",
)
STAFF = Words("staff", SOURCE / "locale", "What nurses and administrators read. Formal address.")
ALL = (PATIENTS, STAFF)


def key_of(message: Message) -> Key:
    """A catalogue's message as the code's texts are known."""
    return message.context or "", _first(message.id)


def said_of(message: Message) -> list[tuple[str, str]]:
    """Every English form of a message beside its translation."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string or ""))]
    return [(each, str(said)) for each, said in zip(message.id, message.string, strict=True)]


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


def _empty(language: str, about: str) -> Catalog:
    catalogue = Catalog(
        locale=language,
        project="Refillwise",
        version="1",
        fuzzy=False,
        header_comment=f"# {about}",
        creation_date=_FIXED,
        revision_date=_FIXED,
        msgid_bugs_address="",
        last_translator="Refillwise",
        language_team="Refillwise",
    )
    catalogue.mime_headers = [("Plural-Forms", PLURALS[language])]
    return catalogue


def _fitting(known: Message | None, text: Text) -> Any:
    """The translation there is, if it has the forms that the text has now."""
    nothing = ("", "") if text.plural else ""
    if known is None or known.pluralizable != bool(text.plural):
        return nothing
    return known.string if not text.plural or known.id == (text.said, text.plural) else nothing


def _patients_files() -> Iterator[Path]:
    templates = SOURCE / "web" / "templates"
    yield from (*sorted((SOURCE / "web" / "patient").rglob("*.py")), *_SHARED)
    yield from sorted([*(templates / "patient").rglob("*.html"), *(templates / "check_in").rglob("*.html")])


def _all_files() -> Iterator[Path]:
    for package in _PACKAGES:
        yield from sorted((SOURCE / package).rglob("*.py"))
        yield from sorted(each for kind in ("html", "txt") for each in (SOURCE / package).rglob(f"*.{kind}"))


def _of_countries() -> Iterator[Text]:
    """The countries whose holidays are known: no file has them as texts to translate."""
    from clinic.domain.public_holidays import country_names

    for name in country_names().values():
        yield Text(name, places={"clinic/domain/public_holidays.py"})


def _texts(files: Iterator[Path]) -> dict[Key, Text]:
    found: dict[Key, Text] = {}
    for path in files:
        for text in _of_python(path) if path.suffix == ".py" else _of_template(path):
            known = found.setdefault(text.key, text)
            known.plural = known.plural or text.plural
            known.places.add(str(path.relative_to(SOURCE)))
    return found


def _of_python(path: Path) -> Iterator[Text]:
    source = path.read_bytes()
    for _line, said, *_rest in extract("python", io.BytesIO(source), _ONE):
        assert isinstance(said, str), (path, said)
        yield Text(said)
    for _line, said, *_rest in extract("python", io.BytesIO(source), _SEVERAL):
        yield Text(*said)
    for _line, said, _comments, context in extract("python", io.BytesIO(source), _WITHIN):
        yield Text(_first(said), context=context or "")


def _of_template(path: Path) -> Iterator[Text]:
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    template: Any = engines["django"].from_string(path.read_text())
    for node in template.template.nodelist.get_nodes_by_type(TranslateNode):
        yield Text(asked_for(node), context=_context(node))
    for node in template.template.nodelist.get_nodes_by_type(BlockTranslateNode):
        forms = [node.render_token_list(each)[0] for each in (node.singular, node.plural) if each]
        yield Text(*forms, context=_context(node))


def asked_for(node: Any) -> str:
    """What a ``{% translate %}`` asks the catalogue for: Django doubles its percent signs first, as in a block."""
    return str(node.filter_expression.var.literal).replace("%", "%%")


def _context(node: Any) -> str:
    return str(node.message_context.var) if node.message_context else ""


def _first(said: Any) -> str:
    return said if isinstance(said, str) else str(said[0])


def main() -> None:
    """Write the files."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    for words in ALL:
        for language in LANGUAGES:
            catalogue = words.brought_up_to_date(language)
            path = words.po_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_po(catalogue))
            path.with_suffix(".mo").write_bytes(as_mo(words.read(language)))
            empty = [message.id for message in catalogue if message.id and not all(_forms(message))]
            print(f"{words.name}, {language}: {len(words.wanted())} texts, {len(empty)} to be translated")


def _forms(message: Message) -> list[str]:
    return [said for _, said in said_of(message)]


if __name__ == "__main__":
    main()
