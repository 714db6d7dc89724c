"""How to reach a patient, what the patient agreed to, and who helps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import ProxyEntry
from clinic.selectors.rows import Channel, ContactKind, Proxy, Topic
from web.forms import ChangeForm, RecordForm
from web.nurse.forms.settings import zones


class ContactForm(RecordForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind.choices, widget=forms.RadioSelect)
    value = forms.CharField(
        label=_("Number or address"), max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    is_preferred = forms.BooleanField(label=_("Use this one first"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Where its owner lives: nothing is sent in the night there."),
    )

    def __init__(self, *args: Any, clinic_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = ("", gettext("the clinic's (%(zone)s)") % {"zone": clinic_zone})
        self.fields["time_zone"].choices = [own, *zones()]  # type: ignore[attr-defined]


class ConsentForm(RecordForm):
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, widget=forms.RadioSelect)
    topic = forms.ChoiceField(
        label=_("About"), choices=Topic.choices, widget=forms.RadioSelect, required=False
    )
    is_granted = forms.TypedChoiceField(
        label=_("The patient"),
        choices=[("yes", _("agrees")), ("no", _("does not agree, or withdraws"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    wording = forms.CharField(
        label=_("Words used"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was read to the patient, or what the patient said. Kept as it stands."),
    )

    def clean_topic(self) -> str:
        """Reminders, where nothing is said."""
        return self.cleaned_data["topic"] or Topic.REMINDERS


class LiftForm(RecordForm):
    reason = forms.CharField(
        label=_("What was said"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept with your name."),
    )


class ProxyForm(ChangeForm):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    relationship = forms.CharField(
        label=_("Relationship"), max_length=60, required=False, help_text=_("For example: daughter, carer.")
    )
    is_emergency_contact = forms.BooleanField(label=_("Emergency contact"), required=False)
    may_receive_reminders = forms.BooleanField(label=_("May receive reminders"), required=False)
    rows = (("name", "relationship"), "is_emergency_contact", "may_receive_reminders")

    def entry(self) -> ProxyEntry:
        return ProxyEntry(**self.cleaned_data)


def proxy_values(proxy: Proxy) -> dict[str, Any]:
    """What the form starts from when a proxy is changed."""
    return {name: getattr(proxy, name) for name in ProxyForm.base_fields if name != "seen"}


def proxy_entry(proxy: Proxy) -> ProxyEntry:
    """The proxy as it stands, for ending or resuming the role without changing anything else."""
    return ProxyEntry(**proxy_values(proxy))
