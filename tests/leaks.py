"""What left the program during the whole run, and whether any of it says what it must not.

Every log line, task, address and message of the run is written down as it passes; when the last test is done, all of
it is searched for drugs, doses, diagnoses, a person's full name beside the date of birth, and the tokens of links. So
are whatever Redis was given and what the database server logged, and rows of the database for tokens (`tests.kept`).
A hit fails the run, whatever the tests said.

It looks on and changes nothing. Processes that tests start write logs of their own, which are read at the end.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.core.signals import request_started
from django.db.models.signals import post_save

from tests import kept
from tests.kept import REDIS, ROW, SERVER

FOLDER = "REFILLWISE_TEST_SEEN"
"""The environment variable by which all processes of a run find the same folder."""
LOG, TASK, ADDRESS, MESSAGE, PERSON, TOKEN = "log", "task", "address", "message", "person", "token"
SEARCHED = (LOG, TASK, ADDRESS, MESSAGE, ROW, REDIS, SERVER)

DRUGS = (
    "baclofen", "morphine", "ziconotide", "hydromorphone", "fentanyl", "sufentanil", "bupivacaine", "clonidine",
    "lioresal", "gablofen", "prialt", "infumorph", "dilaudid", "baclofène", "baclofeno", "morfina",
)  # fmt: skip
DIAGNOSES = (
    "spasticity", "spastic", "dystonia", "multiple sclerosis", "cancer", "chronic pain", "neuropathic",
    "espasticidad", "spasticité", "cáncer", "dolor crónico", "douleur chronique",
)  # fmt: skip
_WORDS = re.compile(rf"\b({'|'.join(map(re.escape, (*DRUGS, *DIAGNOSES)))})\b", re.IGNORECASE)
_DOSE = re.compile(r"\b\d+(?:[.,]\d+)?\s?(?:mcg|µg|mg|ml)(?:/(?:day|d|ml|h))?\b", re.IGNORECASE)
_TOKEN_OF_LINK = re.compile(r"(?<=/l/)[\w-]+|(?<=/calendars/)[\w-]+")
"""Random letters may read like anything, "-6mg" too: they are looked for as tokens and not as words."""
_LINK_PATH = re.compile(
    r"^\S+ (/l/[^/\s]+/?|/calendars/[^/\s]+\.ics)$|^(GET|HEAD) /join/\?invitation=[^&\s]+$"
)
"""The first step of a link is the one address that holds its token; it leads on to one without."""
_DRUG_FILTER = re.compile(r"(?<=[?&])drug=[\w-]+")
"""The work list of one drug: it is about no patient."""


class Seen:
    """Writes down what passes, each process into files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, Any] = {}
        self._lock = threading.Lock()

    def note(self, kind: str, text: str) -> None:
        name, line = f"{os.getpid()}.{kind}", json.dumps(text, ensure_ascii=False) + "\n"
        with self._lock:
            if name not in self._files:
                self._files[name] = (self.folder / name).open(
                    "a", encoding="utf-8", errors="replace", buffering=1
                )
            self._files[name].write(line)


