"""How a pump's projection is written in the templates."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django import template

from clinic.selectors.rows import ProgramVersion
from web import findings
from web.nurse import outlooks
from web.words import figure_words

register = template.Library()


@register.filter
def limit_name(kind: str) -> str:
    """What binds a refill date, in words; a kind from an address or a row is looked up, never shown raw."""
    return str(findings.LIMITS.get(str(kind), ""))


@register.filter
def ml(value: Decimal | Fraction | None) -> str:
    """A volume to two places, without idle zeros."""
    return "" if value is None else figure_words(value, places=2)


@register.filter
def flow(value: Decimal | Fraction | None) -> str:
    """A flow to four places, without idle zeros."""
    return "" if value is None else figure_words(value)


@register.filter
def days(value: Decimal | Fraction | None) -> str:
    """A number of days to one place."""
    return "" if value is None else figure_words(value, places=1)


@register.filter
def signed_ml(value: Decimal | Fraction | None) -> str:
    """A difference in mL with its sign."""
    return "" if value is None else figure_words(value, places=2, is_signed=True)


@register.filter
def signed_percent(value: Decimal | Fraction | None) -> str:
    """A ratio such as -0.25 as percent with its sign: -25."""
    return "" if value is None else figure_words(Fraction(value) * 100, places=1, is_signed=True)


@register.filter
def program_words(version: ProgramVersion | None) -> str:
    """How the pump runs, in one line."""
    return outlooks.program_words(version)
