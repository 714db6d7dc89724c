"""The clinic, its clock and its memory; time passing, and what workers do meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.models import (
    Implant,
    Patient,
)
from notifications.services.delivery import deliver_batch
from scheduling.models import (
    SweepRun,
    Visit,
)
from scheduling.services import booking
from scheduling.services.sweeps import begin_due_nights, start_recalculation
from tests.factories import House
from tests.life.nights import work_as_in_full

T = TypeVar("T")


class NothingThere(Exception):
    """There is nothing to choose from: the step is not taken."""


class Clock:
    """A clinic and its clock. ``last`` is what was tried last, to be tried again."""

    def __init__(self, house: House) -> None:
        self.house, self.clinic, self.now = house, house.clinic, house.now
        self.last: Callable[[], object] = lambda: None
        self.is_changed = True
        """Whether the last step did anything: refused, it left nothing behind."""
        self.is_settled = True
        """Whether a night has seen the hour that it is: some letters rest on time alone."""
        self.may_reopen = False
        """Whether the last step may open again what a person had closed."""
        self.story: list[str] = []

    @property
    def today(self) -> date:
        self.house.now = self.now
        return self.house.today

    @property
    def by(self) -> dict[str, Any]:
        return {"clinic": self.clinic, "actor_id": self.house.administrator.id, "now": self.now}

    def attempt(self, act: Callable[[], T], *, may_reopen: bool = False) -> T | None:
        """Do it, or be refused; a refusal must leave nothing behind."""
        self.last, self.may_reopen = act, may_reopen
        try:
            with transaction.atomic():
                done = act()
            self.is_changed = True
            return done
        except (RecordError, ObjectDoesNotExist) as refusal:
            self.story.append(f"  refused: {refusal}")
            return None

    def again(self) -> None:
        """The same step once more: a double click, a repeated request."""
        may_reopen = self.may_reopen
        self.attempt(self.last, may_reopen=may_reopen)

    def let_pass(self, duration: timedelta) -> None:
        """Time passes; then the night is worked through, if there was one, and the post goes out."""
        before = self.today
        self.now += duration
        self.is_changed = True
        self.last, self.may_reopen, self.is_settled = lambda: None, False, False
        booking.release_expired_holds(now=self.now)
        if self.today != before:
            self.is_settled = bool(begin_due_nights(now=self.now))
            if not self.is_settled:
                start_recalculation(clinic_id=self.clinic.id, now=self.now)
            self.work()
        while deliver_batch(now=self.now):
            pass

    def work(self) -> None:
        """Do what workers do: every chunk that waits. None may fail, and a night may find nothing out of date.

        A pump that a night leaves alone is as if it had been worked out.
        """
        work_as_in_full(self.clinic.pk, self.now)
        run = SweepRun.objects.filter(clinic=self.clinic).order_by("-id").first()
        if run is not None:
            assert run.state == "finished"
            assert (run.failed, run.drifted, run.missing, run.unaccounted) == (0, 0, 0, 0)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.clinic.time_zone)

    def patients(self) -> list[Patient]:
        return list(Patient.objects.for_clinic(self.clinic.id).order_by("id"))

    def implants(self) -> list[Implant]:
        rows = Implant.objects.for_clinic(self.clinic.id).select_related("patient", "pump_model")
        return list(rows.order_by("id"))

    def _visit(self, number: int, *statuses: str) -> Visit:
        rows = Visit.objects.for_clinic(self.clinic.id).filter(status__in=statuses)
        return self._of(list(rows.select_related("kind", "nurse", "room").order_by("id")), number)

    def _of(self, rows: Sequence[T], number: int) -> T:
        if not rows:
            raise NothingThere
        return rows[number % len(rows)]
