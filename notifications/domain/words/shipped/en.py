"""English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.words.purposes import Purpose
from notifications.domain.words.writing import Words

LANGUAGE = "en"
_P = Purpose

TEXTS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "{clinic_name}: [{first_name}, ]please book your next visit: {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.VISIT: Words(
            "{clinic_name}: [{first_name}, ]your visit: {weekday_date}, {time}[, {place}]. {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.VISIT_CONFIRM: Words(
            "{clinic_name}: [{first_name}, ]your visit: {weekday_date}, {time}[, {place}]. Confirm: {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.DIGEST: Words(
            "{clinic_name}: [{first_name}, ]coming up: {items}.[ {link}] [Tel {clinic_phone}. ]STOP to end"
        ),
        _P.PREPARATION: Words(
            "{clinic_name}: [{first_name}, ]how to prepare for your visit[ on {weekday_date}]: {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.CHECK_IN: Words(
            "{clinic_name}: [{first_name}, ]how are you? A few short questions: {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.CHECK_IN_CHASE: Words(
            "{clinic_name}: [{first_name}, ]we have not heard from you. Please answer: {link} "
            "[Tel {clinic_phone}. ]STOP to end"
        ),
        _P.MOVED: Words(
            "{clinic_name}: [{first_name}, ]your visit has a new time: {weekday_date}, {time}[, {place}]. {link} "
            "[Tel {clinic_phone}]"
        ),
        _P.CANCELLED: Words(
            "{clinic_name}: [{first_name}, ]your visit on {weekday_date}, {time}, is cancelled. "
            "We will find another time with you.[ Tel {clinic_phone}]"
        ),
        _P.REPLY_STOP: Words(
            "{clinic_name}: you will get no more texts from us. We may still call you."
            "[ Tel {clinic_phone}.] Reply START to get texts again"
        ),
        _P.REPLY_START: Words(
            "{clinic_name}: you will get our texts again.[ Tel {clinic_phone}.] Reply STOP to end them"
        ),
        _P.REPLY_HELP: Words(
            "{clinic_name}: we text you about your visits. To speak with us, call[ {clinic_phone}]. "
            "Reply STOP to end texts"
        ),
        _P.REPLY_CONFIRMED: Words(
            "{clinic_name}: thank you[, {first_name}]. [See you on {weekday_date}, {time}. ][Tel {clinic_phone}]"
        ),
        _P.REPLY_OTHER_TIME: Words(
            "{clinic_name}: thank you[, {first_name}]. We will call you to find another time."
            "[ Tel {clinic_phone}]"
        ),
        _P.REPLY_CANNOT_COME: Words(
            "{clinic_name}: thank you for telling us[, {first_name}]. We will call you.[ Tel {clinic_phone}]"
        ),
        _P.REPLY_UNCLEAR: Words(
            "{clinic_name}: thank you. A person will read your message. If it cannot wait, please call"
            "[ {clinic_phone}]"
        ),
    }
)

_WHEN = "When: {weekday_date}, {time}\n[Where: {place}]\n"
_CALL = "[Questions? Call us at {clinic_phone}.]\n"
_FOOT = "\n{clinic_name}\n[{clinic_phone}]\n\nIf you do not want such messages any more, tell us and we will stop.\n"
_SIGNED = "\n{clinic_name}\n[{clinic_phone}]\n"
_WORRIED = "If something worries you now, do not wait for us to read your answers[: call {clinic_phone}].\n"
_ACCOUNT = (
    "\n\nIf that was you, there is nothing to do. If not, choose a new password at once and tell an administrator of "
    "your clinic.\n\n{link}\n"
)

EMAILS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "[Dear {first_name},]\n\nIt is time to arrange your next visit at {clinic_name}.\n\n"
            "Please choose a time that suits you:\n\n{link}\n\n"
            "[Or call us at {clinic_phone}.]\nIf you have arranged it already, you need not do anything.\n" + _FOOT,
            subject="{clinic_name}: please arrange your next visit",
        ),
        _P.VISIT: Words(
            "[Dear {first_name},]\n\nThis is a reminder of your visit at {clinic_name}.\n\n" + _WHEN + "\n"
            "See your visit, or ask for another time:\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: your visit on {weekday_date}",
        ),
        _P.VISIT_CONFIRM: Words(
            "[Dear {first_name},]\n\nWe look forward to seeing you at {clinic_name}.\n\n" + _WHEN + "\n"
            "Please tell us whether you can come. If the time does not suit you, you can ask for another:\n\n"
            "{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: please confirm your visit on {weekday_date}",
        ),
        _P.DIGEST: Words(
            "[Dear {first_name},]\n\nHere is what is coming up at {clinic_name}.\n\n{items}\n\n"
            "[Where: {place}]\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: what is coming up",
        ),
        _P.PREPARATION: Words(
            "[Dear {first_name},]\n\nSome things are good to know before your visit at {clinic_name}"
            "[ on {weekday_date}].\n\nPlease read how to prepare:\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: how to prepare for your visit",
        ),
        _P.CHECK_IN: Words(
            "[Dear {first_name},]\n\nHow are you? Please answer a few short questions; it takes about two minutes:\n\n"
            "{link}\n\n" + _WORRIED + _FOOT,
            subject="{clinic_name}: how are you?",
        ),
        _P.CHECK_IN_CHASE: Words(
            "[Dear {first_name},]\n\nWe have not heard from you yet. Please answer our short questions, "
            "so that we know how you are:\n\n{link}\n\n"
            + _WORRIED + "If we do not hear from you, we will call you.\n" + _FOOT,
            subject="{clinic_name}: we would like to hear from you",
        ),
        _P.MOVED: Words(
            "[Dear {first_name},]\n\nYour visit at {clinic_name} has a new time.\n\n" + _WHEN + "\n"
            "See your visit, or ask for another time:\n\n{link}\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: a new time for your visit",
        ),
        _P.CANCELLED: Words(
            "[Dear {first_name},]\n\nYour visit at {clinic_name} on {weekday_date}, {time}, is cancelled.\n\n"
            "We will find another time with you.\n[You can also call us at {clinic_phone}.]\n" + _SIGNED,
            subject="{clinic_name}: your visit on {weekday_date} is cancelled",
        ),
        _P.INVITATION: Words(
            "[Dear {first_name},]\n\nYour visit at {clinic_name} is booked. This e-mail can put it into your calendar.\n\n"
            + _WHEN + "\n"
            "Please tell us here whether you can come, or ask for another time:\n\n{link}\n\n"
            "Nobody reads answers to this e-mail or from a calendar. " + _CALL + _FOOT,
            subject="{clinic_name}: your visit on {weekday_date}",
        ),
        _P.WITHDRAWN: Words(
            "Hello,\n\n{clinic_name} no longer writes to this address about visits. If we sent a date for your calendar, "
            "this e-mail takes it out again.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: taken out of your calendar",
        ),
        _P.REPLY_STOP: Words(
            "Hello,\n\nYou will get no more messages like these from us. We may still call you.\n\n"
            "If you would like to get them again, tell us.\n" + _SIGNED,
            subject="{clinic_name}: no more messages",
        ),
        _P.REPLY_START: Words(
            "Hello,\n\nYou will get our messages again.\n" + _FOOT,
            subject="{clinic_name}: you will hear from us again",
        ),
        _P.REPLY_HELP: Words(
            "Hello,\n\nWe write to you about your visits at {clinic_name}.\n\n" + _CALL + _FOOT,
            subject="{clinic_name}: how to reach us",
        ),
        _P.REPLY_CONFIRMED: Words(
            "[Dear {first_name},]\n\nThank you for your answer. [We look forward to seeing you on {weekday_date}, "
            "{time}.]\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: thank you for your answer",
        ),
        _P.REPLY_OTHER_TIME: Words(
            "[Dear {first_name},]\n\nThank you for your answer. We will call you to find another time.\n\n"
            + _CALL + _SIGNED,
            subject="{clinic_name}: we will find another time",
        ),
        _P.REPLY_CANNOT_COME: Words(
            "[Dear {first_name},]\n\nThank you for telling us. We will call you.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name}: thank you for telling us",
        ),
        _P.REPLY_UNCLEAR: Words(
            "Hello,\n\nThank you for your message. A person will read it.\n\n"
            "If it cannot wait, please call us[ at {clinic_phone}].\n" + _SIGNED,
            subject="{clinic_name}: we have your message",
        ),
        _P.STAFF: Words(
            "Something needs you in Refillwise:\n\n{link}\n\nSign in to see what it is. "
            "If you do not act in time, the next person is asked.\n",
            subject="Something needs you in Refillwise",
        ),
        _P.EMERGENCY_TAKEN: Words(
            "Somebody has taken emergency access in {clinic_name}: for an hour they see patients and record care beyond "
            "their role.\n\n{link}\n\nSign in to see who and why, and review it.\n",
            subject="Emergency access in Refillwise",
        ),
        _P.PASSWORD_CHANGED: Words(
            "The password of your Refillwise account was changed." + _ACCOUNT,
            subject="Refillwise: your password was changed",
        ),
        _P.FACTOR_ADDED: Words(
            "A second factor was added to your Refillwise account." + _ACCOUNT,
            subject="Refillwise: a second factor was added",
        ),
        _P.FACTOR_REMOVED: Words(
            "A second factor was removed from your Refillwise account." + _ACCOUNT,
            subject="Refillwise: a second factor was removed",
        ),
        _P.CODES_MADE: Words(
            "New recovery codes were made for your Refillwise account. Earlier ones no longer work." + _ACCOUNT,
            subject="Refillwise: new recovery codes",
        ),
        _P.CODE_USED: Words(
            "A recovery code of your Refillwise account was used." + _ACCOUNT,
            subject="Refillwise: a recovery code was used",
        ),
    }
)  # fmt: skip
