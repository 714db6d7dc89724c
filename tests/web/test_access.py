"""Who gets in: one table of every page about patients and the clinic, walked as every role, as outsider, as nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from clinic.domain.entries import ProxyEntry
from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import User
from clinic.selectors.accounts import members
from clinic.services.accounts import change_membership, invite_member
from clinic.services.closures import add_closure
from clinic.services.patients import add_contact_point, add_proxy
from scheduling.services.register_import import upload_register
from scheduling.services.sweeps import start_recalculation
from tests.factories import (
    House,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_reading,
)
from tests.matters import open_matter
from tests.register_files import register
from tests.second_checks import waiting_check
from tests.web.browser_rules import assert_browser_rules
from tests.web.table_rows import (
    about_settings,
    about_visits,
    emergency_of,
    link_of_patient,
    message_to,
    plan_operation,
    planned_message,
    text_that_came,
)
from web.nurse import urls

BOOK = Permission.BOOK_VISITS
VIEW, EDIT, CARE = Permission.VIEW_PATIENTS, Permission.EDIT_PATIENTS, Permission.RECORD_CARE
PROGRAM, IMPORT = Permission.CHANGE_PROGRAM, Permission.IMPORT_REGISTER
FOLLOW_UPS = Permission.WORK_FOLLOW_UPS
CLINIC, MEMBERS = Permission.MANAGE_CLINIC, Permission.MANAGE_MEMBERS
CLOSE = Permission.CLOSE_DAYS
GRADING = Permission.EDIT_CHECK_IN_RULES


@dataclass(frozen=True)
class Row:
    """A page: its name, what it needs, what it is about, and whether it only takes POST."""

    name: str
    needs: Permission
    about: str = ""
    post: bool = False


PAGES = (
    Row("worklist", VIEW),
    Row("worklist_csv", VIEW),
    Row("refill_dates_ics", VIEW),
    Row("calendar", VIEW),
    Row("calendar_feed", VIEW),
    Row("calendar_print", VIEW),
    Row("calendar_links", VIEW),
    Row("calendar_link_revoke", EDIT, "calendar link", post=True),
    Row("calendar_link_restore", EDIT, "calendar link", post=True),
    Row("calendar_policy", CLINIC, post=True),
    Row("calendar_export", CLINIC),
    Row("calendar_export_file", CLINIC),
    Row("visit_new", BOOK),
    Row("visit_hold", BOOK, post=True),
    Row("visit", VIEW, "visit"),
    Row("visit_held", BOOK, "held visit"),
    Row("visit_release", BOOK, "visit", post=True),
    Row("visit_move", BOOK, "visit"),
    Row("visit_move_json", BOOK, "visit", post=True),
    Row("visit_arrive", BOOK, "visit", post=True),
    Row("visit_check_in", BOOK, "visit", post=True),
    Row("visit_done", BOOK, "visit"),
    Row("visit_no_show", BOOK, "visit", post=True),
    Row("visit_cancel", BOOK, "visit"),
    Row("visit_entered_in_error", BOOK, "visit"),
    Row("visit_undo", BOOK, "visit"),
    Row("follow_ups", VIEW),
    Row("follow_ups_ticked", FOLLOW_UPS, post=True),
    Row("follow_ups_book", Permission.BOOK_VISITS),
    Row("follow_ups_done", FOLLOW_UPS, post=True),
    Row("follow_ups_done_with_note", FOLLOW_UPS),
    Row("follow_ups_postpone", FOLLOW_UPS),
    Row("follow_ups_not_needed", FOLLOW_UPS),
    Row("follow_ups_give", FOLLOW_UPS),
    Row("follow_ups_give_back", FOLLOW_UPS, post=True),
    Row("follow_ups_reopen", FOLLOW_UPS, post=True),
    Row("filter_new", VIEW),
    Row("filter_edit", VIEW),
    Row("filter_delete", VIEW, post=True),
    Row("fill_new", CARE, "implant"),
    Row("fill_preview", CARE, "implant", post=True),
    Row("fill_edit", CARE, "fill"),
    Row("fill_edit_preview", CARE, "fill", post=True),
    Row("fill", VIEW, "fill"),
    Row("fill_void", CARE, "fill"),
    Row("program_new", PROGRAM, "implant"),
    Row("program_preview", PROGRAM, "implant", post=True),
    Row("program_edit", PROGRAM, "program"),
    Row("program_edit_preview", PROGRAM, "program", post=True),
    Row("program_void", PROGRAM, "program"),
    Row("to_check", CARE),
    Row("second_check", CARE, "second check"),
    Row("second_check_emergency", CARE, "second check"),
    Row("escalations", VIEW),
    Row("escalation", VIEW, "matter"),
    Row("escalation_acknowledge", FOLLOW_UPS, "matter", post=True),
    Row("escalations_acknowledge", FOLLOW_UPS, post=True),
    Row("escalations_confirm", FOLLOW_UPS, post=True),
    Row("on_call", CLINIC),
    Row("messages", Permission.VIEW_MESSAGES),
    Row("message", Permission.VIEW_MESSAGES, "message"),
    Row("texts", Permission.VIEW_MESSAGES),
    Row("text_handled", FOLLOW_UPS, "text", post=True),
    Row("reports", VIEW),
    Row("paper_list_page", VIEW),
    Row("paper_list_table", VIEW),
    Row("report_refills", VIEW),
    Row("report_refills_csv", VIEW),
    Row("report_preparation", VIEW),
    Row("report_preparation_csv", VIEW),
    Row("report_discrepancy", VIEW),
    Row("report_discrepancy_csv", VIEW),
    Row("report_outcomes", VIEW),
    Row("report_outcomes_csv", VIEW),
    Row("register", IMPORT),
    Row("register_template", IMPORT),
    Row("register_import", IMPORT, "import"),
    Row("register_report", IMPORT, "import"),
    Row("register_confirm", IMPORT, "import", post=True),
    Row("register_discard", IMPORT, "import", post=True),
    Row("patients", VIEW),
    Row("patient_new", EDIT),
    Row("patient", VIEW, "patient"),
    Row("patient_record", VIEW, "patient"),
    Row("patient_care", VIEW, "patient"),
    Row("patient_timeline", VIEW, "patient"),
    Row("watch", VIEW),
    Row("patient_check_ins", VIEW, "patient"),
    Row("check_in_new", CARE, "patient"),
    Row("check_in_rules", VIEW),
    Row("check_in_rules_version", VIEW, "check-in version"),
    Row("check_in_rule_new", GRADING),
    Row("check_in_rule", GRADING, "check-in row"),
    Row("call_new", FOLLOW_UPS, "patient"),
    Row("patient_details", VIEW, "patient"),
    Row("patient_history", Permission.VIEW_AUDIT, "patient"),
    Row("audit", Permission.VIEW_AUDIT),
    Row("audit_csv", Permission.VIEW_AUDIT),
    Row("patient_edit", EDIT, "patient"),
    Row("patient_death", EDIT, "patient"),
    Row("patient_death_withdraw", EDIT, "patient"),
    Row("contact_new", EDIT, "patient"),
    Row("contact_retire", EDIT, "contact", post=True),
    Row("contact_restore", EDIT, "contact", post=True),
    Row("stop_lift", EDIT, "contact"),
    Row("consent_new", EDIT, "channel"),
    Row("proxy_new", EDIT, "patient"),
    Row("proxy_edit", EDIT, "proxy"),
    Row("proxy_end", EDIT, "proxy", post=True),
    Row("proxy_resume", EDIT, "proxy", post=True),
    Row("proxy_contact_new", EDIT, "proxy"),
    Row("implant_new", EDIT, "patient"),
    Row("implant_edit", EDIT, "implant"),
    Row("implant_explant", CARE, "implant"),
    Row("implant_explant_withdraw", CARE, "implant"),
    Row("reading_new", CARE, "implant"),
    Row("reading_withdraw", CARE, "reading"),
    Row("event_new", CARE, "implant"),
    Row("event_withdraw", CARE, "event"),
    Row("surgery_new", EDIT, "patient"),
    Row("surgery_edit", EDIT, "surgery"),
    Row("surgery_cancel", EDIT, "surgery"),
    Row("lots", Permission.TRACE_LOTS),
    Row("lots_download", Permission.TRACE_LOTS, post=True),
    Row("settings", CLINIC),
    Row("closure_new", CLINIC, post=True),
    Row("work_policy_save", CLINIC, post=True),
    Row("holiday_regions", CLINIC),
    Row("closed_days", CLINIC),
    Row("closure_remove", CLINIC, "closure", post=True),
    Row("holiday_keep", CLINIC, "holiday", post=True),
    Row("closing_new", CLOSE),
    Row("closing", CLOSE, "closing"),
    Row("closing_confirm", CLOSE, "closing", post=True),
    Row("closing_undo", CLOSE, "closing", post=True),
    Row("closing_withdraw", CLOSE, "closing", post=True),
    Row("protocol", CLINIC),
    Row("protocol_row_new", CLINIC),
    Row("protocol_row", CLINIC, "protocol row"),
    Row("protocol_row_move", CLINIC, "protocol row", post=True),
    Row("protocol_row_use", CLINIC, "protocol row", post=True),
    Row("protocol_row_default", CLINIC, "protocol row", post=True),
    Row("protocol_default", CLINIC, post=True),
    Row("protocol_discard", CLINIC, post=True),
    Row("protocol_review", CLINIC),
    Row("protocol_versions", CLINIC),
    Row("protocol_version", CLINIC, "protocol version"),
    Row("resources", CLINIC),
    Row("nurse_new", CLINIC),
    Row("room_new", CLINIC),
    Row("resource", CLINIC, "resource"),
    Row("resource_retire", CLINIC, "resource", post=True),
    Row("resource_restore", CLINIC, "resource", post=True),
    Row("exception_new", CLINIC, "resource"),
    Row("exception_edit", CLINIC, "exception"),
    Row("exception_remove", CLINIC, "exception", post=True),
    Row("visit_kinds", CLINIC),
    Row("visit_kind_new", CLINIC),
    Row("visit_kind", CLINIC, "visit kind"),
    Row("visit_kind_retire", CLINIC, "visit kind", post=True),
    Row("visit_kind_restore", CLINIC, "visit kind", post=True),
    Row("reminders", CLINIC),
    Row("patient_messages", Permission.VIEW_MESSAGES, "patient"),
    Row("patient_message", Permission.VIEW_MESSAGES, "patient message"),
    Row("reminders_kind", CLINIC, "reminder kind"),
    Row("reminders_restore", CLINIC, "reminder kind", post=True),
    Row("words", CLINIC),
    Row("words_edit", CLINIC, "words"),
    Row("words_preview", CLINIC, "words", post=True),
    Row("words_restore", CLINIC, "words", post=True),
    Row("recalculation", CLOSE, "run"),
    Row("members", MEMBERS),
    Row("member_invite", MEMBERS),
    Row("member_edit", MEMBERS, "membership"),
    Row("emergencies", MEMBERS),
    Row("emergency_review", MEMBERS, "emergency"),
    Row("invitation_revoke", MEMBERS, "invitation", post=True),
)

EVERYBODYS = ("reminder kind", "words")
"""What every clinic has under the same name."""


@pytest.fixture
def about(house: House) -> dict[str, dict[str, object]]:
    """One of everything that a page can be about, in the house's clinic."""
    who = {"clinic": house.clinic, "actor_id": house.nurse.id}
    patient = make_patient(house)
    implant = make_implant(house, patient)
    contact = add_contact_point(
        patient_ref=patient.ref, kind="email", value="p@example.org", now=house.now, **who
    )
    proxy = add_proxy(patient_ref=patient.ref, entry=ProxyEntry(name="Per Ode"), now=house.now, **who)
    invitation, _ = invite_member(
        clinic=house.clinic,
        email="x@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now,
    )
    closure = add_closure(clinic=house.clinic, closed_on=house.today, reason="", actor_id=house.nurse.id)
    uploaded = upload_register(
        clinic=house.clinic,
        content=register({}),
        file_name="register.csv",
        uploaded_by_id=house.administrator.id,
        now=house.now,
    )
    run = start_recalculation(clinic_id=house.clinic.id, now=house.now)
    return {
        "": {},
        "patient": {"ref": patient.ref},
        "implant": {"ref": implant.ref},
        "contact": {"ref": patient.ref, "contact_id": contact.id},
        "channel": {"ref": patient.ref, "channel": "email"},
        "proxy": {"ref": patient.ref, "proxy_id": proxy.id},
        "fill": {"ref": make_fill(house, implant).ref},
        "program": {"program_id": make_program(house, implant).id},
        "import": {"ref": uploaded.ref},
        "reading": {"ref": implant.ref, "reading_id": make_reading(house, implant).id},
        "event": {"ref": implant.ref, "event_id": make_event(house, implant).id},
        "closure": {"closure_id": closure.id},
        "surgery": {"ref": plan_operation(house, patient).ref},
        **about_settings(house),
        **about_visits(house),
        "calendar link": {"ref": link_of_patient(house, patient).ref},
        "text": {"ref": text_that_came(house).ref},
        "matter": {"ref": open_matter(house).ref},
        "run": {"run_id": run.id},
        "second check": {"ref": waiting_check(house).ref},
        "reminder kind": {"kind": "refill"},
        "words": {"purpose": "visit", "channel": "sms", "language": "en"},
        "message": {"ref": message_to(house, contact.id, patient.id).ref},
        "patient message": {"ref": patient.ref, "message_ref": planned_message(house, patient).ref},
        "emergency": {"ref": emergency_of(house).ref},
        "membership": {"membership_id": members(clinic_id=house.clinic.id).get(user=house.nurse).id},
        "invitation": {"ref": invitation.ref},
    }


