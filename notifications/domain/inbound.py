"""What a text from a patient means. Whatever language it comes in, and only where nothing else can be meant.

The words that end messages are those of 47 CFR 64.1200(a)(10) (stop, quit, end, revoke, opt out, cancel,
unsubscribe), with what patients write in Spanish and French. A text that says more than one of these things, or
anything besides, is for a person to read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

LONGEST_WORDS = 8
"""A longer text is a letter, not a word: a person reads it."""


class Meaning(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    DECLINE = "decline"
    UNCLEAR = ""


def _words(listed: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in listed.split("|"))


SAID: Mapping[Meaning, frozenset[str]] = MappingProxyType(
    {
        Meaning.STOP: _words(
            """
            stop | stopall | quit | end | revoke | opt out | optout | cancel | unsubscribe | remove |
            alto | parar | pare | detener | detenga | baja | darme de baja | cancelar | cancela | salir |
            terminar | revocar | no mas | no mas mensajes | arret | arreter | arretez | desabonner |
            desabonnement | desinscrire | desinscription | annuler | quitter | revoquer | resilier |
            plus de messages | fin
            """
        ),
        Meaning.START: _words(
            """
            start | unstop | subscribe | resume | iniciar | empezar | comenzar | reanudar | suscribir |
            alta | commencer | demarrer | reprendre | reabonner | debut
            """
        ),
        Meaning.HELP: _words(
            """
            help | info | information | ayuda | aide | informacion
            """
        ),
        Meaning.CONFIRM: _words(
            """
            c | confirm | confirmed | yes | y | yep | yeah | ok | okay | i confirm | yes i confirm |
            i will be there | ill be there | si | confirmo | confirmar | confirmado | confirmada |
            si confirmo | vale | alli estare | oui | confirmer | confirme | je confirme |
            oui je confirme | daccord | je serai la | je viens
            """
        ),
        Meaning.RESCHEDULE: _words(
            """
            r | reschedule | change | move | other time | another time | different time | another day |
            other day | new time | cambiar | cambio | reprogramar | otra hora | otro dia | otra fecha |
            otra cita | cambiar la cita | reporter | changer | deplacer | autre date | autre heure |
            autre jour | une autre date | une autre heure | changer de date | changer dheure
            """
        ),
        Meaning.DECLINE: _words(
            """
            n | no | nope | cannot | cant | cannot come | cant come | i cant come | i cannot come |
            cant make it | i cant make it | not coming | im not coming | i am not coming | no i cant |
            no puedo | no puedo ir | no puedo venir | no voy | no ire | no asistire | non | pas possible |
            impossible | je ne peux pas | je ne peux pas venir | je peux pas | je ne viens pas |
            je ne viendrai pas
            """
        ),
    }
)
POLITE = _words(
    """
    please | pls | thank you | thanks | thx | hello | hi | por favor | gracias | muchas gracias |
    hola | sil vous plait | sil te plait | svp | stp | merci | bonjour
    """
)
"""What may stand before or after and says nothing."""
ABOUT_TEXTS = _words(
    """
    all | now | me | it | this | these | the | to | from | sending | texting | text | texts |
    message | messages | messaging | sms | todo | todos | los | de | mensajes | mensaje | ya |
    tout | les | mes | vos | maintenant
    """
)
"""What may stand beside a word that stops or starts, and changes nothing about it."""


def meaning_of(text: str) -> Meaning:
    """What the whole text says, in English, Spanish or French; ``UNCLEAR`` where a person must read it."""
    said = plain(text)
    if not said or said.count(" ") >= LONGEST_WORDS:
        return Meaning.UNCLEAR
    for strip in (frozenset[str](), POLITE):
        found = _meaning(_without(said, strip))
        if found is not Meaning.UNCLEAR:
            return found
    found = _meaning(_without(said, POLITE | ABOUT_TEXTS))
    return found if found in (Meaning.STOP, Meaning.START) else Meaning.UNCLEAR


def plain(text: str) -> str:
    """Small letters without accents, punctuation or doubled words: ``¡Arrêt, arrêt!`` is ``arret``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = (each for each in decomposed if not unicodedata.combining(each) and each not in "'’`´ʼ")
    words = "".join(each if each.isalnum() else " " for each in letters).split()
    return words[0] if len(set(words)) == 1 else " ".join(words)


def _meaning(said: str) -> Meaning:
    return next((meaning for meaning, words in SAID.items() if said in words), Meaning.UNCLEAR)


def _without(said: str, phrases: frozenset[str]) -> str:
    """The text without these phrases at its beginning and end."""
    shorter = said
    for phrase in sorted(phrases, key=len, reverse=True):
        shorter = shorter.removeprefix(f"{phrase} ").removesuffix(f" {phrase}")
    return shorter if shorter == said else _without(shorter, phrases)
