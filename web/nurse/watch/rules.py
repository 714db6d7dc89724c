"""The table by which check-ins are graded: its rows, trying it out, and who changed what when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.catalogue import Confidence
from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.catalogue import drug_choices
from notifications.domain.check_in.grading import grade
from notifications.domain.check_in.questions import SCALES, Question
from notifications.domain.check_in.rules import Condition, Kind, Rule
from notifications.domain.check_in.samples import SAMPLES
from notifications.domain.check_in.short import SHORT, short_answer
from notifications.domain.check_in.table import faults_of, free_key
from notifications.selectors.check_in_rules import Table, table_in_force, table_version, table_versions
from notifications.services.check_in_rules import save_check_in_rules
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.check_in_rules import RuleForm
from web.nurse.frame import clinic_reverse
from web.nurse.settings.frame import below_tab, settings_frame
from web.nurse.watch.words import GRADES, SURES
from web.words import said

_DRUG_NAMES = dict[str, str]
TAB = "check_in_rules"


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def check_in_rules(request: ClinicRequest, version: int | None = None) -> HttpResponse:
    """Every row, the gravest first, what sample answers come to, and the versions; an old version in the same form."""
    newest = table_in_force(clinic_id=request.clinic.id)
    table = newest if version is None else table_version(clinic_id=request.clinic.id, version=version)
    if table is None:
        raise Http404
    names = dict(drug_choices())
    rows = sorted(table.rules, key=lambda rule: (not rule.is_active, -rule.grade))
    context: dict[str, Any] = {
        **_around(request),
        "table": table,
        "is_newest": table.version == newest.version,
        "rows": [
            (rule, GRADES[rule.grade], [condition_words(each, names) for each in rule.conditions])
            for rule in rows
        ],
        "sures": [
            (each.value, SURES[each]) for each in Confidence if any(rule.sure is each for rule in rows)
        ],
        "samples": samples_of(table.rules, table.rules),
        "versions": table_versions(clinic_id=request.clinic.id),
    }
    return render(request, "nurse/watch/rules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_CHECK_IN_RULES)
def check_in_rule(request: ClinicRequest, key: str = "") -> HttpResponse:
    """Change a row, or add one; asked by htmx, or by "Try", it says what sample answers would come to."""
    table = table_in_force(clinic_id=request.clinic.id)
    rule = table.rule(key)
    if key and rule is None:
        raise Http404
    form = RuleForm(request.POST or None, rule=rule, version=table.version, drugs=drug_choices())
    after = _after(form, table, rule) if form.is_valid() else table.rules
    if request.htmx:
        return render(request, "nurse/watch/_samples.html", _tried(form, table, after))
    is_trying = "try" in request.POST
    if form.is_bound and form.is_valid() and not is_trying:
        try:
            saved = save_check_in_rules(
                clinic=request.clinic,
                rules=after,
                note=form.cleaned_data["note"],
                expected_version=form.cleaned_data["version"],
                actor_id=request.user.id,
                now=request.now,
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            if saved.version != table.version:
                messages.success(request, _("In force: the next answers are graded by it."))
            return redirect(clinic_reverse(request, "check_in_rules"))
    heading = _("Change a row") if rule else _("Add a row")
    context = _tried(form, table, after) | {
        **_below(request, heading),
        "heading": heading,
        "form": form,
        "rule": rule,
        "cancel_url": clinic_reverse(request, "check_in_rules"),
    }
    status = 422 if form.errors and not is_trying else 200
    return render(request, "nurse/watch/rule.html", context, status=status)


def _around(request: ClinicRequest) -> dict[str, Any]:
    """The table is a tab of the settings for those who have them, and for the others a page below the watch."""
    if request.may(Permission.MANAGE_CLINIC):
        return settings_frame(request, tab=TAB) | {"frame": "nurse/settings/frame.html"}
    trail = [(_("Watch"), clinic_reverse(request, "watch")), (_("How answers are graded"), "")]
    return {
        "place": "watch",
        "trail": trail,
        "heading": _("How answers are graded"),
        "frame": "nurse/watch/frame.html",
    }


def _below(request: ClinicRequest, heading: str) -> dict[str, Any]:
    if request.may(Permission.MANAGE_CLINIC):
        return below_tab(request, TAB, (heading, ""))
    table = (_("How answers are graded"), clinic_reverse(request, TAB))
    return {
        "place": "watch",
        "trail": [(_("Watch"), clinic_reverse(request, "watch")), table, (heading, "")],
    }


def samples_of(before: Sequence[Rule], after: Sequence[Rule]) -> list[dict[str, Any]]:
    """What the samples come to under two tables."""
    found = []
    for sample in SAMPLES:
        old, new = (
            grade(sample.answers, asked=sample.asked, context=sample.context, rules=rules).grade
            for rules in (before, after)
        )
        found.append(
            {"title": _(sample.title), "old": GRADES[old], "new": GRADES[new], "is_changed": old != new}
        )
    return found


def condition_words(condition: Condition, drugs: _DRUG_NAMES) -> str:
    """One condition in words."""
    number = {"number": condition.number}
    match condition.kind:
        case Kind.WOUND:
            signs = _(" or ").join(_(short_answer(Question.WOUND, sign)) for sign in condition.values)
            return _("wound: %(signs)s") % {"signs": signs}
        case Kind.DRUG:
            return _("with %(drugs)s") % {
                "drugs": _(" or ").join(drugs.get(key, key) for key in condition.values)
            }
        case Kind.ALARM_WITHIN_DAYS:
            return _("at most %(number)s days before the alarm date, or past it") % number
        case Kind.CHANGE_WITHIN_HOURS:
            return _("at most %(number)s hours after a refill or dose change") % number
        case Kind.OPERATION_WITHIN_DAYS:
            return _("at most %(number)s days after the operation") % number
    question = condition.question
    if question is None or condition.value == "yes":
        return _(SHORT[question]) if question else ""
    is_worst = condition.value == SCALES[question][-1]
    answer = {"question": _(SHORT[question]), "answer": _(short_answer(question, condition.value))}
    return (_("%(question)s: %(answer)s") if is_worst else _("%(question)s: at least %(answer)s")) % answer


def _after(form: RuleForm, table: Table, rule: Rule | None) -> tuple[Rule, ...]:
    if rule is None:
        return (*table.rules, form.row(key=free_key(form.cleaned_data["title"], table.rules)))
    changed = form.row(key=rule.key)
    return tuple(changed if each.key == rule.key else each for each in table.rules)


def _tried(form: RuleForm, table: Table, after: Sequence[Rule]) -> dict[str, Any]:
    """What the samples come to, and what stands in the way of putting the table in force."""
    faults = [said(fault.reason) for fault in faults_of(after)]
    return {
        "samples": samples_of(table.rules, table.rules if faults else after),
        "faults": faults,
        "is_compared": True,
    }


_RULES = "watch/grading/"
urlpatterns = [
    path(_RULES, check_in_rules, name="check_in_rules"),
    path(_RULES + "versions/<int:version>/", check_in_rules, name="check_in_rules_version"),
    path(_RULES + "rows/new/", check_in_rule, name="check_in_rule_new"),
    path(_RULES + "rows/<slug:key>/", check_in_rule, name="check_in_rule"),
]
