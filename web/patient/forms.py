"""What a patient types. Labels and hints stand in the templates; here only what is wrong with an answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from notifications.services.answers import LONGEST_NOTE, NoMoreTries, answers_birth_day
from web.patient.access import PatientRequest

SHORTEST, LONGEST = 1, 31


class PatientForm(forms.Form):
    """A form with the question that a machine cannot answer, unless the reader has answered it already."""

    born_day = forms.CharField(required=False, max_length=10)
    note = forms.CharField(required=False, max_length=LONGEST_NOTE)
    sequence = forms.IntegerField(required=False, min_value=0)

    def is_from_a_person(self, request: PatientRequest) -> bool:
        """Whether the reader is known, or has just given the right day; else the form says what is wrong.

        Raises LinkClosed, NoMoreTries.
        """
        if not self.is_valid():
            return False
        if request.given.is_known:
            return True
        text = self.cleaned_data["born_day"].strip()
        if not (text.isascii() and text.isdecimal() and SHORTEST <= int(text) <= LONGEST):
            self.add_error("born_day", _("Please type a number from 1 to 31."))
            return False
        try:
            if answers_birth_day(link_id=request.link.pk, day=int(text), now=request.now):
                return True
        except NoMoreTries:
            self.add_error("born_day", _("That was wrong too often. Please phone us."))
            raise
        self.add_error("born_day", _("That is not the day that we have. Please try again, or phone us."))
        return False
