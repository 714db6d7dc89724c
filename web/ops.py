"""For those who run the system: alive, ready, metrics."""

from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ready"})


def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
