"""When patients are told: hours and caps, and the steps of one kind of message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.rules import SENDING_TIME
from notifications.selectors.rules import StoredPolicy, StoredRule
from notifications.services.rules import PolicyEntry, RuleEntry
from web.forms import ChangeForm, CountField, RecordForm, TimeOfDayField
from web.nurse.message_words import CHANNELS

BEFORE, AFTER = "before", "after"
NO_OTHER = ""
COUNTED_FROM = {
    MessageKind.BOOK_VISIT: _("the day to aim for"),
    MessageKind.PREPARATION: _("the operation"),
    MessageKind.CHECK_IN: _("the day of the check-in"),
}
THE_VISIT = _("the visit")


class PolicyForm(ChangeForm):
    quiet_from = TimeOfDayField(label=_("Nothing is sent from"))
    quiet_until = TimeOfDayField(label=_("until"), help_text=_("On the clock of whoever reads."))
    is_text_on = forms.BooleanField(label=_("Send text messages"), required=False)
    most_texts_a_day = CountField(label=_("Texts a day at most"), min_value=1, max_value=5)
    most_texts_a_week = CountField(
        label=_("Texts in seven days at most"),
        min_value=1,
        max_value=20,
        help_text=_("To one reader. What does not fit goes by e-mail, if the patient agreed to that."),
    )
    unanswered_days = CountField(
        label=_("A visit that is not confirmed becomes a call"),
        unit=_("days before"),
        min_value=0,
        max_value=30,
    )
    is_invitation_on = forms.BooleanField(
        label=_("Send visits to patients' own calendars"),
        required=False,
        help_text=_(
            "An invitation by e-mail for every visit, booked already or from now on. It says the clinic's name, "
            "place and telephone; others who see that calendar see it too."
        ),
    )
    place = forms.CharField(
        label=_("Where to come to, as messages say it"),
        max_length=120,
        required=False,
        help_text=_("For example: 2nd floor, door 14."),
    )
    rows = (
        ("quiet_from", "quiet_until"),
        "is_text_on",
        ("most_texts_a_day", "most_texts_a_week"),
        "unanswered_days",
        "is_invitation_on",
        "place",
    )

    def __init__(self, *args: Any, policy: StoredPolicy, **kwargs: Any) -> None:
        values = {name: getattr(policy, name) for name in PolicyForm.base_fields if name != "seen"}
        super().__init__(*args, initial=values, **kwargs)

    def entry(self) -> PolicyEntry:
        return PolicyEntry(**self.cleaned_data)


class StepForm(RecordForm):
    """One step. An empty number of days is no step."""

    step = forms.SlugField(required=False, max_length=20, widget=forms.HiddenInput)
    days = CountField(label=_("Days"), required=False, min_value=0, max_value=400)
    when = forms.ChoiceField(label=_("Before or after"), choices=[(BEFORE, _("before")), (AFTER, _("after"))])
    at = TimeOfDayField(label=_("At"))
    first = forms.ChoiceField(label=_("Through"), choices=list(CHANNELS.items()))
    then = forms.ChoiceField(
        label=_("Else through"), required=False, choices=[(NO_OTHER, _("nothing else")), *CHANNELS.items()]
    )
    wants_answer = forms.BooleanField(label=_("Asks for an answer"), required=False)
    is_critical = forms.BooleanField(
        label=_("If it may be lost, tell by another channel too"), required=False
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)
    rows = (("days", "when", "at"), ("first", "then"), "wants_answer", "is_critical", "is_active", "step")

    def clean_days(self) -> int | None:
        days: int | None = self.cleaned_data["days"]
        if days is None and self.cleaned_data.get("step"):
            raise forms.ValidationError(_("Say how many days; to drop the step, take it out of use."))
        if days is not None and days > 120 and self.data.get(self.add_prefix("when")) == BEFORE:
            raise forms.ValidationError(_("At most 120 days before."))
        return days

    @property
    def is_empty(self) -> bool:
        return self.cleaned_data.get("days") is None

    def entry(self) -> RuleEntry:
        values = self.cleaned_data
        names = dict.fromkeys(name for name in (values["first"], values["then"]) if name)
        return RuleEntry(
            step=values["step"],
            days=-values["days"] if values["when"] == BEFORE else values["days"],
            at=values["at"],
            channels=tuple(ChannelName(name) for name in names),
            wants_answer=values["wants_answer"],
            is_critical=values["is_critical"],
            is_active=values["is_active"],
        )


def step_forms(data: Any, rules: Sequence[StoredRule]) -> list[StepForm]:
    """A form for each step, and an empty one for another."""
    forms_of = [
        StepForm(data, prefix=f"step{number}", initial=_values(rule)) for number, rule in enumerate(rules)
    ]
    blank = {"when": BEFORE, "at": SENDING_TIME, "first": ChannelName.SMS, "then": ChannelName.EMAIL}
    return [*forms_of, StepForm(data, prefix="new", initial=blank | {"is_active": True})]


def _values(rule: StoredRule) -> dict[str, Any]:
    return {
        "step": rule.step,
        "days": abs(rule.days),
        "when": AFTER if rule.days > 0 else BEFORE,
        "at": rule.at,
        "first": rule.channels[0],
        "then": rule.channels[1] if len(rule.channels) > 1 else NO_OTHER,
        "wants_answer": rule.wants_answer,
        "is_critical": rule.is_critical,
        "is_active": rule.is_active,
    }
