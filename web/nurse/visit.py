"""The forms of a refill visit, put together for one pump and judged together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinic.domain.checks import RecordError
from clinic.domain.entries import FillEntry, ProgramEntry
from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.accounts import members
from clinic.selectors.fills import current_fills, current_programs
from clinic.selectors.rows import Fill, Implant, ProgramVersion
from clinic.services.fills import reservoir_ml
from web.access import ClinicRequest
from web.nurse.forms.controls import dress
from web.nurse.forms.program import (
    DOSE,
    FLEX,
    UNCHANGED,
    BaseStepFormSet,
    ProgramForm,
    program_values,
    step_formset,
)
from web.nurse.forms.refill import (
    BaseDrugFormSet,
    RefillForm,
    drug_formset,
    drug_values,
    new_refill_values,
    refill_values,
)
from web.nurse.problems import Problem, problems_of, rows_problems
from web.words import said


@dataclass(slots=True)
class Visit:
    """The forms of one visit, judged together."""

    form: RefillForm
    drugs: BaseDrugFormSet
    program: ProgramForm | None
    steps: BaseStepFormSet | None
    zone: ZoneInfo

    def is_valid(self) -> bool:
        parts: list[Any] = [self.form, self.drugs]
        if self.program is not None:
            parts.append(self.program)
            if self.program.data.get(self.program.add_prefix("mode")) == FLEX:
                parts.append(self.steps)
        judged = [part.is_valid() for part in parts]  # each of them, so that every error is shown at once
        return all(judged)

    def entry(self) -> FillEntry:
        return self.form.entry(self.drugs, self.zone)

    def program_entry(self, entry: FillEntry) -> ProgramEntry | None:
        """The program that starts with the refill; None when it stays as it was."""
        if self.program is None or self.steps is None:
            return None
        return self.program.program(self.steps, starts_on=entry.filled_on, starts_at=entry.filled_at)

    def add_record_error(self, error: RecordError) -> None:
        """Put a refusal at the field it is about, whichever form holds it."""
        if self.drugs.add_record_error(error.field, said(error.reason)):
            return
        program_field = ProgramForm.places.get(error.field, error.field)
        if self.program is not None and program_field in self.program.fields:
            self.program.add_error(program_field, said(error.reason))
        else:
            self.form.add_record_error(error)

    def problems(self) -> list[Problem]:
        """Everything wrong, in the order of the page."""
        found = problems_of(self.form) + rows_problems(self.drugs, _("Mixture"))
        if self.program is not None and self.steps is not None:
            found += problems_of(self.program)
            if self.program.data.get(self.program.add_prefix("mode")) == FLEX:
                found += rows_problems(self.steps, _("Steps"))
        return found


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about: the pump, what was last put in, how it runs; ``corrects`` names a fill."""

    implant: Implant
    last: Fill | None
    running: ProgramVersion | None
    corrects: Fill | None = None


def subject_of(implant: Implant, corrects: Fill | None = None) -> Subject:
    earlier = [
        fill
        for fill in current_fills(implant=implant)
        if corrects is None or fill.filled_on < corrects.filled_on
    ]
    running = current_programs(implant=implant)
    return Subject(implant, next(iter(earlier), None), next(iter(running), None), corrects)


def visit_of(request: ClinicRequest, subject: Subject, *, asks_reason: bool = True) -> Visit:
    """The forms, empty or with what was posted; a preview asks for no reason."""
    data = request.POST if request.method == "POST" else None
    corrects = subject.corrects
    form = RefillForm(
        data,
        initial=refill_values(corrects) if corrects else _new_values(request, subject),
        colleagues=_colleagues(request),
        corrects=corrects is not None and asks_reason,
    )
    rows = drug_values(corrects or subject.last, with_lots=corrects is not None)
    drugs = drug_formset(data, initial=rows)
    program = steps = None
    if corrects is None and request.may(Permission.CHANGE_PROGRAM):
        is_known = subject.running is not None or subject.implant.pump_model.is_constant_flow
        initial = program_values(subject.running) | {"mode": UNCHANGED if is_known else DOSE}
        program = ProgramForm(data, prefix="program", initial=initial, may_stay=is_known)
        steps = step_formset(data, version=subject.running)
    for part in (form, *drugs.forms, program, *(steps.forms if steps else ())):
        if part is not None:
            dress(part)
    return Visit(form, drugs, program, steps, ZoneInfo(request.clinic.time_zone))


def _new_values(request: ClinicRequest, subject: Subject) -> dict[str, Any]:
    is_setup = "setup" in request.GET
    last = subject.last
    today: date | None = None if is_setup else request.today
    volume_ml = last.fill_volume_ml if last else reservoir_ml(subject.implant)
    person = "" if is_setup else str(request.user)
    return new_refill_values(today=today, volume_ml=volume_ml, person=person, last=last)


def _colleagues(request: ClinicRequest) -> list[tuple[int, str]]:
    """Who may have checked: colleagues who may record care, never the person who records."""
    return [
        (member.user_id, str(member.user))
        for member in members(clinic_id=request.clinic.id)
        if member.is_active
        and member.user_id != request.user.id
        and Permission.RECORD_CARE in PERMISSIONS[Role(member.role)]
    ]
