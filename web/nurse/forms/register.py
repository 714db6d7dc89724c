"""The form that takes a clinic's register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.domain.register import Reason
from web.forms import RecordForm
from web.words import said


class RegisterForm(RecordForm):
    """A CSV file, and what its uploader attests about the patients in it."""

    file = forms.FileField(
        label=gettext_lazy("Register (CSV)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    consent_email = forms.BooleanField(
        required=False, label=gettext_lazy("I attest that these patients agreed to reminders by e-mail")
    )
    consent_sms = forms.BooleanField(
        required=False, label=gettext_lazy("I attest that these patients agreed to reminders by text message")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.REGISTER_UPLOAD_MAX_BYTES
        self.fields["file"].widget.attrs |= {"data-max-bytes": most, "data-too-large": too_large()}
        self.fields["file"].help_text = _(
            "In Excel: save as “CSV UTF-8”. At most %(size)s. Nothing is changed before you have seen the report."
        ) % {"size": filesizeformat(most)}

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.REGISTER_UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large(), code="too_large")
        return file

    def consent_channels(self) -> frozenset[str]:
        """The channels whose consent the uploader attests."""
        return frozenset(name for name in ("email", "sms") if self.cleaned_data[f"consent_{name}"])

    def refuse_file(self, reason: Reason) -> None:
        """Show at the field why the file is no register."""
        self.add_error("file", said(reason))


def too_large() -> str:
    """Say how large a file may be and what to do with a larger one."""
    size = filesizeformat(settings.REGISTER_UPLOAD_MAX_BYTES)
    return _("The file is larger than %(size)s. Split it and upload the parts one after the other.") % {
        "size": size
    }
