"""A prototype's rows as text for COPY, with a slot wherever a copy has something of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, md5, sha256
from itertools import pairwise
from operator import itemgetter
from typing import Any

from bench.national import marks
from bench.national.tiers import Tier, Tiers

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ABOUT = {
    "visit": "scheduling_visit",
    "implant": "clinic_implant",
    "eos": "clinic_implant",
    "fill": "clinic_fill",
    "program": "clinic_programversion",
    "follow_up": "scheduling_followup",
    "message": "notifications_message",
    "escalation": "notifications_escalation",
    "patient": "clinic_patient",
    "staff": "clinic_user",
}
"""Words before a row's number in texts, and whose number that is."""
COLUMNS = {
    "patient_id": "clinic_patient",
    "kind_id": "scheduling_visitkind",
    "nurse_id": "scheduling_resource",
    "room_id": "scheduling_resource",
}
"""Columns in the facts that a calendar's fingerprint is of."""
_TOKENS = re.compile(
    rf"(?P<uuid>{UUID})|{marks.PATTERN.pattern}|\b(?P<about>{'|'.join(ABOUT)}):(?P<number>\d+)"
    rf"|\"actor\": (?P<actor>\d+)|'(?P<column>{'|'.join(COLUMNS)})': (?P<value>\d+)"
)
_FOLD = b"\r\n "

Make = Callable[[int], Any]


@dataclass(slots=True)
class Slots:
    """Everything that differs from copy to copy: of which tier it is, and how it is made from the copy's number."""

    tiers: Tiers
    stride: int
    patients: int
    seed: int
    makers: list[Make] = field(default_factory=list)
    tier: list[Tier] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    """What each slot gives in the copy at hand."""
    seats: dict[int, int] = field(default_factory=dict)
    _by_tier: dict[Tier, list[int]] | None = None
    _known: dict[Any, int] = field(default_factory=dict)
    _uuid_tier: dict[str, Tier] = field(default_factory=dict)

    def note_uuids(self, text: str, tier: Tier) -> None:
        """A reference is of the lowest tier among the rows that hold it: nothing points at what comes after it."""
        for found in re.findall(UUID, text):
            self._uuid_tier[found] = min(tier, self._uuid_tier.get(found, tier))

    def slot(self, key: Any, tier: Tier, make: Callable[[], Make]) -> int:
        if key not in self._known:
            self._known[key] = len(self.makers)
            self.makers.append(make())
            self.tier.append(tier)
        return self._known[key]

    def number(self, table: str, number: int) -> int | None:
        """The slot of a row's number; None: of the country, the same in every copy."""
        tier, stride = self.tiers.of(table, number), self.stride
        if tier is Tier.COUNTRY:
            return None
        return self.slot((tier, number), tier, lambda: lambda copy: number + copy * stride)

    def uuid(self, text: str) -> int | None:
        tier = self._uuid_tier[text]
        if tier is Tier.COUNTRY:
            return None
        seed, which = self.seed, len(self.makers)
        return self.slot(text, tier, lambda: lambda copy: _uuid(f"{seed}:{which}:{copy}"))

    def mark(self, text: str, kind: str) -> int:
        tier = {"house": Tier.CLINIC, "group": Tier.GROUP}.get(kind, Tier.COHORT)
        return self.slot(text, tier, lambda: marks.maker(text, kind, patients=self.patients, seed=self.seed))

    def digest(self, tier: Tier, text: str) -> int:
        """For the hash of a secret that nobody knows."""
        seed, which = self.seed, len(self.makers)
        return self.slot(
            text, tier, lambda: lambda copy: sha256(f"{seed}:{which}:{copy}".encode()).hexdigest()
        )

    def stamp(self, text: str) -> int:
        seed, which = self.seed, len(self.makers)

        def make(copy: int) -> int:
            found = blake2b(f"{seed}:{which}:{copy}".encode(), digest_size=8).digest()
            return int.from_bytes(found, "big") >> 2

        return self.slot(("stamp", text), Tier.COHORT, lambda: make)

    def seat(self) -> int:
        """Which seat of the group's nurse and room is this cohort's: told by the country, cohort by cohort."""
        return self.slot("seat", Tier.COHORT, lambda: lambda copy: self.seats[copy])

    def fingerprint(self, facts: Sequence[Part]) -> int:
        """Of facts with slots in them, as ``calendar_entries`` takes it."""
        words = "".join("%s" if part.slot is not None else part.words.replace("%", "%%") for part in facts)
        used = tuple(part.slot for part in facts if part.slot is not None)

        def make(copy: int) -> str:
            said = words % tuple(self.values[slot] for slot in used)
            return blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()

        return self.slot(("facts", words, used), Tier.COHORT, lambda: make)

    def tell(self, numbers: Mapping[Tier, int]) -> None:
        """Bring ``values`` up to date for a copy: the number of each tier whose number has changed."""
        if len(self.values) < len(self.makers):
            self.values = [None] * len(self.makers)
        for tier, copy in numbers.items():
            for slot in self._of_tier(tier):
                self.values[slot] = self.makers[slot](copy)

    def _of_tier(self, tier: Tier) -> list[int]:
        if self._by_tier is None or sum(map(len, self._by_tier.values())) < len(self.makers):
            self._by_tier = {each: [n for n, of in enumerate(self.tier) if of is each] for each in Tier}
        return self._by_tier[tier]


