"""A row of the matrix: what stands at an address, what it takes and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clinic.domain.roles import Permission

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING, WRITING = ("GET", "HEAD"), ("POST",)
About = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """An address of a clinic: its name, what it needs, what it is about, and the methods it takes."""

    name: str
    needs: Permission
    about: str = ""
    takes: tuple[str, ...] = READING
    shown: int = 200
    """What somebody who may gets for reading."""
    acted: tuple[int, ...] = (302, 422)
    """What somebody who may gets for sending an empty form."""
    shown_empty: int | None = None
    """The same in a clinic with nothing to show, where that differs."""
    gone: int = 404
    """What somebody who may gets for sending a form about what is not the clinic's."""
    is_found_first: bool = False
    """Whether what is not the clinic's is not there even for somebody who may not."""
    keys: frozenset[str] = frozenset()
    """What an answer in JSON may name."""

    @property
    def is_looked_at(self) -> bool:
        return "GET" in self.takes

    def first_method(self) -> tuple[str, ...]:
        """One of them, for callers of whom the method makes no difference."""
        return self.own_methods()[:1]

    def own_methods(self) -> tuple[str, ...]:
        """Those whose answers can differ: HEAD is GET without its body."""
        return tuple(method for method in self.takes if method != "HEAD")


def shows(name: str, needs: Permission, about: str = "", **more: Any) -> Row:
    """A page to look at."""
    return Row(name, needs, about, READING, **more)


def acts(name: str, needs: Permission, about: str = "", **more: Any) -> Row:
    """An act: it is sent and never looked at."""
    return Row(name, needs, about, WRITING, **more)


def form(name: str, needs: Permission, about: str = "", **more: Any) -> Row:
    """A page that is looked at, filled in and sent."""
    return Row(name, needs, about, READING + WRITING, **more)


@dataclass(frozen=True)
class Operation:
    """One method of one address of the REST interface. The rows of one name are the methods that its address takes."""

    name: str
    method: str
    needs: Permission | None
    """None: whoever is signed in."""
    about: str = ""
    sends: Callable[[About], dict[str, Any]] = field(default=lambda about: {})
    """The body, or the query of a GET."""
    code: int = 200
    keys: frozenset[str] = frozenset()
    """Which its answer names, each of them."""
    at_times: frozenset[str] = frozenset()
    """Which it may name too, where there is something to say."""
    foreign: int = 404
    """What a member of two clinics gets who names one's objects below the address of the other."""
    refused_at: str = ""
    """The place in the request at which that is said, where it is no 404."""
    is_found_first: bool = False
    """Whether what is not the clinic's is not there even for somebody who may not."""
    is_open: bool = False
    """Whether nobody need be signed in."""
    writes: bool = False
    """Whether it writes where it is let in; a POST may only ask."""

    @property
    def names_patients(self) -> bool:
        return any(key.endswith("last_name") for key in self.keys)


def named(words: str, below: str = "") -> frozenset[str]:
    """The keys of a list of words, each below another key."""
    return frozenset(below + word for word in words.split())


def listed(keys: frozenset[str], at_times: frozenset[str] = frozenset()) -> dict[str, frozenset[str]]:
    """A page of a list: its rows' keys below ``results[]``."""
    below = {f"results[].{key}" for key in keys}, {f"results[].{key}" for key in at_times}
    return {"keys": named("next previous") | below[0], "at_times": below[1] | {"results"}}


def keys_of(value: Any, prefix: str = "") -> set[str]:
    """Every key of an answer with those above it: ``results[].history[].since``."""
    if isinstance(value, dict):
        found = set()
        for name, inner in value.items():
            path = f"{prefix}.{name}" if prefix else name
            found |= keys_of(inner, path) or {path}
        return found
    if isinstance(value, list):
        return {key for each in value for key in keys_of(each, f"{prefix}[]")}
    return {prefix} if prefix else set()
