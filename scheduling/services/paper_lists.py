"""Writing the paper list of a clinic, every night, to where it can be read with the system down.

The row of a night says whether its list was written. A writer holds the row's lock while it works, so two never
write one list at once; one that is killed leaves the files of before whole and the row unwritten, and the next
tick writes the list.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F

from scheduling.domain.paper import file_name
from scheduling.models import PaperList, PaperState
from scheduling.selectors.paper import PaperContent, paper_content
from scheduling.selectors.paper_lists import DueList, paper_lists_due
from scheduling.services.paper_files import clear_out, write_list
from scheduling.services.paper_page import paper_page, paper_table

log = logging.getLogger(__name__)

LATEST = "latest"


def paper_folder(slug: str) -> Path:
    """Where this clinic's lists are kept."""
    return Path(settings.PAPER_LIST_DIR) / slug


def write_due_list(*, clinic_id: int, now: datetime) -> bool:
    """Write the clinic's list when one is due; False when none is, or when somebody else is writing it.

    Whatever it raises is noted on the row and leaves the list due.
    """
    for due in paper_lists_due(now=now, clinic_id=clinic_id):
        PaperList.objects.bulk_create(
            [PaperList(clinic_id=clinic_id, business_date=due.business_date, started_at=now)],
            ignore_conflicts=True,
        )
        try:
            with transaction.atomic():
                return _write(due, now)
        except Exception as error:
            _note_failure(due, error)
            raise
    return False


def write_due_lists(*, now: datetime) -> tuple[int, int]:
    """Write every list that is due, here and now, without a broker: (written, failed)."""
    written = failed = 0
    for due in paper_lists_due(now=now):
        try:
            written += write_due_list(clinic_id=due.clinic_id, now=now)
        except Exception:
            failed += 1  # noted on the row; the other clinics go on
    return written, failed


def write_list_now(*, clinic_id: int, folder: Path, now: datetime) -> int:
    """Write the list as of now into a folder of somebody's choice; how many pumps are on it. No row is kept."""
    content = paper_content(clinic_id=clinic_id, now=now)
    _put(content, folder, is_after_check=_is_checked(clinic_id, now))
    return len(content.in_review) + len(content.ranked)


def _write(due: DueList, now: datetime) -> bool:
    row = (
        PaperList.objects.for_clinic(due.clinic_id)
        .select_for_update(skip_locked=True)
        .filter(business_date=due.business_date)
        .first()
    )
    if row is None or (row.state == PaperState.WRITTEN and (row.is_after_check or not due.is_after_check)):
        return False
    content = paper_content(clinic_id=due.clinic_id, now=now)
    folder = paper_folder(content.clinic.slug)
    _put(content, folder, is_after_check=due.is_after_check)
    clear_out(folder, business_date=due.business_date)
    row.state, row.is_after_check, row.made_at = PaperState.WRITTEN, due.is_after_check, now
    row.rows = len(content.in_review) + len(content.ranked)
    row.file_name, row.patient_ids = file_name(content.business_date), content.patient_ids
    row.save(update_fields=["state", "is_after_check", "made_at", "rows", "file_name", "patient_ids"])
    log.info("paper list of clinic %s for %s: %s pumps", due.clinic_id, due.business_date, row.rows)
    return True


def _put(content: PaperContent, folder: Path, *, is_after_check: bool) -> None:
    page = paper_page(content, is_after_check=is_after_check).encode()
    table = paper_table(content)
    name = file_name(content.business_date)
    write_list(
        folder,
        {f"{name}.csv": table, f"{name}.html": page},
        latest={f"{LATEST}.csv": table, f"{LATEST}.html": page},
    )


def _is_checked(clinic_id: int, now: datetime) -> bool:
    """Whether the newest night's check has finished: then its list is due after the check, or was made so."""
    due = paper_lists_due(now=now, clinic_id=clinic_id)
    if due:
        return due[0].is_after_check
    newest = PaperList.objects.for_clinic(clinic_id).order_by("-business_date").first()
    return newest is not None and newest.is_after_check


def _note_failure(due: DueList, error: Exception) -> None:
    """Leave a mark on the row, in its own transaction; the class of the error and nothing of its text."""
    name = type(error).__name__
    log.error("the paper list of clinic %s for %s raised %s", due.clinic_id, due.business_date, name)
    rows = PaperList.objects.for_clinic(due.clinic_id).filter(business_date=due.business_date)
    try:
        rows.update(attempts=F("attempts") + 1, last_error=name[:120])
        rows.exclude(state=PaperState.WRITTEN).update(state=PaperState.FAILED)
    except DatabaseError:
        log.error("the failure of clinic %s could not be noted", due.clinic_id)
