"""What machines that obey may fetch: calendars, which Google asks this file about first, and nothing else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

_TEXT = "User-agent: *\nAllow: /calendars/\nDisallow: /\n"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines find no page here; what a calendar says is kept out of them by its headers."""
    return HttpResponse(_TEXT, content_type="text/plain; charset=utf-8")
