"""The tables of docs/reference/check-in.md, from the code."""

from __future__ import annotations

from notifications.domain.check_in.emergency_numbers import NUMBERS
from notifications.domain.check_in.questions import ANSWERS, ASKED, DRY, SCALES, WELL, Question
from notifications.domain.check_in.rules import DEFAULT_RULES, Condition, Grade, Kind
from notifications.domain.check_in.short import SHORT, short_answer

GRADES = {
    Grade.EMERGENCY: "emergency now",
    Grade.SAME_DAY: "same day",
    Grade.WORKING_DAY: "one working day",
}


def rules_table() -> str:
    """Every shipped row in order."""
    lines = ["| Grade | Row | When all of this holds | Source | Sure |", "|---|---|---|---|---|"]
    for rule in DEFAULT_RULES:
        when = "; ".join(_words(condition) for condition in rule.conditions)
        lines.append(
            f"| {GRADES[rule.grade]} | **{rule.title}** `{rule.key}` | {when} | {rule.source} | {rule.sure.value} |"
        )
    return "\n".join(lines)


def questions_table() -> str:
    """Every question with its answers, the best first."""
    lines = ["| Question | Answers, the best first | “All is well” says |", "|---|---|---|"]
    for question in Question:
        answers = " · ".join(ANSWERS[question].values())
        well = ANSWERS[question][DRY if question is Question.WOUND else WELL[question]]
        lines.append(f"| {ASKED[question]} `{question.value}` | {answers} | {well} |")
    return "\n".join(lines)


def numbers_table() -> str:
    """The emergency numbers that are known, by number."""
    lines = ["| Number | Countries |", "|---|---|"]
    for number in sorted(set(NUMBERS.values())):
        countries = " ".join(country for country in sorted(NUMBERS) if NUMBERS[country] == number)
        lines.append(f"| {number} | {countries} |")
    return "\n".join(lines)


def _words(condition: Condition) -> str:
    match condition.kind:
        case Kind.WOUND:
            return "wound: " + " or ".join(short_answer(Question.WOUND, sign) for sign in condition.values)
        case Kind.DRUG:
            return "with " + " or ".join(condition.values)
        case Kind.ALARM_WITHIN_DAYS:
            return f"low-reservoir date at most {condition.number} days off, or past"
        case Kind.CHANGE_WITHIN_HOURS:
            return f"at most {condition.number} hours after a refill or dose change"
        case Kind.OPERATION_WITHIN_DAYS:
            return f"at most {condition.number} days after the operation"
    question = condition.question
    assert question is not None
    if condition.value == "yes":
        return SHORT[question]
    is_worst = condition.value == SCALES[question][-1]
    return f"{SHORT[question]}: {'' if is_worst else 'at least '}{short_answer(question, condition.value)}"


if __name__ == "__main__":
    print(rules_table(), questions_table(), numbers_table(), sep="\n\n")  # noqa: T201