def _uuid(text: str) -> str:
    found = md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column: words that stay (no slot), or what a slot gives, all of it or some letters, perhaps in hex."""

    words: str = ""
    slot: int | None = None
    cut: tuple[int, int] | None = None
    is_hex: bool = False


def parts_of(text: str, slots: Slots) -> Iterator[Part]:
    """The text, with a slot for each reference, mark and number of a row in it."""
    at = 0
    for begin, end, slot in _found(text, slots):
        yield Part(text[at:begin])
        yield Part(slot=slot) if slot is not None else Part(text[begin:end])
        at = end
    yield Part(text[at:])


def parts_of_bytes(content: bytes, slots: Slots) -> Iterator[Part]:
    """The same for folded lines in hex: a slot that a fold runs through comes in two pieces."""
    folds = [found.start() for found in re.finditer(re.escape(_FOLD), content)]
    plain = content.replace(_FOLD, b"").decode()
    if len(plain.encode()) != len(plain):
        raise ValueError("a mark's place is counted in letters: the prototype's texts are ASCII")
    where = [fold - number * len(_FOLD) for number, fold in enumerate(folds)]
    at = 0
    yield Part("\\\\x")
    for begin, end, slot in [*_found(plain, slots), (len(plain), len(plain), None)]:
        yield Part(_folded(plain, at, begin, where))
        cuts = [begin, *(fold for fold in where if begin < fold < end), end]
        for first, last in pairwise(cuts):
            if slot is None:
                yield Part(_folded(plain, first, last, where))
                continue
            if first in where:
                yield Part(_FOLD.hex())
            yield Part(slot=slot, cut=(first - begin, last - begin), is_hex=True)
        at = end


def _folded(plain: str, begin: int, end: int, where: Sequence[int]) -> str:
    """The letters with the folds that stand before them."""
    return "".join(
        (_FOLD.hex() if place in where else "") + plain[place].encode().hex() for place in range(begin, end)
    )


def _found(text: str, slots: Slots) -> Iterator[tuple[int, int, int | None]]:
    for found in _TOKENS.finditer(text):
        kind = found.lastgroup or ""
        if kind == "uuid":
            yield *found.span(), slots.uuid(found[0])
        elif kind == "number":
            yield *found.span("number"), slots.number(ABOUT[found["about"]], int(found["number"]))
        elif kind == "actor":
            yield *found.span("actor"), slots.number("clinic_user", int(found["actor"]))
        elif kind == "value":
            yield *found.span("value"), slots.number(COLUMNS[found["column"]], int(found["value"]))
        else:
            yield *found.span(), slots.mark(found[0], kind)


class Template:
    """Rows of one table and tier, ready for ``%``."""

    def __init__(self, lines: Sequence[Sequence[Part]], slots: Slots) -> None:
        words: list[str] = []
        used: list[int] = []
        for line in lines:
            for part in line:
                if part.slot is None:
                    words.append(part.words.replace("%", "%%"))
                else:
                    words.append("%s")
                    used.append(_piece(part, slots))
            words.append("\n")
        self.text, self.rows = "".join(words), len(lines)
        self._used, self._pick = used, itemgetter(*used) if used else None

    def rendered(self, values: Sequence[Any]) -> str:
        if self._pick is None:
            return self.text % ()
        return self.text % (self._pick(values) if len(self._used) > 1 else (self._pick(values),))


def _piece(part: Part, slots: Slots) -> int:
    """The slot of a piece of a slot, or the slot itself."""
    assert part.slot is not None
    whole, cut = part.slot, part.cut
    if cut is None:
        return whole
    make = slots.makers[whole]
    begin, end = cut
    return slots.slot(
        (whole, cut),
        slots.tier[whole],
        lambda: lambda copy: str(make(copy))[begin:end].encode().hex(),
    )
