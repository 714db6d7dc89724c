"""The catalogue of pumps and drugs, edited by superusers. The record itself is never edited here.

A saved change is announced, so that every clinic's dates are worked out with the new value.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pghistory
from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.changes import announce_catalogue
from clinic.models import Drug, MarketedStrength, PumpModel, PumpModelValue, Stability
from clinic.models.base import QuantityField
from clinic.scope import across_clinics


class PlainDecimalField(forms.DecimalField):
    """Shows 40 rather than 40.000000000000."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


QUANTITIES: dict[type[Field[Any, Any]], dict[str, Any]] = {QuantityField: {"form_class": PlainDecimalField}}


class Sourced(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    formfield_overrides = QUANTITIES


class PumpModelValueInline(Sourced):
    model = PumpModelValue
    fields = ("quantity", "value", "source", "confidence", "stated_on")


class StabilityInline(Sourced):
    model = Stability
    fk_name = "drug"
    fields = ("condition", "with_drug", "days", "source", "confidence", "stated_on")


class MarketedStrengthInline(Sourced):
    model = MarketedStrength
    fields = ("concentration", "unit", "note", "source", "confidence", "stated_on")


class CatalogueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An entry that is in use is never deleted: the record points at it."""

    formfield_overrides = QUANTITIES

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("key",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with pghistory.context(reason="catalogue edited"):
            return super().changeform_view(request, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        with across_clinics("a value of the catalogue is every clinic's"):
            announce_catalogue(now=timezone.now(), actor_id=request.user.pk)
        messages.info(request, _("The dates of every clinic are being worked out with the new values."))


@admin.register(PumpModel)
class PumpModelAdmin(CatalogueAdmin):
    list_display = ("name", "manufacturer", "mri_action", "is_constant_flow", "is_offered")
    list_filter = ("manufacturer", "is_offered")
    search_fields = ("name", "manufacturer", "key")
    inlines = (PumpModelValueInline,)


@admin.register(Drug)
class DrugAdmin(CatalogueAdmin):
    list_display = ("name", "hazard", "hazard_note", "source", "confidence")
    list_filter = ("hazard",)
    search_fields = ("name", "key")
    inlines = (StabilityInline, MarketedStrengthInline)


class HistoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the triggers wrote: to look at."""

    list_display = ("pgh_created_at", "entry", "pgh_label", "actor", "reason")
    list_filter = ("pgh_label",)
    ordering = ("-pgh_id",)
    list_select_related = ("pgh_context",)

    @admin.display(description=gettext_lazy("entry"))
    def entry(self, row: Any) -> str:
        for name in ("name", "quantity", "condition", "concentration"):
            if value := getattr(row, name, None):
                return str(value)
        return str(row.pgh_obj_id)

    @admin.display(description=gettext_lazy("account number"))
    def actor(self, row: Any) -> str:
        return str((row.pgh_context.metadata.get("actor") if row.pgh_context else None) or "–")

    @admin.display(description=gettext_lazy("reason"))
    def reason(self, row: Any) -> str:
        return str((row.pgh_context.metadata.get("reason") if row.pgh_context else None) or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.changelist_view(request)


for _model in (PumpModel, PumpModelValue, Drug, Stability, MarketedStrength):
    admin.site.register(apps.get_model("clinic", f"{_model.__name__}History"), HistoryAdmin)
