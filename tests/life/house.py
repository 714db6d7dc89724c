"""The clinic closes, nurses leave, the protocol changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from clinic.domain.roles import Role
from clinic.models import (
    Closure,
    Membership,
)
from clinic.services.accounts import change_membership
from clinic.services.closures import add_closure, remove_closure
from scheduling.domain.care.protocol_entry import entry_of
from scheduling.models import (
    DayClosing,
    HoursException,
    Resource,
)
from scheduling.selectors.protocols import protocol_in_force, rows_in_force
from scheduling.services.closing_days.confirm import confirm_closing
from scheduling.services.closing_days.propose import propose_closing
from scheduling.services.closing_days.undo import undo_closing
from scheduling.services.protocols import save_protocol
from scheduling.services.sweeps import start_recalculation
from tests.life.clock import Clock


class HouseLife(Clock):
    """What changes for everybody."""

    def close(self, number: int, days: int, length: int, *, is_nurse: bool) -> None:
        first = self.today + timedelta(days=days)
        nurse = Resource.objects.filter(clinic=self.clinic, kind="nurse", is_active=True).first()
        closing = self.attempt(
            lambda: propose_closing(
                first_on=first,
                last_on=first + timedelta(days=length),
                resource_ref=nurse.ref if is_nurse and nurse else None,
                reason="leave",
                **self.by,
            )
        )
        if closing is not None and number % 4:
            self.attempt(lambda: confirm_closing(closing_ref=closing.ref, **self.by))
            self.work()

    def undo_closing(self, number: int) -> None:
        closing = self._of(list(DayClosing.objects.filter(clinic=self.clinic).order_by("id")), number)
        self.attempt(lambda: undo_closing(closing_ref=closing.ref, **self.by))
        self.work()

    def close_day(self, days: int, *, is_opened: bool) -> None:
        """A single day closed without asking who stands in the calendar, and its opening."""
        day = self.today + timedelta(days=days)
        by = {"clinic": self.clinic, "actor_id": self.house.administrator.id}
        if is_opened:
            closure = self._of(list(Closure.objects.filter(clinic=self.clinic).order_by("id")), days)
            self.attempt(lambda: remove_closure(closure_id=closure.pk, **by))
        else:
            self.attempt(lambda: add_closure(closed_on=day, reason="", **by))
        start_recalculation(clinic_id=self.clinic.id, now=self.now)
        self.work()
        self.is_changed = True

    def be_away(self, days: int, length: int) -> None:
        nurse = Resource.objects.filter(clinic=self.clinic, kind="nurse").order_by("id")[0]
        first = self.today + timedelta(days=days)
        HoursException.objects.create(
            clinic=self.clinic, resource=nurse, first_on=first, last_on=first + timedelta(days=length)
        )
        self.last, self.is_changed = lambda: None, True

    def nurse_leaves(self, *, is_back: bool) -> None:
        membership = Membership.objects.get(clinic=self.clinic, user=self.house.nurse)
        self.attempt(
            lambda: change_membership(
                membership_id=membership.pk, role=Role.NURSE, is_active=is_back, **self.by
            )
        )

    def change_protocol(self, number: int) -> None:
        """Another version: a row later, or out of use, or in use again."""
        protocol = protocol_in_force(clinic_id=self.clinic.id)
        assert protocol is not None
        entries = [entry_of(row) for row in rows_in_force(protocol=protocol, zone=self.zone)]
        chosen = number % len(entries)
        entries[chosen] = replace(entries[chosen], is_active=not entries[chosen].is_active)
        self.attempt(
            lambda: save_protocol(
                clinic_id=self.clinic.id,
                entries=entries,
                note="",
                expected_version=protocol.version,
                actor_id=self.house.administrator.id,
                now=self.now,
            )
        )
        start_recalculation(clinic_id=self.clinic.id, now=self.now)
        self.work()
