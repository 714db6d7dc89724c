"""A clinic's own words for one purpose, channel and language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.domain.kinds import ChannelName
from notifications.domain.words.checks import LONGEST_BODY, LONGEST_SUBJECT, Fault, Problem, tidy
from notifications.domain.words.writing import Words
from web.forms import ChangeForm

FAULTS: dict[Fault, str | Promise] = {
    Fault.UNKNOWN_PLACEHOLDER: _("“%(found)s” is none of the fields listed here."),
    Fault.NOT_OFFERED: _("“%(found)s” cannot be filled in here."),
    Fault.STRAY_BRACE: _("A curly bracket is open or doubled. Fields look like {first_name}."),
    Fault.STRAY_BRACKET: _("A square bracket is open, doubled, or closed on another line."),
    Fault.MISSING_PLACEHOLDER: _("“%(found)s” is missing."),
    Fault.MAY_VANISH: _(
        "“%(found)s” stands in square brackets with another field and would go when that one is empty. "
        "Move it out of them."
    ),
    Fault.FORBIDDEN_DRUG: _("“%(found)s” names a medicine or a product. No message does."),
    Fault.FORBIDDEN_DOSE: _("“%(found)s” speaks of a dose. No message does."),
    Fault.FORBIDDEN_DEVICE: _("“%(found)s” tells of the pump or of the refill. No message does."),
    Fault.FORBIDDEN_DIAGNOSIS: _("“%(found)s” tells why somebody comes. No message does."),
    Fault.FOREIGN_LINK: _("“%(found)s” leads somewhere else. The only link is {link}."),
    Fault.NO_STOP_WORD: _("Say how to end texts: the word %(found)s, outside of square brackets."),
    Fault.SUBJECT_MISSING: _("An e-mail needs a subject."),
    Fault.SUBJECT_OF_TEXT: _("A text message has no subject."),
    Fault.LINE_IN_SUBJECT: _("A subject is one line."),
    Fault.TOO_LONG: _("At most %(found)s characters."),
    Fault.SEVERAL_TEXTS: _("This takes %(found)s text messages. Shorten it until it is one."),
    Fault.EMPTY: _("Say something, or restore the standard words."),
}


def fault_words(problem: Problem) -> str:
    """What is wrong, for a person."""
    return str(FAULTS[problem.fault]) % {"found": problem.found}


class WordsForm(ChangeForm):
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT, required=False)
    body = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_BODY,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
    )

    def __init__(self, *args: Any, in_use: Words, channel: ChannelName, language: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"subject": in_use.subject, "body": in_use.body}, **kwargs)
        body = self.fields["body"].widget.attrs
        body["lang"] = self.fields["subject"].widget.attrs["lang"] = language
        if channel is ChannelName.SMS:
            del self.fields["subject"]
            self.helper.layout.pop(0)
            body["rows"] = 6

    def words(self) -> Words:
        return Words(self.cleaned_data["body"], self.cleaned_data.get("subject", ""))

    def shown(self) -> Words:
        """What stands in the fields, right or wrong."""
        values = {name: str(self[name].value() or "") for name in self.fields}
        return tidy(Words(values["body"], values.get("subject", "")))

    def add_problems(self, problems: list[Problem]) -> None:
        """Show what the check refused, at its field."""
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, fault_words(problem))
