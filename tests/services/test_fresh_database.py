"""What a test leaves in the database is gone before the next one, and what it took is back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connections

from clinic.models import MarketedStrength
from tests import fresh
from tests.factories import make_clinic


@pytest.mark.django_db(transaction=True)
def test_flush_leaves_the_rows_and_the_numbering_of_the_fresh_database() -> None:
    owner = connections["owner"]
    make_clinic()
    MarketedStrength.objects.all().delete()
    Permission.objects.update(name="changed")
    assert fresh.Fresh.of(owner) != fresh.remembered["owner"]

    call_command("flush", database="owner", interactive=False, verbosity=0)
    assert fresh.Fresh.of(owner) == fresh.remembered["owner"]
    assert MarketedStrength.objects.exists()