class _Lines(logging.Handler):
    """Log lines as the product prints them: through its own filter and form."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(logging.INFO)
        from config.logs import NoPersonalData, PlainFormatter

        self.seen, self.clean = seen, NoPersonalData()
        self.setFormatter(PlainFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        own = copy.copy(record)  # the filter rewrites what it is given, and others are still to read this one
        self.clean.filter(own)
        self.seen.note(LOG, self.format(own))


def watch(seen: Seen) -> None:
    """Look on at everything that leaves this process."""
    root = logging.getLogger()
    for handler in root.handlers:
        handler.setLevel(max(handler.level, root.level))  # what is printed stays what it was
    root.setLevel(min(root.level, logging.INFO))
    root.addHandler(_Lines(seen))

    def task(sender: Any = None, headers: Any = None, body: Any = None, **_: Any) -> None:
        seen.note(TASK, f"{sender} {body!r} {headers!r}")

    def address(environ: dict[str, Any] | None = None, **_: Any) -> None:
        if environ is not None:
            query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
            seen.note(ADDRESS, f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}{query}")

    def person(instance: Any, **_: Any) -> None:
        born = instance.birth_date
        if hasattr(born, "isoformat"):
            seen.note(PERSON, json.dumps([instance.first_name, instance.last_name, born.isoformat()]))

    before_task_publish.connect(task, weak=False)
    request_started.connect(address, weak=False)
    post_save.connect(person, sender="clinic.Patient", weak=False)
    _watch_words(seen)


def _watch_words(seen: Seen) -> None:
    """Messages as they are handed to whoever carries them, and the tokens in them."""
    from clinic.services import accounts
    from notifications.domain.transport import Outgoing
    from notifications.services import links
    from scheduling.services import calendar_feeds

    made, hashed = Outgoing.__init__, links.hash_of

    def outgoing(self: Outgoing, *args: Any, **values: Any) -> None:
        made(self, *args, **values)
        seen.note(MESSAGE, "\n".join((self.subject, self.text, self.html)))

    def hash_of(token: str) -> str:
        handed_out(token)
        return hashed(token)

    def handed_out(token: str) -> str:
        seen.note(TOKEN, token)
        kept.remember(token)
        return token

    Outgoing.__init__ = outgoing  # type: ignore[method-assign]
    links.hash_of = hash_of
    for maker in (accounts, calendar_feeds):  # where they are made: what is merely asked for may be a guess
        maker.secrets = SimpleNamespace(  # type: ignore[attr-defined]
            token_urlsafe=lambda size: handed_out(secrets.token_urlsafe(size))
        )
    kept.watch(seen.note)


@dataclass(frozen=True, slots=True)
class Leak:
    kind: str
    why: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}: {self.text[:300]!r}"


def leaks_in(
    texts: Iterable[tuple[str, str]], *, people: set[tuple[str, str, str]], tokens: set[str]
) -> Iterator[Leak]:
    """What must not be said and was, in (kind, text) pairs. Each text is told once."""
    finder = re.compile("|".join(map(re.escape, sorted(tokens)))) if tokens else None
    for kind, said in texts:
        text = _DRUG_FILTER.sub("drug=", said) if kind == ADDRESS and "/worklist/?" in said else said
        words = _TOKEN_OF_LINK.sub("", text)
        is_link = kind == ADDRESS and _LINK_PATH.match(text)
        if kind == ROW:
            yield Leak(
                kind, "a token", text
            )  # noted because it holds one; what else a row says is the record
        elif found := _WORDS.search(words) or _DOSE.search(words):
            yield Leak(kind, found.group(), text)
        elif kind != MESSAGE and finder and not is_link and finder.search(text):
            yield Leak(kind, "a token", text)
        elif named := _named(text, people):
            yield Leak(kind, named, text)


def _named(text: str, people: set[tuple[str, str, str]]) -> str:
    """Full name and date of birth in one text."""
    if not re.search(r"\d{4}", text):
        return ""
    for first, last, born in people:
        if born in text and first in text and last in text:
            return "a person's name and date of birth"
    return ""


def everything_in(folder: Path, logs: Iterable[Path]) -> tuple[list[tuple[str, str]], set[Any], set[str]]:
    """(texts with their kinds, people, tokens) of a run."""
    texts: set[tuple[str, str]] = set()
    people: set[Any] = set()
    tokens: set[str] = set()
    for file in folder.iterdir():
        kind = file.suffix[1:]
        # Not splitlines: a text may hold other ends of lines than the one that is written after it.
        for line in filter(None, file.read_text(encoding="utf-8", errors="replace").split("\n")):
            text = json.loads(line)
            if kind == PERSON:
                people.add(tuple(json.loads(text)))
            elif kind == TOKEN:
                tokens.add(text)
            else:
                texts.add((kind, text))
    for log in logs:
        texts |= {(LOG, line) for line in log.read_text(errors="replace").splitlines()}
    return sorted(texts), people, {token for token in tokens if len(token) >= 16}


further: list[Path] = []
"""Folders beside the run's own in which its processes write."""

_SERVER_LOG_BEFORE = pytest.StashKey[int]()


def server_log() -> Path:
    """Where the embedded PostgreSQL writes; with DATABASE_URL there is none to read."""
    from django.conf import settings

    return Path(settings.VAR_DIR) / "log" / "postgresql.log"


def note_rows(alias: str) -> None:
    """Search the rows of a test that is over, before they are taken away."""
    kept.look_before_flush(alias, Seen(Path(os.environ[FOLDER])).note)


def begin(config: pytest.Config) -> None:
    """Once per process of the run; the first makes the folder."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="refillwise-seen-")
        config.stash[_SERVER_LOG_BEFORE] = server_log().stat().st_size if server_log().exists() else 0
    watch(Seen(Path(os.environ[FOLDER])))


def end(session: pytest.Session) -> list[Leak]:
    """What leaked; asked once, by the process that started the run, when all others are done."""
    folder = Path(os.environ[FOLDER])
    temporary = getattr(session.config, "_tmp_path_factory", None)
    places = [*([temporary.getbasetemp()] if temporary is not None else []), *further]
    logs = [log for place in places for log in place.rglob("*.log") if log.is_file()]
    texts, people, tokens = everything_in(folder, logs)
    texts += [(REDIS, said) for said in {said for place in places for said in kept.said_in_redis(place)}]
    since = session.config.stash[_SERVER_LOG_BEFORE]
    texts += [(SERVER, line) for line in set(kept.said_by_server(server_log(), since))]
    found = list(leaks_in(texts, people=people, tokens=tokens))
    counts = {kind: sum(1 for each, _ in texts if each == kind) for kind in SEARCHED}
    print(f"\nsearched for what must not leave: {counts}, {len(people)} people, {len(tokens)} tokens")  # noqa: T201
    shutil.rmtree(folder, ignore_errors=True)
    return found
