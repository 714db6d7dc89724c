"""Links to calendars for the programs that people keep their days in: made, seen once, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import segno
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.patients import get_patient
from scheduling.domain.calendars.access import UNUSED_FOR, detail_now, details_up_to
from scheduling.domain.calendars.entries import Detail
from scheduling.selectors import resources as stored
from scheduling.selectors.calendar_feeds import (
    feeds_of_clinic,
    feeds_of_patient,
    feeds_of_person,
    most_detail,
)
from scheduling.selectors.rows import CalendarFeed, FeedDetail, FeedHolds, FeedScope
from scheduling.services.calendar_feeds import create_feed, restore_feed, revoke_feed, set_most_detail
from web.access import ClinicRequest, clinic_page
from web.addresses import public_address
from web.feed_ends import check_may_end
from web.nurse.forms.calendar_links import CalendarLinkForm, CalendarPolicyForm, whose_choices
from web.nurse.frame import Trail, clinic_reverse, full_name, patient_trail
from web.undo import Undo, say_done


@dataclass(frozen=True, slots=True)
class Way:
    """One way to subscribe, with how soon a change is seen there."""

    label: str | Promise
    icon: str
    url: str
    hint: str | Promise


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def calendar_links(request: ClinicRequest) -> HttpResponse:
    """A person's links in this clinic, with a form for another; whoever manages the clinic sees everybody's."""
    most = most_detail(clinic_id=request.clinic.id)
    patient = _patient(request)
    form = CalendarLinkForm(
        request.POST or None,
        choices=_choices(request, patient),
        details=details_up_to(most),
        initial={"whose": _own_choice(request, patient)},
    )
    if form.is_valid():
        try:
            feed, token = create_feed(
                clinic=request.clinic, entry=form.entry(), actor_id=request.user.id, now=request.now
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            return _made(request, feed, token)
    context: dict[str, Any] = {
        "place": "patients" if patient else "calendar",
        "heading": _("Calendar links"),
        "trail": _trail(request, patient),
        "form": form,
        "patient": patient,
        "rows": [_row(feed, most) for feed in _listed(request, patient)],
        "unused_days": UNUSED_FOR.days,
    }
    if request.may(Permission.MANAGE_CLINIC) and patient is None:
        others = feeds_of_clinic(clinic_id=request.clinic.id).exclude(owner_id=request.user.id)
        context |= {
            "policy_form": CalendarPolicyForm(initial={"most": most.value}),
            "others": [_row(feed, most) for feed in others],
        }
    return render(request, "nurse/calendar/links.html", context, status=422 if form.errors else 200)


@require_POST
@clinic_page(Permission.VIEW_PATIENTS)
def calendar_link_revoke(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Close a link of one's own, a patient's where one may change patients, or any where one manages the clinic."""
    check_may_end(clinic_id=request.clinic.id, ref=ref, user_id=request.user.id, may=request.may)
    feed = revoke_feed(clinic=request.clinic, ref=ref, actor_id=request.user.id, now=request.now)
    say_done(
        request,
        _("“%(name)s” is revoked. Calendars that have it are empty once they ask again.")
        % {"name": feed.label},
        undo=Undo(clinic_reverse(request, "calendar_link_restore", ref=ref)),
    )
    return redirect(_back(request, feed))