def visit(client: Client, row: Row, address: str) -> int:
    response = client.post(address) if row.post else client.get(address)
    assert_browser_rules(response, row.name)
    return response.status_code


def test_every_role_sees_exactly_the_pages_its_permissions_name(
    house: House,
    signed_in: Callable[[User], Client],
    about: dict[str, dict[str, object]],
    url: Callable[..., str],
) -> None:
    for role in Role:
        client = signed_in(house.person(role))
        for row in PAGES:
            may = row.needs in PERMISSIONS[role]
            status = visit(client, row, url(row.name, **about[row.about]))
            assert status in ({200, 302, 422} if may else {403}), f"{role} {row.name} {status}"


def test_a_member_of_another_clinic_finds_nothing_here(
    house: House,
    signed_in: Callable[[User], Client],
    about: dict[str, dict[str, object]],
    url: Callable[..., str],
) -> None:
    outsider = signed_in(house.outsider)
    for row in PAGES:
        assert visit(outsider, row, url(row.name, **about[row.about])) == 404, row.name


def test_what_belongs_to_this_clinic_is_not_found_below_the_address_of_another(
    house: House, signed_in: Callable[[User], Client], about: dict[str, dict[str, object]]
) -> None:
    """The outsider's own clinic, the other clinic's objects: also for its administrator."""
    for person in (house.outsider, house.elsewhere_administrator):
        client = signed_in(person)
        permissions = PERMISSIONS[Role.NURSE if person == house.outsider else Role.ADMINISTRATOR]
        for row in PAGES:
            if row.about in ("", *EVERYBODYS) or row.needs not in permissions:
                continue
            address = reverse(
                f"nurse:{row.name}", kwargs={"clinic_slug": house.elsewhere.slug, **about[row.about]}
            )
            assert visit(client, row, address) == 404, row.name


