"""What messages, their kinds, channels and states are called on the pages."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.words.purposes import Purpose, purpose_of
from notifications.selectors.messages import Group

PURPOSES: dict[Purpose, str | Promise] = {
    Purpose.BOOK_VISIT: _("Time to book a visit"),
    Purpose.VISIT_CONFIRM: _("Reminder that asks for an answer"),
    Purpose.VISIT: _("Reminder of a visit"),
    Purpose.DIGEST: _("Several things in one message"),
    Purpose.PREPARATION: _("How to prepare"),
    Purpose.CHECK_IN: _("Check-in questions"),
    Purpose.CHECK_IN_CHASE: _("Check-in not answered yet"),
    Purpose.MOVED: _("A visit has moved"),
    Purpose.CANCELLED: _("A visit is cancelled"),
    Purpose.INVITATION: _("Invitation to a visit"),
    Purpose.WITHDRAWN: _("Invitation taken back from an old address"),
    Purpose.REPLY_STOP: _("Reply: no more messages"),
    Purpose.REPLY_START: _("Reply: messages again"),
    Purpose.REPLY_HELP: _("Reply: how to reach the clinic"),
    Purpose.REPLY_CONFIRMED: _("Reply: is coming"),
    Purpose.REPLY_OTHER_TIME: _("Reply: asks for another time"),
    Purpose.REPLY_CANNOT_COME: _("Reply: cannot come"),
    Purpose.REPLY_UNCLEAR: _("Reply: not understood"),
    Purpose.STAFF: _("Somebody must act"),
    Purpose.EMERGENCY_TAKEN: _("Emergency access was taken"),
    Purpose.PASSWORD_CHANGED: _("A password was changed"),
    Purpose.FACTOR_ADDED: _("A second factor was added"),
    Purpose.FACTOR_REMOVED: _("A second factor was removed"),
    Purpose.CODES_MADE: _("New recovery codes were made"),
    Purpose.CODE_USED: _("A recovery code was used"),
}
GROUPS: dict[Group, str | Promise] = {
    Group.ATTENTION: _("Needs a person"),
    Group.PLANNED: _("Planned"),
    Group.SENT: _("Sent"),
    Group.NOT_SENT: _("Not sent"),
}
KINDS: dict[MessageKind, str | Promise] = {
    MessageKind.BOOK_VISIT: _("Time to book a visit"),
    MessageKind.REFILL: _("Refill visit"),
    MessageKind.CHECK_UP: _("Check-up"),
    MessageKind.WOUND_CHECK: _("Wound check"),
    MessageKind.OTHER_VISIT: _("Other visit"),
    MessageKind.PREPARATION: _("Preparation"),
    MessageKind.CHECK_IN: _("Check-in"),
    MessageKind.CHANGE: _("Visit moved or cancelled"),
    MessageKind.INVITATION: _("Invitation"),
    MessageKind.REPLY: _("Reply to a text"),
    MessageKind.ESCALATION: _("To staff"),
}
CHANNELS: dict[ChannelName, str | Promise] = {
    ChannelName.EMAIL: _("E-mail"),
    ChannelName.SMS: _("Text message"),
}
STATES: dict[str, tuple[str | Promise, str, str]] = {
    "queued": (_("Planned"), "clock", ""),
    "claimed": (_("Being sent"), "hourglass-split", ""),
    "sending": (_("Being sent"), "hourglass-split", ""),
    "unknown": (_("May not have arrived"), "question-circle-fill", "tag-danger"),
    "accepted": (_("Sent"), "check-lg", "tag-good"),
    "delivered": (_("Delivered"), "check-all", "tag-good"),
    "failed": (_("Refused"), "x-circle-fill", "tag-danger"),
    "dead": (_("Given up"), "x-circle-fill", "tag-danger"),
    "missed": (_("Too late"), "calendar-x", "tag-warn"),
    "suppressed": (_("Held back"), "slash-circle", ""),
    "cancelled": (_("Taken back"), "arrow-counterclockwise", ""),
}
"""Label, icon and class of each state: a word and a sign, never a colour alone."""
WHAT_TO_DO: dict[str, str | Promise] = {
    "unknown": _("Nobody can tell whether it went out, so it is not sent again. Call the patient."),
    "failed": _("It was refused. Check the address or number with the patient."),
    "dead": _("It could not be handed over in time. Call the patient."),
    "missed": _("It was not sent while it was of use. Call the patient."),
}
REASONS: dict[str, str | Promise] = {
    "ended": _("The pump is no longer in use."),
    "not_filled": _("There is no fill in the pump."),
    "no_certain_date": _("The date needs review first."),
    "booked": _("A visit is booked."),
    "no_consent": _("The patient has not agreed to this, or no longer does."),
    "no_address": _("No address or number is in use."),
    "too_late": _("Its time has passed."),
    "told_already": _("The patient was told a short time before, or another message tells it."),
    "moved": _("The date or the address changed; another message took its place."),
    "stopped": _("The number or address said stop."),
    "cap": _("As many texts as a day or a week may hold are planned or sent."),
    "digest": _("Another message says it too."),
    "cancelled": _("The visit is cancelled."),
    "over": _("What it is about is done or past."),
    "past_at_booking": _("Its time had passed when the visit was booked."),
    "rule_off": _("The clinic's rules no longer ask for it."),
    "answered": _("The patient has answered."),
    "channel_off": _("The clinic does not use this channel."),
    "other_channel": _("It goes by another channel."),
}
OUTCOMES: dict[str, str | Promise] = {
    "": _("not ended"),
    "accepted": _("taken"),
    "refused": _("refused"),
    "postponed": _("not taken, to be tried again"),
    "unknown": _("nobody can tell"),
}
INVITES: dict[str, str | Promise] = {
    "REQUEST": _("the visit, as an invitation"),
    "CANCEL": _("that the visit is to be taken out"),
}
"""What went with a message for the reader's calendar."""
CHANNEL_ICONS: dict[str, str] = {ChannelName.EMAIL: "envelope", ChannelName.SMS: "chat-left-text"}


def what_it_is(message: Any, *, is_digest: bool = False) -> str | Promise:
    """What a message is for, in a few words."""
    purpose = purpose_of(
        kind=message.kind, step=message.step, wants_answer=message.wants_answer, is_digest=is_digest
    )
    return PURPOSES[purpose]


def why(message: Any) -> str | Promise:
    """What a person must do about it, or why it was not sent."""
    return WHAT_TO_DO.get(message.state) or REASONS.get(message.reason, "")
