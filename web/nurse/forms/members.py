"""Who works in the clinic, and in which role."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.roles import Role
from clinic.selectors.rows import ROLE_LABELS
from web.forms import RecordForm

ROLES = [(role.value, ROLE_LABELS[role]) for role in Role]


class InvitationForm(RecordForm):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.TypedChoiceField(label=_("Role"), choices=ROLES, coerce=Role)
    rows = (("email", "role"),)


class MembershipForm(RecordForm):
    role = forms.TypedChoiceField(label=_("Role"), choices=ROLES, coerce=Role)
    is_active = forms.BooleanField(
        label=_("Active"),
        required=False,
        help_text=_("Without the tick the person can no longer open the clinic."),
    )
