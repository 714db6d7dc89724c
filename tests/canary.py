"""Whether every answer that says a patient's record number or reference stands in the log of who saw whom.

It looks on at every answer of a test's own process: no page can be added that no test would catch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.signals import post_save

from clinic.seeing import Seen
from web import seeing


@contextlib.contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[set[int]]]:
    """Fail where an answer says what no row covers; gives what the rows of each answer named."""
    patients: dict[int, tuple[str, str]] = {}
    written: list[set[int]] = []

    clinics: dict[int, int] = {}

    def remember(instance: Any, **_: Any) -> None:
        # A record number is a clinic's once: whoever had it before was taken back, as by the trial of an import.
        for number in [each for each, words in patients.items() if words[0] == instance.mrn]:
            if clinics[number] == instance.clinic_id:
                del patients[number]
        patients[instance.pk] = (instance.mrn, str(instance.ref))
        clinics[instance.pk] = instance.clinic_id

    answer, record = seeing.AccessMiddleware.__call__, seeing.record_access

    def recorded(seen: Seen, **values: Any) -> None:
        record(seen, **values)
        written.append({number for numbers in seen.patients.values() for number in numbers})

    def checked(self: Any, request: Any) -> Any:
        before = len(written)
        response = answer(self, request)
        if response.streaming:
            pieces = list(response.streaming_content)
            response.streaming_content = iter(pieces)
            content = b"".join(pieces)
        else:
            content = response.content
        named = set().union(*written[before:])
        text, told = content.decode(errors="replace"), set(request.POST.values())
        for number, words in patients.items():
            if number not in named and any(word in text and word not in told for word in words):
                raise AssertionError(
                    f"{request.method} {request.path} shows patient {number} and no row says so"
                )
        return response

    monkeypatch.setattr(seeing, "record_access", recorded)
    monkeypatch.setattr(seeing.AccessMiddleware, "__call__", checked)
    post_save.connect(remember, sender="clinic.Patient", weak=False)
    try:
        yield written
    finally:
        post_save.disconnect(remember, sender="clinic.Patient")
