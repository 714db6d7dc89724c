"""The product's addresses and one more, of a view that does nothing: the floor that a calendar is held against."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as real


def nothing(request: HttpRequest) -> HttpResponse:
    """What Django itself costs."""
    return HttpResponse(b"")


urlpatterns = [path("nothing/", nothing), *real]
