"""The people of a clinic: roles, invitations."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.accounts import accepted_invitations, open_invitations
from clinic.selectors.accounts import members as members_of
from clinic.selectors.rows import ROLE_LABELS, Invitation
from clinic.services.accounts import change_membership, invite_member, revoke_invitation, show_link
from notifications.selectors.messages import stays_in_installation
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.members import InvitationForm, MembershipForm
from web.nurse.frame import clinic_reverse
from web.nurse.pages import form_page

MAIL_ERRORS = (OSError,)
"""What a mail server that is away raises (smtplib's errors are OSErrors)."""


@require_safe
@clinic_page(Permission.MANAGE_MEMBERS)
def members(request: ClinicRequest) -> HttpResponse:
    """Everybody of the clinic, and the invitations still open."""
    context = {
        "place": "members",
        "members": members_of(clinic_id=request.clinic.id),
        "invitations": open_invitations(clinic_id=request.clinic.id, now=request.now),
        "accepted": accepted_invitations(clinic_id=request.clinic.id),
        "roles": [(ROLE_LABELS[role], role_powers(role)) for role in Role],
    }
    return render(request, "nurse/members/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_MEMBERS)
def member_invite(request: ClinicRequest) -> HttpResponse:
    """Invite a colleague: the link goes to the colleague by e-mail."""
    form = InvitationForm(request.POST or None, initial={"role": Role.NURSE})
    if form.is_valid():
        try:
            invitation, token = invite_member(
                clinic=request.clinic, actor_id=request.user.id, now=request.now, **form.cleaned_data
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            return _invited(request, invitation, token)
    context = {
        "place": "members",
        "heading": _("Invite a colleague"),
        "trail": [(_("Members"), clinic_reverse(request, "members")), (_("Invite"), "")],
        "form": form,
        "submit_label": _("Invite"),
        "cancel_url": clinic_reverse(request, "members"),
    }
    return render(request, "nurse/form_page.html", context, status=422 if form.errors else 200)


def _invited(request: ClinicRequest, invitation: Invitation, token: str) -> HttpResponse:
    """The link goes to the address invited, and to nobody else; only where no mail leaves is it shown, which is kept."""
    link = request.build_absolute_uri(reverse("join") + "?" + urlencode({"invitation": token}))
    if not stays_in_installation() and not send_invitation(request, invitation, link):
        revoke_invitation(
            clinic=request.clinic,
            invitation_ref=invitation.ref,
            actor_id=request.user.id,
            now=request.now,
            is_unsent=True,
        )
        messages.error(request, _("The e-mail could not be sent, so nobody is invited. Try again later."))
        return redirect(clinic_reverse(request, "members"))
    is_shown = stays_in_installation()
    if is_shown:
        show_link(clinic=request.clinic, invitation_ref=invitation.ref, actor_id=request.user.id)
    context = {
        "place": "members",
        "trail": [(_("Members"), clinic_reverse(request, "members")), (_("Invited"), "")],
        "invitation": invitation,
        "role": ROLE_LABELS[Role(invitation.role)],
        "link": link if is_shown else "",
    }
    return render(request, "nurse/members/invited.html", context)


def send_invitation(request: ClinicRequest, invitation: Invitation, link: str) -> bool:
    """Mail the link; False when the mail server did not take it."""
    with override(request.clinic.language):
        words = {
            "clinic": request.clinic,
            "link": link,
            "inviter": request.user,
            "role": ROLE_LABELS[Role(invitation.role)],
            "expires_at": invitation.expires_at,
        }
        subject = _("Invitation to %(clinic)s") % {"clinic": request.clinic.name}
        text = render_to_string("nurse/members/invitation.txt", words)
    try:
        return send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email]) == 1
    except MAIL_ERRORS:
        return False


@require_POST
@clinic_page(Permission.MANAGE_MEMBERS)
def invitation_revoke(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take an open invitation back: its link stops working."""
    if not open_invitations(clinic_id=request.clinic.id, now=request.now).filter(ref=ref).exists():
        raise Http404
    revoke_invitation(clinic=request.clinic, invitation_ref=ref, actor_id=request.user.id, now=request.now)
    messages.success(request, _("The invitation is taken back; its link no longer works."))
    return redirect(clinic_reverse(request, "members"))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_MEMBERS)
def member_edit(request: ClinicRequest, membership_id: int) -> HttpResponse:
    """Change a member's role, or end or resume the membership."""
    membership = members_of(clinic_id=request.clinic.id).filter(pk=membership_id).first()
    if membership is None:
        raise Http404
    form = MembershipForm(
        request.POST or None, initial={"role": membership.role, "is_active": membership.is_active}
    )
    page = clinic_reverse(request, "members")
    return form_page(
        request,
        form,
        save=lambda: change_membership(
            clinic=request.clinic,
            membership_id=membership_id,
            actor_id=request.user.id,
            now=request.now,
            **form.cleaned_data,
        ),
        then=reverse("home") if membership.user_id == request.user.id else page,
        done=_("The membership is saved."),
        context={
            "place": "members",
            "heading": _("Role of %(name)s") % {"name": membership.user},
            "lead": membership.user.email,
            "trail": [(_("Members"), page), (_("Role"), "")],
            "submit_label": _("Save"),
            "cancel_url": page,
        },
    )


POWERS = {
    Permission.VIEW_PATIENTS: gettext_lazy("see patients and dates"),
    Permission.EDIT_PATIENTS: gettext_lazy("add and change patients, contacts, consents"),
    Permission.RECORD_CARE: gettext_lazy("record refills, readings, events"),
    Permission.WORK_FOLLOW_UPS: gettext_lazy("work on follow-ups, log calls"),
    Permission.BOOK_VISITS: gettext_lazy("book, move and cancel visits"),
    Permission.OVERBOOK: gettext_lazy("overbook with a reason"),
    Permission.CLOSE_DAYS: gettext_lazy("close days and move their visits"),
    Permission.CHANGE_PROGRAM: gettext_lazy("change programs"),
    Permission.TRACE_LOTS: gettext_lazy("trace lots"),
    Permission.VIEW_MESSAGES: gettext_lazy("see messages"),
    Permission.MAKE_LINKS: gettext_lazy("make links to calendars"),
    Permission.IMPORT_REGISTER: gettext_lazy("import a register"),
    Permission.EDIT_CHECK_IN_RULES: gettext_lazy("say which answers to check-ins alarm"),
    Permission.MANAGE_CLINIC: gettext_lazy("change settings, edit the care protocol"),
    Permission.MANAGE_MEMBERS: gettext_lazy("invite members, change roles, review emergency access"),
    Permission.VIEW_AUDIT: gettext_lazy("see who saw and changed what"),
}


def role_powers(role: Role) -> list[str]:
    """What a role may do, in words."""
    return [str(words) for permission, words in POWERS.items() if permission in PERMISSIONS[role]]


urlpatterns = [
    path("members/", members, name="members"),
    path("members/invite/", member_invite, name="member_invite"),
    path("members/<int:membership_id>/", member_edit, name="member_edit"),
    path("members/invitations/<uuid:ref>/revoke/", invitation_revoke, name="invitation_revoke"),
]
