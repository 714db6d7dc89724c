"""French: vous, and forms that suit everybody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.words.purposes import Purpose
from notifications.domain.words.writing import Words

LANGUAGE = "fr"
_P = Purpose

TEXTS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "{clinic_name} : [{first_name}, ]prenez votre prochain RDV : {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.VISIT: Words(
            "{clinic_name} : [{first_name}, ]RDV {weekday_date}, {time}[, {place}]. {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.VISIT_CONFIRM: Words(
            "{clinic_name} : [{first_name}, ]RDV {weekday_date}, {time}[, {place}]. Confirmez : {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.DIGEST: Words(
            "{clinic_name} : [{first_name}, ]à venir : {items}.[ {link}] [Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.PREPARATION: Words(
            "{clinic_name} : [{first_name}, ]préparez votre RDV[ du {weekday_date}] : {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.CHECK_IN: Words(
            "{clinic_name} : [{first_name}, ]comment allez-vous ? Quelques questions : {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.CHECK_IN_CHASE: Words(
            "{clinic_name} : [{first_name}, ]nous attendons vos nouvelles. Merci de répondre : {link} "
            "[Tél {clinic_phone}. ]Fin SMS : STOP"
        ),
        _P.MOVED: Words(
            "{clinic_name} : [{first_name}, ]votre RDV a changé : {weekday_date}, {time}[, {place}]. {link} "
            "[Tél {clinic_phone}]"
        ),
        _P.CANCELLED: Words(
            "{clinic_name} : [{first_name}, ]votre RDV du {weekday_date}, {time}, est annulé. "
            "Nous trouverons une autre date avec vous.[ Tél {clinic_phone}]"
        ),
        _P.REPLY_STOP: Words(
            "{clinic_name} : vous ne recevrez plus de SMS. Nous pourrons encore vous appeler."
            "[ Tél {clinic_phone}.] Pour en recevoir à nouveau : START"
        ),
        _P.REPLY_START: Words(
            "{clinic_name} : vous recevrez à nouveau nos SMS.[ Tél {clinic_phone}.] Fin SMS : STOP"
        ),
        _P.REPLY_HELP: Words(
            "{clinic_name} : nous vous écrivons au sujet de vos RDV. Pour nous parler, appelez"
            "[ le {clinic_phone}]. Fin SMS : STOP"
        ),
        _P.REPLY_CONFIRMED: Words(
            "{clinic_name} : merci[, {first_name}]. [Au {weekday_date}, {time}. ][Tél {clinic_phone}]"
        ),
        _P.REPLY_OTHER_TIME: Words(
            "{clinic_name} : merci[, {first_name}]. Nous vous appellerons pour trouver une autre date."
            "[ Tél {clinic_phone}]"
        ),
        _P.REPLY_CANNOT_COME: Words(
            "{clinic_name} : merci de nous prévenir[, {first_name}]. Nous vous appellerons."
            "[ Tél {clinic_phone}]"
        ),
        _P.REPLY_UNCLEAR: Words(
            "{clinic_name} : merci. Une personne va lire votre message. Si cela ne peut pas attendre, appelez"
            "[ le {clinic_phone}]"
        ),
    }
)

_WHEN = "Date : {weekday_date}\nHeure : {time}\n[Lieu : {place}]\n"
_CALL = "[Une question ? Appelez-nous au {clinic_phone}.]\n"
_FOOT = (
    "\n{clinic_name}\n[{clinic_phone}]\n\n"
    "Si vous ne souhaitez plus recevoir de tels messages, dites-le-nous et nous cesserons.\n"
)
_SIGNED = "\n{clinic_name}\n[{clinic_phone}]\n"
_WORRIED = (
    "Si quelque chose vous inquiète maintenant, n’attendez pas que nous lisions vos réponses"
    "[ : appelez le {clinic_phone}].\n"
)
_ACCOUNT = (
    "\n\nSi c’était vous, il n’y a rien à faire. Sinon, choisissez tout de suite un nouveau mot de passe et prévenez un "
    "administrateur de votre clinique.\n\n{link}\n"
)

EMAILS: Mapping[Purpose, Words] = MappingProxyType(
    {
        _P.BOOK_VISIT: Words(
            "Bonjour[ {first_name}],\n\nIl est temps de prendre votre prochain rendez-vous avec {clinic_name}.\n\n"
            "Choisissez la date qui vous convient :\n\n{link}\n\n"
            "[Vous pouvez aussi nous appeler au {clinic_phone}.]\nSi vous l’avez déjà pris, vous n’avez rien à faire.\n"
            + _FOOT,
            subject="{clinic_name} : prenez votre prochain rendez-vous",
        ),
        _P.VISIT: Words(
            "Bonjour[ {first_name}],\n\nVoici un rappel de {clinic_name} : vous avez rendez-vous.\n\n" + _WHEN + "\n"
            "Voir votre rendez-vous ou demander une autre date :\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name} : votre rendez-vous du {weekday_date}",
        ),
        _P.VISIT_CONFIRM: Words(
            "Bonjour[ {first_name}],\n\n{clinic_name} vous attend pour votre rendez-vous.\n\n" + _WHEN + "\n"
            "Merci de nous dire si vous pouvez venir. Si la date ne vous convient pas, vous pouvez en demander "
            "une autre :\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name} : confirmez votre rendez-vous du {weekday_date}",
        ),
        _P.DIGEST: Words(
            "Bonjour[ {first_name}],\n\nVoici ce que {clinic_name} a prévu avec vous.\n\n{items}\n\n"
            "[Lieu : {place}]\n\n" + _CALL + _FOOT,
            subject="{clinic_name} : vos prochaines dates",
        ),
        _P.PREPARATION: Words(
            "Bonjour[ {first_name}],\n\nIl est bon de savoir certaines choses avant votre rendez-vous"
            "[ du {weekday_date}].\n\nMerci de lire comment vous y préparer :\n\n{link}\n\n" + _CALL + _FOOT,
            subject="{clinic_name} : comment préparer votre rendez-vous",
        ),
        _P.CHECK_IN: Words(
            "Bonjour[ {first_name}],\n\nComment allez-vous ? Merci de répondre à quelques questions ; "
            "cela prend environ deux minutes :\n\n{link}\n\n" + _WORRIED + _FOOT,
            subject="{clinic_name} : comment allez-vous ?",
        ),
        _P.CHECK_IN_CHASE: Words(
            "Bonjour[ {first_name}],\n\nNous n’avons pas encore de vos nouvelles. Merci de répondre à nos questions, "
            "pour que nous sachions comment vous allez :\n\n{link}\n\n"
            + _WORRIED + "Sans nouvelles de votre part, nous vous appellerons.\n" + _FOOT,
            subject="{clinic_name} : donnez-nous de vos nouvelles",
        ),
        _P.MOVED: Words(
            "Bonjour[ {first_name}],\n\nVotre rendez-vous avec {clinic_name} a une nouvelle date.\n\n" + _WHEN + "\n"
            "Voir votre rendez-vous ou demander une autre date :\n\n{link}\n\n" + _CALL + _SIGNED,
            subject="{clinic_name} : nouvelle date de votre rendez-vous",
        ),
        _P.CANCELLED: Words(
            "Bonjour[ {first_name}],\n\nVotre rendez-vous avec {clinic_name} du {weekday_date}, {time}, est annulé.\n\n"
            "Nous trouverons une autre date avec vous.\n[Vous pouvez aussi nous appeler au {clinic_phone}.]\n"
            + _SIGNED,
            subject="{clinic_name} : votre rendez-vous du {weekday_date} est annulé",
        ),
        _P.INVITATION: Words(
            "Bonjour[ {first_name}],\n\nVotre rendez-vous avec {clinic_name} est pris. Cet e-mail permet de le noter dans "
            "votre agenda.\n\n" + _WHEN + "\n"
            "Merci de nous dire ici si vous pouvez venir, ou de demander une autre date :\n\n{link}\n\n"
            "Personne ne lit les réponses à cet e-mail ni celles d’un agenda. " + _CALL + _FOOT,
            subject="{clinic_name} : votre rendez-vous du {weekday_date}",
        ),
        _P.WITHDRAWN: Words(
            "Bonjour,\n\n{clinic_name} n’écrit plus à cette adresse au sujet de rendez-vous. Si nous avons envoyé une date "
            "pour votre agenda, cet e-mail la retire.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name} : date retirée de votre agenda",
        ),
        _P.REPLY_STOP: Words(
            "Bonjour,\n\nVous ne recevrez plus de tels messages. Nous pourrons encore vous appeler.\n\n"
            "Si vous souhaitez en recevoir à nouveau, dites-le-nous.\n" + _SIGNED,
            subject="{clinic_name} : plus de messages",
        ),
        _P.REPLY_START: Words(
            "Bonjour,\n\nVous recevrez à nouveau nos messages.\n" + _FOOT,
            subject="{clinic_name} : vous recevrez à nouveau nos messages",
        ),
        _P.REPLY_HELP: Words(
            "Bonjour,\n\n{clinic_name} vous écrit au sujet de vos rendez-vous.\n\n" + _CALL + _FOOT,
            subject="{clinic_name} : comment nous joindre",
        ),
        _P.REPLY_CONFIRMED: Words(
            "Bonjour[ {first_name}],\n\nMerci de votre réponse. [Nous vous attendons le {weekday_date}, {time}.]\n\n"
            + _CALL + _SIGNED,
            subject="{clinic_name} : merci de votre réponse",
        ),
        _P.REPLY_OTHER_TIME: Words(
            "Bonjour[ {first_name}],\n\nMerci de votre réponse. Nous vous appellerons pour trouver une autre date.\n\n"
            + _CALL + _SIGNED,
            subject="{clinic_name} : trouvons une autre date",
        ),
        _P.REPLY_CANNOT_COME: Words(
            "Bonjour[ {first_name}],\n\nMerci de nous prévenir. Nous vous appellerons.\n\n" + _CALL + _SIGNED,
            subject="{clinic_name} : merci de nous prévenir",
        ),
        _P.REPLY_UNCLEAR: Words(
            "Bonjour,\n\nMerci de votre message. Une personne va le lire.\n\n"
            "Si cela ne peut pas attendre, appelez-nous[ au {clinic_phone}].\n" + _SIGNED,
            subject="{clinic_name} : nous avons votre message",
        ),
        _P.STAFF: Words(
            "Refillwise a besoin de vous :\n\n{link}\n\nConnectez-vous pour voir de quoi il s’agit. "
            "Sans action à temps, la personne suivante est prévenue.\n",
            subject="Refillwise a besoin de vous",
        ),
        _P.EMERGENCY_TAKEN: Words(
            "Quelqu’un a pris un accès d’urgence dans {clinic_name} : pendant une heure, cette personne voit des patients et "
            "saisit des soins au-delà de son rôle.\n\n{link}\n\nConnectez-vous pour voir qui et pourquoi, puis "
            "examinez-le.\n",
            subject="Accès d’urgence dans Refillwise",
        ),
        _P.PASSWORD_CHANGED: Words(
            "Le mot de passe de votre compte Refillwise a été changé." + _ACCOUNT,
            subject="Refillwise : mot de passe changé",
        ),
        _P.FACTOR_ADDED: Words(
            "Un second facteur a été ajouté à votre compte Refillwise." + _ACCOUNT,
            subject="Refillwise : second facteur ajouté",
        ),
        _P.FACTOR_REMOVED: Words(
            "Un second facteur a été retiré de votre compte Refillwise." + _ACCOUNT,
            subject="Refillwise : second facteur retiré",
        ),
        _P.CODES_MADE: Words(
            "De nouveaux codes de secours ont été créés pour votre compte Refillwise. Les anciens ne servent plus." + _ACCOUNT,
            subject="Refillwise : nouveaux codes de secours",
        ),
        _P.CODE_USED: Words(
            "Un code de secours de votre compte Refillwise a été utilisé." + _ACCOUNT,
            subject="Refillwise : code de secours utilisé",
        ),
    }
)  # fmt: skip
