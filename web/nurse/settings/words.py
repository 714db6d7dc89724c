"""The clinic's own words: what each message says, in each language, with a preview and a check."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.rows import Language
from notifications.domain.kinds import ChannelName
from notifications.domain.words import gsm
from notifications.domain.words.checks import WordsRefused, tidy
from notifications.domain.words.purposes import (
    EDITABLE,
    LANGUAGES,
    REQUIRED,
    Occasion,
    Placeholder,
    Purpose,
    channels_of,
    offered,
)
from notifications.domain.words.writing import Words
from notifications.selectors.words import own_words, words_history, words_in_use
from notifications.services.words.own import problems_of, restore_shipped, sample, set_words
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.words import WordsForm, fault_words
from web.nurse.frame import clinic_reverse
from web.nurse.message_words import CHANNELS, PURPOSES
from web.nurse.settings.frame import below_tab, settings_frame
from web.undo import Undo, say_done

FIELDS: dict[Placeholder, str | Promise] = {
    Placeholder.FIRST_NAME: gettext_lazy("the patient's first name"),
    Placeholder.WEEKDAY_DATE: gettext_lazy("the day of the visit, with its weekday"),
    Placeholder.TIME: gettext_lazy("the hour, on the clinic's clock"),
    Placeholder.CLINIC_NAME: gettext_lazy("the name of the clinic"),
    Placeholder.CLINIC_PHONE: gettext_lazy("its telephone"),
    Placeholder.PLACE: gettext_lazy("where to come to, from the tab Reminders"),
    Placeholder.LINK: gettext_lazy("the patient's own page"),
    Placeholder.ITEMS: gettext_lazy("what the message holds, each with its day and hour"),
}


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def words(request: ClinicRequest) -> HttpResponse:
    """What each message is for; which words are the clinic's own."""
    wanted = request.GET.get("channel", "")
    channel = ChannelName(wanted) if wanted in set(ChannelName) else ChannelName.EMAIL
    own = own_words(clinic_id=request.clinic.id)
    languages = [(code, str(name)) for code, name in Language.choices if code in LANGUAGES]
    rows = [
        (
            PURPOSES[purpose],
            [
                (name, _url(request, "words_edit", Occasion(purpose, channel, code)), (purpose, channel, code) in own)
                for code, name in languages
            ],
        )
        for purpose in EDITABLE
        if channel in channels_of(purpose)
    ]  # fmt: skip
    context = {
        **settings_frame(request, tab="words"),
        "rows": rows,
        "languages": [name for _code, name in languages],
        "channels": [(each.value, CHANNELS[each], each is channel) for each in ChannelName],
    }
    return render(request, "nurse/settings/words.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def words_edit(request: ClinicRequest, purpose: str, channel: str, language: str) -> HttpResponse:
    """Change the words; they are checked before they are kept."""
    occasion = _occasion_or_404(purpose, channel, language)
    form = _form(request, occasion)
    if form.is_valid():
        try:
            set_words(
                clinic=request.clinic, words=form.words(), actor_id=request.user.id, now=request.now, occasion=occasion
            )  # fmt: skip
        except WordsRefused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The words are saved. Messages use them from now on."))
            return redirect(_url(request, "words_edit", occasion))
    return _page(request, occasion, form)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def words_preview(request: ClinicRequest, purpose: str, channel: str, language: str) -> HttpResponse:
    """How the words would read, while they are typed. Keeps nothing."""
    occasion = _occasion_or_404(purpose, channel, language)
    typed = tidy(Words(request.POST.get("body", "")[:4000], request.POST.get("subject", "")[:150]))
    return render(request, "nurse/settings/_words_preview.html", _preview(request, occasion, typed))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def words_restore(request: ClinicRequest, purpose: str, channel: str, language: str) -> HttpResponse:
    """Back to the standard words; the clinic's own stay in the history and can be taken back."""
    occasion = _occasion_or_404(purpose, channel, language)
    was = words_in_use(clinic_id=request.clinic.id, occasion=occasion)
    restore_shipped(clinic=request.clinic, actor_id=request.user.id, now=request.now, occasion=occasion)
    url = _url(request, "words_edit", occasion)
    undo = Undo(url, [("subject", was.subject), ("body", was.body)])
    say_done(request, _("The standard words are in use again."), undo=undo)
    return redirect(url)


def _form(request: ClinicRequest, occasion: Occasion) -> WordsForm:
    return WordsForm(
        request.POST if request.method == "POST" else None,
        in_use=words_in_use(clinic_id=request.clinic.id, occasion=occasion),
        channel=occasion.channel,
        language=occasion.language,
    )


def _page(request: ClinicRequest, occasion: Occasion, form: WordsForm) -> HttpResponse:
    title = PURPOSES[occasion.purpose]
    context = {
        **below_tab(request, "words", (title, "")),
        "heading": title,
        "form": form,
        "is_own": (occasion.purpose, occasion.channel, occasion.language)
        in own_words(clinic_id=request.clinic.id),
        "fields": _fields(occasion.purpose),
        "spots": _others(request, occasion),
        "history": words_history(clinic_id=request.clinic.id, occasion=occasion),
        "preview_url": _url(request, "words_preview", occasion),
        "restore_url": _url(request, "words_restore", occasion),
        "language": occasion.language,
        **_preview(request, occasion, form.shown()),
    }
    return render(request, "nurse/settings/words_edit.html", context, status=422 if form.errors else 200)


def _preview(request: ClinicRequest, occasion: Occasion, typed: Words) -> dict[str, Any]:
    shown = sample(clinic=request.clinic, words=typed, now=request.now, occasion=occasion)
    problems = problems_of(clinic=request.clinic, words=typed, now=request.now, occasion=occasion)
    is_text = occasion.channel is ChannelName.SMS
    return {
        "shown": shown,
        "language": occasion.language,
        "problems": [fault_words(problem) for problem in problems],
        "is_text": is_text,
        "taken": gsm.length(shown.text) if is_text else 0,
        "most": gsm.ONE_TEXT,
        "parts": gsm.segments(shown.text) if is_text else 0,
        "rewritten": sorted(set(typed.body) - set(gsm.to_gsm(typed.body))) if is_text else [],
    }


def _fields(purpose: Purpose) -> list[tuple[str, str | Promise, bool]]:
    return [
        (each.mark, FIELDS[each], each in REQUIRED[purpose]) for each in Placeholder if each in offered(purpose)
    ]  # fmt: skip


def _others(request: ClinicRequest, occasion: Occasion) -> list[tuple[str, str, bool]]:
    """The same purpose by every channel and in every language."""
    names = dict(Language.choices)
    return [
        (f"{CHANNELS[channel]}, {names[language]}", _url(request, "words_edit", there), there == occasion)
        for channel in channels_of(occasion.purpose)
        for language in LANGUAGES
        for there in [Occasion(occasion.purpose, channel, language)]
    ]


def _occasion_or_404(purpose: str, channel: str, language: str) -> Occasion:
    if purpose not in EDITABLE or language not in LANGUAGES or channel not in channels_of(Purpose(purpose)):
        raise Http404
    return Occasion(Purpose(purpose), ChannelName(channel), language)


def _url(request: ClinicRequest, name: str, occasion: Occasion) -> str:
    return clinic_reverse(
        request,
        name,
        purpose=occasion.purpose.value,
        channel=occasion.channel.value,
        language=occasion.language,
    )


_SPOT = "settings/words/<slug:purpose>/<slug:channel>/<slug:language>/"
urlpatterns = [
    path("settings/words/", words, name="words"),
    path(_SPOT, words_edit, name="words_edit"),
    path(f"{_SPOT}preview/", words_preview, name="words_preview"),
    path(f"{_SPOT}restore/", words_restore, name="words_restore"),
]
