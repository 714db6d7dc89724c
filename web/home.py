"""The way in: to the only clinic a person works in, or to a choice of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clinic.selectors.accounts import clinics_of
from web.join import is_invited
from web.navigation import first_page
from web.signed_in import person_id


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Somebody with one clinic lands in it; everybody else chooses. Whoever came to accept an invitation does so first."""
    if is_invited(request):
        return redirect("join")
    mine = clinics_of(user_id=person_id(request))
    if len(mine) == 1:
        return redirect(first_page(mine[0].slug))
    return clinics(request)


@require_safe
@login_required
def clinics(request: HttpRequest) -> HttpResponse:
    """The clinics this person works in."""
    mine = clinics_of(user_id=person_id(request))
    rows = [(clinic, first_page(clinic.slug)) for clinic in mine]
    return render(request, "clinics.html", {"rows": rows})


@require_POST
def still_here(request: HttpRequest) -> HttpResponse:
    """Keep the session of somebody who is at work on a page; 401 when it has ended."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)
