"""Every address there is, read from Django's URL resolver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def all_addresses() -> dict[str, set[str]]:
    """Names with their namespaces (``nurse:fill``), each with the routes it stands for."""
    found: dict[str, set[str]] = {}
    for name, route in _walk(get_resolver(), "", ()):
        found.setdefault(name, set()).add(route)
    return found


def _walk(resolver: URLResolver, route: str, namespaces: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    each: URLPattern | URLResolver | Any
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from _walk(each, here, inner)
        else:
            name = each.name or here
            yield ":".join((*namespaces, name)), here
