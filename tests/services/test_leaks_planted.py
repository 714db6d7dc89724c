"""What is planted is found, in each place that outlives a request: a search that cannot fail proves nothing."""

from __future__ import annotations

from pathlib import Path
from secrets import token_urlsafe

import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection

from notifications.models import InAppMail
from tests import kept
from tests.factories import House, make_clinic, make_patient
from tests.feeds import link
from tests.leaks import REDIS, leaks_in, server_log
from tests.patient_links import send_link


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


def test_a_token_in_any_column_of_any_table_is_found(house: House) -> None:
    token, percent = token_urlsafe(32), "100%_sure-it-is-a-token"
    make_patient(house, notes=f"her link is {token}")
    make_patient(house, notes=f"and hers {percent}")
    found = kept.rows_with([token, percent])
    assert {row.partition(":")[0] for row in found} >= {"clinic_patient", "clinic_patienthistory"}
    assert [row for row in found if token not in row and percent not in row] == []
    assert any(percent in row for row in found)
    assert kept.rows_with([token_urlsafe(32)]) == []


def test_a_statement_that_writes_a_token_is_found_while_it_is_written(house: House) -> None:
    noted: list[tuple[str, str]] = []
    token = token_urlsafe(32)
    all_of_them = connection.execute_wrappers[:]
    kept.look_away(connection)
    kept.look_at(connection, lambda *said: noted.append(said))
    try:
        kept.remember(token)
        letter = send_link(house, make_patient(house)).row.message
        InAppMail.objects.create(
            message=letter, to="a@example.org", body=f"a letter may: {token}", kept_at=house.now
        )
        assert noted == []
        make_patient(house, notes=f"her link is {token}")
        assert noted
    finally:
        connection.execute_wrappers[:] = all_of_them  # the run's own did not look on
        kept.tokens.clear()  # or it would be found once more when this test's rows are taken away


def test_every_kind_of_secret_is_looked_for(house: House) -> None:
    kept.tokens.clear()
    sent, (_, calendar) = send_link(house, make_patient(house)), link(house)
    assert {sent.token, calendar} <= set(kept.tokens)
    assert kept.rows_with([sent.token, calendar]) == []


@pytest.mark.broker("reads what it was given")
def test_what_redis_was_given_is_read_with_its_tasks_unpacked(
    broker_address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marker, name = token_urlsafe(32), f"planted-{token_urlsafe(8)}"
    with Connection(broker_address) as connected:
        queue = connected.SimpleQueue(name)
        queue.put({"args": [f"patient {marker}"]}, serializer="json")
        queue.get(timeout=5).ack()
        channel = connected.channel()
        channel.client.set(f"key-{marker}", "1", ex=5)  # type: ignore[attr-defined]
        said = [line for line in kept.said_in_redis(tmp_path_factory.getbasetemp()) if marker in line]
    assert any(f"patient {marker}" in line for line in said), "a value, unpacked"
    assert any(f"key-{marker}" in line for line in said), "a key"
    assert len(list(leaks_in([(REDIS, line) for line in said], people=set(), tokens={marker}))) == len(said)


@pytest.mark.skipif(not settings.EMBEDDED, reason="the log of another's server is not ours to read")
def test_what_the_database_server_logs_is_read(transactional_db: None) -> None:
    marker, before = token_urlsafe(32), server_log().stat().st_size
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE LOG 'planted {marker}'; END $$")
    assert [line for line in kept.said_by_server(server_log(), before) if marker in line]
    assert kept.said_by_server(Path("/nowhere"), 0) == []
