"""Filters of a list kept under a name of one's own: each person's, per clinic and page."""

from __future__ import annotations

from contextlib import AbstractContextManager
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.db.models import QuerySet

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.conflicts import refusing
from scheduling.domain.saved_filters import FIELDS, known_choices
from scheduling.models import SavedFilter

MOST_FILTERS = 20
LONGEST_NAME = 40


def clean_query(page: str, query: str) -> str:
    """The query with only what the page's form knows. Two queries that choose the same give the same text.

    Raises KeyError for a page that there is not.
    """
    try:
        pairs = parse_qsl(query[:2000], max_num_fields=50)
    except ValueError:  # more fields than any form has
        pairs = []
    return urlencode(known_choices(page, pairs))


def save_filter(
    *, clinic: Clinic, user_id: int, page: str, name: str, query: str, overwrite: bool = False
) -> SavedFilter:
    """Keep what the query chooses under ``name``; words searched for are left out.

    Raises RecordError at ``name`` when it is empty, too long or taken (unless ``overwrite``), at ``query`` when it
    chooses nothing, and when the person already keeps MOST_FILTERS for this page.
    """
    name = _name(name)
    kept = clean_query(page, query) if page in FIELDS else ""
    if not kept:
        raise RecordError("query", gettext_noop("no filter is set"))
    with transaction.atomic():
        mine = SavedFilter.objects.for_clinic(clinic.id).filter(user_id=user_id, page=page)
        stored = mine.select_for_update().filter(name=name).first()
        if stored is not None:
            if not overwrite:
                raise RecordError("name", gettext_noop("you already have a filter of this name"))
            stored.query = kept
            stored.save(update_fields=["query"])
            return stored
        if mine.count() >= MOST_FILTERS:
            raise RecordError(
                "name", gettext_noop("you already keep %(most)s filters here: delete one"), most=MOST_FILTERS
            )
        with _one_name():
            return SavedFilter.objects.create(
                clinic=clinic, user_id=user_id, page=page, name=name, query=kept
            )


def rename_filter(*, clinic: Clinic, user_id: int, filter_id: int, name: str) -> SavedFilter:
    """Call one's own filter something else. Raises RecordError at ``name``; SavedFilter.DoesNotExist for another's."""
    name = _name(name)
    with transaction.atomic(), _one_name():
        stored = _own(clinic, user_id).select_for_update().get(pk=filter_id)
        stored.name = name
        stored.save(update_fields=["name"])
        return stored


def delete_filter(*, clinic: Clinic, user_id: int, filter_id: int) -> SavedFilter:
    """Forget one's own filter and return what it was. Raises SavedFilter.DoesNotExist for another's."""
    with transaction.atomic():
        stored = _own(clinic, user_id).select_for_update().get(pk=filter_id)
        stored.delete()
        return stored


def _own(clinic: Clinic, user_id: int) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.for_clinic(clinic.id).filter(user_id=user_id)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise RecordError("name", gettext_noop("is required"))
    if len(name) > LONGEST_NAME:
        raise RecordError("name", gettext_noop("at most %(most)s letters"), most=LONGEST_NAME)
    return name


def _one_name() -> AbstractContextManager[None]:
    return refusing(
        "saved_filter_once", field="name", message=gettext_noop("you already have a filter of this name")
    )
