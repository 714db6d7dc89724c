"""The description of the REST interface: what is committed is what the code answers, and the page shows all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from drf_spectacular.drainage import get_override
from rest_framework import serializers

from tests.servers import SOURCE
from web.api.docs import described
from web.api.shapes import Sent

KEPT = SOURCE / "docs" / "reference" / "openapi.yaml"


def test_the_committed_description_is_that_of_the_code() -> None:
    """`make openapi` writes it anew. It is made without a warning and is a valid description."""
    said = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=said)
    assert said.getvalue() == KEPT.read_text(), (
        "run `make openapi` and read what changed: programs rely on it"
    )


def test_every_operation_says_what_it_does_and_who_may() -> None:
    for address, operations in described()["paths"].items():
        for method, operation in operations.items():
            words = operation["description"].split("\n\n")
            assert len(words[0]) > 5, (method, address)
            assert ("{clinic_slug}" in address) == words[-1].startswith("Needs the permission"), address


def test_a_quantity_that_may_not_be_less_than_nothing_is_described_so() -> None:
    """Else a request that is as described is refused. Decimals are strings: only a pattern can say it."""
    assert described()["paths"], "all of the interface is loaded"
    bounded = [
        (kind.__name__, name, field)
        for kind in _kinds_of(Sent)
        for name, field in kind().fields.items()
        if isinstance(field, serializers.DecimalField) and field.min_value is not None
    ]
    assert len(bounded) >= 2
    for kind, name, field in bounded:
        assert not re.match(get_override(field, "field")["pattern"], "-1"), (kind, name)


def _kinds_of(kind: type[Sent]) -> Iterator[type[Sent]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds_of(each)


def test_names_are_stable_and_say_what_is_done() -> None:
    """One word for each thing that is done; an id that is gone breaks programs: deprecate it instead."""
    ids = [
        operation["operationId"]
        for operations in described()["paths"].values()
        for operation in operations.values()
    ]
    assert len(ids) == len(set(ids))
    verbs = {each.partition("_")[0] for each in ids}
    known = (
        "get list find search report what project add change record correct withdraw undo book move cancel check mark"
        " fulfil assign postpone complete reopen retire restore make revoke acknowledge try"
    )
    assert verbs <= set(known.split()), verbs - set(known.split())


@pytest.mark.django_db
def test_anybody_reads_it_as_a_file_and_in_one_language() -> None:
    address = "/api/v1/openapi"
    as_yaml, as_json = Client().get(address), Client().get(address, headers={"Accept": "application/json"})
    spanish = Client().get(address, headers={"Accept": "*/*", "Accept-Language": "es"})
    assert yaml.safe_load(as_yaml.content) == as_json.json() == yaml.safe_load(spanish.content)


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_every_shape() -> None:
    page = Client().get("/api/v1/docs").content.decode()
    for address, operations in described()["paths"].items():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
        assert address in page
    for name, shape in described()["components"]["schemas"].items():
        assert (f'id="shape-{name}"' in page) == ("properties" in shape), name