def test_nobody_is_sent_to_sign_in(about: dict[str, dict[str, object]], url: Callable[..., str]) -> None:
    for row in PAGES:
        response = Client().get(url(row.name, **about[row.about]))
        if not row.post:
            assert response.status_code == 302, row.name
            assert response.url.startswith("/accounts/login/")


def test_somebody_who_left_finds_nothing(
    house: House, signed_in: Callable[[User], Client], url: Callable[..., str]
) -> None:
    client = signed_in(house.nurse)
    membership = members(clinic_id=house.clinic.id).get(user=house.nurse)
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert client.get(url("patients")).status_code == 302  # every session has ended
    assert signed_in(User.objects.get(pk=house.nurse.pk)).get(url("patients")).status_code == 404


def test_every_page_of_a_clinic_names_a_permission() -> None:
    assert [path.name for path in urls.urlpatterns if not hasattr(path.callback, "permission")] == []


def test_every_page_of_a_clinic_stands_in_the_table() -> None:
    assert sorted(path.name for path in urls.urlpatterns) == sorted(row.name for row in PAGES)


def test_no_browser_keeps_a_page_about_patients(nurse: Client, url: Callable[..., str]) -> None:
    assert "no-store" in nurse.get(url("patients"))["Cache-Control"]


def test_a_person_with_one_clinic_lands_in_it(house: House, nurse: Client) -> None:
    assert nurse.get("/").url.startswith(f"/c/{house.clinic.slug}/")


def test_a_person_with_several_clinics_chooses(house: House, signed_in: Callable[[User], Client]) -> None:
    house.join_also(house.nurse, house.elsewhere)
    page = signed_in(house.nurse).get("/").content.decode()
    assert house.clinic.name in page
    assert house.elsewhere.name in page
