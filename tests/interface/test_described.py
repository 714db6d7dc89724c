"""Every operation of the REST interface against its own description, with requests that nobody thought of.

Schemathesis makes them from the description: as it says, and, mixed into a request that is good, a field or two of them,
so that they get as far as the record. No answer is a 5xx, and none is other than described. SOAK=1 asks 500 times each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import APIOperation

from clinic.domain.api_tokens import TokenEntry, grantable
from clinic.domain.roles import Role
from clinic.services.api_tokens import make_token
from tests.factories import House, make_clinic
from tests.web.matrix.operations import OPERATIONS
from tests.web.matrix.rows import About, Operation
from tests.web.table_rows import everything
from web.api import urls
from web.api.docs import described

ROLES = (Role.NURSE, Role.SCHEDULER, Role.AUDITOR)
TIMES = 500 if os.environ.get("SOAK") else 12
CONFIG = {
    "checks": {
        # What is as described may still not be true of this patient: the record refuses it, or it was changed.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "304", "401", "403", "404", "409", "412", "422", "429"]
        },
    }
}
UNSAYABLE = (
    "A bridge has a volume",
    "A bolus has a dose",
    "Give a fill",
    "is not known in this clinic",
    "is not within half a year",
    "is not in the coming weeks",
    "This field may not be blank",
    "Null characters are not allowed",
    "Surrogate characters are not allowed",
)
"""Begin what a 400 may say to a request that is as described: a description has no words for it."""
GROUPS: dict[str, list[tuple[str, str]]] = {}
"""Operations by what they are about: what there is to ask about is made once for each group."""
for _address, _operations in described()["paths"].items():
    for _method, _operation in _operations.items():
        GROUPS.setdefault(_operation["tags"][0], []).append((_address, _method.upper()))


@pytest.fixture(scope="module")
def schema() -> Any:
    load_all_checks()
    loaded = schemathesis.openapi.from_dict(described(), config=SchemathesisConfig.from_dict(CONFIG))
    loaded.app = get_wsgi_application()
    return loaded


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """The application answers within the test's transaction: it must not close the connection after each answer."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield make_clinic()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def tokens(house: House) -> list[str]:
    """One of each role, with all that it can be given."""
    return [
        make_token(
            clinic=house.clinic,
            entry=TokenEntry(name=role, permissions=grantable(role)),
            user_id=house.person(role).pk,
            now=house.now,
        )[1]
        for role in ROLES
    ]


def row_of(address: str, method: str) -> Operation:
    """The matrix's row of an operation: what it is about, and a good request."""
    route = address.removeprefix("/api/v1/").replace("{clinic_slug}", "<slug:clinic_slug>")
    route = route.replace("{ref}", "<uuid:ref>").replace("{number}", "<int:number>")
    name = next(pattern.name for pattern in urls.urlpatterns if str(pattern.pattern) == route)
    return next(row for row in OPERATIONS if (row.name, row.method) == (name, method))


@pytest.mark.parametrize("group", GROUPS)
def test_it_answers_as_described(schema: Any, house: House, tokens: list[str], group: str) -> None:
    about = everything(house)
    for address, method in GROUPS[group]:
        asks(schema[address][method], row_of(address, method), house, about, tokens)


def asks(
    operation: APIOperation[Any, Any, Any], row: Operation, house: House, about: About, tokens: list[str]
) -> None:
    """Ask the operation so often, each time as if it were the first."""
    places = {"clinic_slug": house.clinic.slug} | dict(about[row.about])
    places = {name: str(value) for name, value in places.items() if f"{{{name}}}" in operation.path}
    good = row.sends(about)
    checks = {check.__name__: check for check in CHECKS.get_all()}

    @settings(
        max_examples=TIMES,
        deadline=None,
        derandomize=not os.environ.get("SOAK"),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(tokens))
        way = data.draw(st.sampled_from(["as it says", "mixed", "not"]))
        mode = GenerationMode.NEGATIVE if way == "not" else GenerationMode.POSITIVE
        given_places = places if data.draw(st.integers(0, 9)) < 9 else None
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=given_places))
        if way == "mixed" and isinstance(case.body, Mapping):
            names = data.draw(st.lists(st.sampled_from(sorted(case.body)), max_size=2)) if case.body else []
            case.body = good | {name: case.body[name] for name in names}
        elif way == "mixed" and row.method == "GET" and good:
            case.query = good | dict(list((case.query or {}).items())[:1])
        cache.clear()
        with transaction.atomic():
            headers = {"Authorization": f"Bearer {token}"}
            answer = case.call(headers=headers)
            left_out = [checks["negative_data_rejection"]]
            said = answer.json().get("errors", []) if answer.status_code == 400 else []
            if said and all(error["detail"].startswith(UNSAYABLE) for error in said):
                left_out.append(checks["positive_data_acceptance"])
            case.validate_response(answer, headers=headers, excluded_checks=left_out)
            transaction.set_rollback(True)

    ask()
