"""Writes that come twice, since an answer got lost: the second one gets the first one's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from clinic.domain.checks import RecordError, check_key
from clinic.domain.register.reasons import gettext_noop
from clinic.models import ApiAnswer
from clinic.seeing import saw, shown_so_far

KEPT_FOR: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: Any


def answered_once(
    *,
    clinic_id: int,
    user_id: int,
    key: str,
    request_sha256: str,
    now: datetime,
    act: Callable[[], Answer],
) -> tuple[Answer, bool]:
    """Do it and keep the answer, in one transaction; or the kept answer, and True, where the key came before.

    A second request with the key waits until the first has ended. What ``act`` raises undoes all, the key too.
    Raises RecordError for a key that came with another request.
    """
    check_key(key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"api {clinic_id} {user_id} {key}"]
            )
        kept = ApiAnswer.objects.for_clinic(clinic_id).filter(user_id=user_id, key=key).first()
        if kept is not None:
            if kept.request_sha256 != request_sha256:
                raise RecordError(
                    "idempotency_key", gettext_noop("this key came with another request before")
                )
            saw(clinic_id, kept.patient_ids)
            return Answer(kept.status, kept.body), True
        answer = act()
        ApiAnswer.objects.create(
            clinic_id=clinic_id,
            user_id=user_id,
            key=key,
            request_sha256=request_sha256,
            status=answer.status,
            body=answer.body,
            patient_ids=shown_so_far(clinic_id),
            answered_at=now,
        )
        ApiAnswer.objects.for_clinic(clinic_id).filter(answered_at__lt=now - KEPT_FOR).delete()
        return answer, False
