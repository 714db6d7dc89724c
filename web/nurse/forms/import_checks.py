"""The form that takes the file a second person holds, or the beginning of its hash."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.import_check import HASH_LETTERS
from web.forms import RecordForm
from web.nurse.forms.register import too_large


class FileForm(RecordForm):
    """One of the two: the file is compared and not kept."""

    file = forms.FileField(
        label=gettext_lazy("The file, from your own copy"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy(
            "From where the clinic keeps it, or as the importer sent it. It is compared and not kept."
        ),
    )
    sha256 = forms.CharField(
        label=gettext_lazy("Or the beginning of its SHA-256"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs |= {
            "data-max-bytes": settings.REGISTER_UPLOAD_MAX_BYTES,
            "data-too-large": too_large(),
        }
        self.fields["sha256"].help_text = _(
            "At least %(least)s characters, worked out on your computer from your copy."
        ) % {"least": HASH_LETTERS}

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > settings.REGISTER_UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large(), code="too_large")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        typed = "".join(cleaned.get("sha256", "").split())
        if "file" not in self.errors and not cleaned.get("file") and not typed:
            self.add_error("file", _("Choose the file, or type the beginning of its hash."))
        elif typed and not cleaned.get("file") and len(typed) < HASH_LETTERS:
            self.add_error("sha256", _("Type at least %(least)s characters of it.") % {"least": HASH_LETTERS})
        return cleaned

    def refuse_size(self) -> None:
        """Say at the field that the file is too large."""
        self.add_error("file", too_large())
