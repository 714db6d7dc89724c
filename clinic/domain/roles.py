"""Who may do what: the one permission table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A person's role in one clinic."""

    NURSE = "nurse"
    PRESCRIBER = "prescriber"
    SCHEDULER = "scheduler"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Something a person may be allowed to do in a clinic."""

    VIEW_PATIENTS = "view_patients"
    EDIT_PATIENTS = "edit_patients"
    RECORD_CARE = "record_care"
    WORK_FOLLOW_UPS = "work_follow_ups"
    BOOK_VISITS = "book_visits"
    OVERBOOK = "overbook"
    CLOSE_DAYS = "close_days"
    CHANGE_PROGRAM = "change_program"
    TRACE_LOTS = "trace_lots"
    VIEW_MESSAGES = "view_messages"
    MAKE_LINKS = "make_links"
    IMPORT_REGISTER = "import_register"
    EDIT_CHECK_IN_RULES = "edit_check_in_rules"
    MANAGE_CLINIC = "manage_clinic"
    MANAGE_MEMBERS = "manage_members"
    VIEW_AUDIT = "view_audit"


_CARE = {
    Permission.VIEW_PATIENTS,
    Permission.EDIT_PATIENTS,
    Permission.RECORD_CARE,
    Permission.WORK_FOLLOW_UPS,
    Permission.BOOK_VISITS,
    Permission.OVERBOOK,
    Permission.CLOSE_DAYS,
    Permission.CHANGE_PROGRAM,
    Permission.TRACE_LOTS,
    Permission.VIEW_MESSAGES,
    Permission.MAKE_LINKS,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.NURSE: frozenset(_CARE),
    Role.PRESCRIBER: frozenset(_CARE | {Permission.EDIT_CHECK_IN_RULES}),
    Role.SCHEDULER: frozenset(
        {
            Permission.VIEW_PATIENTS,
            Permission.EDIT_PATIENTS,
            Permission.WORK_FOLLOW_UPS,
            Permission.BOOK_VISITS,
            Permission.VIEW_MESSAGES,
            Permission.MAKE_LINKS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        _CARE
        | {
            Permission.IMPORT_REGISTER,
            Permission.EDIT_CHECK_IN_RULES,
            Permission.MANAGE_CLINIC,
            Permission.MANAGE_MEMBERS,
            Permission.VIEW_AUDIT,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.VIEW_PATIENTS,
            Permission.TRACE_LOTS,
            Permission.VIEW_AUDIT,
            Permission.MAKE_LINKS,
        }
    ),
}


EMERGENCY = frozenset({Permission.VIEW_PATIENTS, Permission.RECORD_CARE})
"""What emergency access adds to a role, or gives without one; never more (45 CFR 164.312(a)(2)(ii))."""
EMERGENCY_HOURS = 1


def may(role: Role, permission: Permission) -> bool:
    """Say whether a person in ``role`` may do ``permission``."""
    return permission in PERMISSIONS[role]
