"""Within what an answer is made: the clinic's rows alone, and one transaction where it only shows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import RequestFactory

from clinic.scope import scope_now
from web.answering import answering

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("method", "is_one"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_what_only_shows_is_one_transaction_of_one_clinic(method: str, is_one: bool) -> None:
    before = scope_now()
    with answering(RequestFactory().generic(method, "/"), 7):
        assert (scope_now(), connection.in_atomic_block) == ("7", is_one)
    assert (scope_now(), connection.in_atomic_block) == (before, False)


def test_what_fails_while_it_is_shown_leaves_nothing_open() -> None:
    with pytest.raises(RuntimeError), answering(RequestFactory().get("/"), 7):
        raise RuntimeError
    assert not connection.in_atomic_block
