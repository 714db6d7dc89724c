"""What a link shows first: one page for each purpose. A new purpose is a line in ``PAGES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.http import HttpResponse

from notifications.selectors.rows import LinkPurpose
from web.patient import check_in, preparation, visit
from web.patient.access import PatientRequest, link_page

PAGES: Mapping[str, Callable[[PatientRequest], HttpResponse]] = MappingProxyType(
    {
        LinkPurpose.VISIT.value: visit.visit,
        LinkPurpose.BOOK.value: visit.visit,
        LinkPurpose.CHECK_IN.value: check_in.check_in,
        LinkPurpose.PREPARATION.value: preparation.preparation,
    }
)


@link_page(*PAGES)
def page(request: PatientRequest) -> HttpResponse:
    """The link's own page; by GET it shows, by POST the page of its purpose acts."""
    return PAGES[request.link.purpose](request)
