"""The table by which a clinic reads check-ins, in versions; version 0 is the one that is shipped."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.domain.check_in.rules import DEFAULT_RULES, Rule
from notifications.domain.check_in.table import NotATable, read_table
from notifications.models import CheckInRules

SHIPPED = 0


@dataclass(frozen=True, slots=True)
class Table:
    """``is_readable`` is False where the clinic's own could not be read: then these are the shipped rows."""

    version: int
    rules: tuple[Rule, ...]
    is_readable: bool = True

    def rule(self, key: str) -> Rule | None:
        """The row with this key."""
        return next((rule for rule in self.rules if rule.key == key), None)


def table_in_force(*, clinic_id: int) -> Table:
    """The clinic's newest version (one query)."""
    row = CheckInRules.objects.for_clinic(clinic_id).order_by("-version").first()
    return Table(SHIPPED, DEFAULT_RULES) if row is None else _table(row)


def table_version(*, clinic_id: int, version: int) -> Table | None:
    """One version; None for one that the clinic does not have."""
    if version == SHIPPED:
        return Table(SHIPPED, DEFAULT_RULES)
    row = CheckInRules.objects.for_clinic(clinic_id).filter(version=version).first()
    return None if row is None else _table(row)


def table_versions(*, clinic_id: int) -> list[CheckInRules]:
    """Who changed it when, newest first."""
    return list(CheckInRules.objects.for_clinic(clinic_id).select_related("created_by").order_by("-version"))


def _table(row: CheckInRules) -> Table:
    try:
        return Table(row.version, read_table(row.rows))
    except NotATable:
        return Table(row.version, DEFAULT_RULES, is_readable=False)
