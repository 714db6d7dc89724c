"""The two shapes of a page that changes something: a form, and a single button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic.domain.checks import RecordError
from web.access import ClinicRequest
from web.forms import RecordForm
from web.words import said

Saved = TypeVar("Saved")


def form_page(
    request: ClinicRequest,
    form: RecordForm,
    *,
    save: Callable[[], Saved],
    then: str | Callable[[Saved], str],
    done: str,
    context: dict[str, Any],
    template: str = "nurse/form_page.html",
) -> HttpResponse:
    """Show the form, or save what was posted and go on to ``then`` with the note ``done``.

    What the record refuses stands at its field, and the answer is 422 so that scripts can tell. ``context``
    needs ``heading``, ``trail``, ``submit_label`` and ``cancel_url``.
    """
    if form.is_valid():
        try:
            saved = save()
        except RecordError as error:
            form.add_record_error(error)
        else:
            if done:
                messages.success(request, done)
            return redirect(then if isinstance(then, str) else then(saved))
    return render(request, template, {**context, "form": form}, status=422 if form.errors else 200)


def act_and_return(
    request: ClinicRequest, act: Callable[[], object], *, done: str, then: str
) -> HttpResponse:
    """Do what a button stands for and go back to ``then``; a refusal is told there."""
    try:
        act()
    except RecordError as error:
        messages.error(request, said(error.reason))
    else:
        if done:
            messages.success(request, done)
    return redirect(then)