@require_POST
@clinic_page(Permission.VIEW_PATIENTS)
def calendar_link_restore(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take a revocation back: the same address opens again."""
    check_may_end(clinic_id=request.clinic.id, ref=ref, user_id=request.user.id, may=request.may)
    feed = restore_feed(clinic=request.clinic, ref=ref, actor_id=request.user.id)
    say_done(request, _("“%(name)s” works again.") % {"name": feed.label})
    return redirect(_back(request, feed))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def calendar_policy(request: ClinicRequest) -> HttpResponse:
    """Say how much the clinic's calendars may say."""
    form = CalendarPolicyForm(request.POST)
    if form.is_valid():
        set_most_detail(clinic=request.clinic, most=FeedDetail(form.cleaned_data["most"]))
        say_done(request, _("Saved. Each calendar follows when it asks next."))
    return redirect(clinic_reverse(request, "calendar_links"))


def _made(request: ClinicRequest, feed: CalendarFeed, token: str) -> HttpResponse:
    """The link, this once: only its hash is kept."""
    address = public_address(request, reverse("calendar_feed", kwargs={"token": token}))
    webcal = "webcal://" + address.split("://", 1)[1]
    back = _links_page(request, feed.patient)
    says = (feed.label, _whose(feed), FeedHolds(feed.holds).label, FeedDetail(feed.detail).label)
    context = {
        "place": "patients" if feed.patient else "calendar",
        "heading": _("Your calendar link"),
        "trail": [*_trail(request, feed.patient)[:-1], (_("Calendar links"), back)],
        "says": " · ".join(str(each) for each in says),
        "address": address,
        "ways": _ways(address, webcal, feed.label),
        "qr": segno.make(webcal, error="m").svg_data_uri(scale=4, border=4),
        "cancel_url": back,
    }
    return render(request, "nurse/calendar/link_made.html", context)


def _ways(address: str, webcal: str, name: str) -> list[Way]:
    outlook = urlencode({"url": address, "name": name}, quote_via=quote)
    return [
        Way(
            lazy("Apple, Outlook for Windows, Thunderbird"),
            "calendar-plus",
            webcal,
            lazy("Shows changes after an hour or more, as set there."),
        ),
        Way(
            lazy("Google Calendar"),
            "google",
            f"https://calendar.google.com/calendar/r?{urlencode({'cid': webcal})}",
            lazy("Reaches Android phones too. Shows changes after 8 to 24 hours, sometimes later."),
        ),
        Way(
            lazy("Outlook on the web"),
            "microsoft",
            f"https://outlook.office.com/calendar/0/addfromweb?{outlook}",
            lazy("Shows changes after 3 to 24 hours."),
        ),
    ]


def _row(feed: CalendarFeed, most: Detail) -> dict[str, Any]:
    detail = FeedDetail(detail_now(Detail(feed.detail), most=most))
    return {
        "feed": feed,
        "whose": _whose(feed),
        "holds": FeedHolds(feed.holds).label,
        "detail": detail.label if feed.owner_id else _("what the patient's messages say"),
        "is_less": feed.owner_id is not None and detail != feed.detail,
        "owner": str(feed.owner) if feed.owner else _("the patient"),
    }


def _whose(feed: CalendarFeed) -> str:
    if feed.patient is not None:
        return full_name(feed.patient)
    found = feed.resource or feed.kind
    return found.name if found is not None else _("The whole clinic")


def _listed(request: ClinicRequest, patient: Any) -> Any:
    if patient is not None:
        return feeds_of_patient(clinic_id=request.clinic.id, patient_id=patient.pk)
    return feeds_of_person(clinic_id=request.clinic.id, user_id=request.user.id)


def _patient(request: ClinicRequest) -> Any:
    """The patient of ``?patient=``; 404 for one who is not this clinic's."""
    asked = request.GET.get("patient", "")
    if not asked:
        return None
    try:
        found = get_patient(clinic_id=request.clinic.id, patient_ref=UUID(asked))
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _choices(request: ClinicRequest, patient: Any) -> list[tuple[Any, Any]]:
    if patient is not None:
        return [(f"{FeedScope.PATIENT.value}:{patient.ref}", full_name(patient))]
    rows = [
        row for row in stored.resources(clinic_id=request.clinic.id, today=request.today) if row.is_active
    ]
    kinds = [kind for kind in stored.visit_kinds(clinic_id=request.clinic.id) if kind.is_active]
    return whose_choices(rows, kinds)


def _own_choice(request: ClinicRequest, patient: Any) -> str:
    """A nurse's own calendar, where there is one."""
    if patient is not None:
        return f"{FeedScope.PATIENT.value}:{patient.ref}"
    for row in stored.resources(clinic_id=request.clinic.id, today=request.today):
        if row.is_active and row.user_id == request.user.id:
            return f"{FeedScope.NURSE.value}:{row.ref}"
    return str(FeedScope.CLINIC.value)


def _trail(request: ClinicRequest, patient: Any = None) -> Trail:
    here = (_("Calendar links"), "")
    if patient is not None:
        return patient_trail(request, patient, here)
    return [(_("Calendar"), clinic_reverse(request, "calendar")), here]


def _back(request: ClinicRequest, feed: CalendarFeed) -> str:
    return _links_page(request, feed.patient if request.POST.get("patient") else None)


def _links_page(request: ClinicRequest, patient: Any) -> str:
    """The page that lists a person's own links, or a patient's."""
    page = clinic_reverse(request, "calendar_links")
    return page if patient is None else f"{page}?{urlencode({'patient': str(patient.ref)})}"
