"""The one permission table, and the page that shows it."""

from pathlib import Path

from clinic.domain.roles import EMERGENCY, PERMISSIONS, Permission, Role, may

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "roles.md"


def table() -> str:
    """The table as docs/reference/roles.md must show it."""
    head = ["Permission", *(role.value for role in Role), "emergency access"]
    lines = [head, ["---"] * len(head)]
    for permission in Permission:
        marks = ["yes" if may(role, permission) else "" for role in Role]
        lines.append([f"`{permission.value}`", *marks, "yes" if permission in EMERGENCY else ""])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def test_the_page_shows_the_table_that_the_code_goes_by() -> None:
    assert table() in PAGE.read_text()


def test_every_role_and_permission_is_used() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert frozenset().union(*PERMISSIONS.values()) == frozenset(Permission)


def test_managing_people_and_reading_the_audit_never_come_with_care() -> None:
    apart = {Permission.MANAGE_CLINIC, Permission.MANAGE_MEMBERS, Permission.VIEW_AUDIT}
    assert not EMERGENCY & apart
    for role in (Role.NURSE, Role.PRESCRIBER, Role.SCHEDULER):
        assert not PERMISSIONS[role] & apart
