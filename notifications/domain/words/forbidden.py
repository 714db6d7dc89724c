"""Words that no message holds, in any of our languages: an envelope, a lock screen and a relative may read them.

Whole words, accents and case aside, singular and plural; every list counts in every language. What a clinic's
catalogue of drugs and pumps names is added to these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Forbidden(StrEnum):
    """Why a word may not stand in a message."""

    DRUG = "drug"
    DOSE = "dose"
    DEVICE = "device"
    DIAGNOSIS = "diagnosis"


_LISTS: Mapping[Forbidden, str] = MappingProxyType(
    {
        Forbidden.DRUG: """
            baclofen baclofeno baclofene morphine morfina hydromorphone hidromorfona ziconotide ziconotida
            fentanyl fentanilo sufentanil sufentanilo bupivacaine bupivacaina ropivacaine ropivacaina clonidine
            clonidina ketamine ketamina adenosine adenosina methadone metadona
            lioresal gablofen prialt infumorph mitigo duramorph dilaudid duraclon catapres marcaine sublimaze
            drug medicine medication medicament painkiller opioid opiate narcotic anesthetic anaesthetic infusion
            injection syringe needle
            farmaco medicamento medicina medicacion analgesico opioide opiaceo narcotico anestesico inyeccion
            jeringa aguja
            medicament medication analgesique opioide opiace narcotique anesthesique perfusion seringue aiguille
        """,
        Forbidden.DOSE: """
            mcg ug μg mg ml cc microgram microgramme microgramo milligram milligramme miligramo milliliter
            millilitre mililitro dose dosage dosing overdose bolus titration concentration
            dosis dosificacion sobredosis bolo titulacion concentracion posologia
            surdosage posologie titration
        """,
        Forbidden.DEVICE: """
            pump refill refilled refilling reservoir implant implanted implantation catheter intrathecal spinal
            device battery
            bomba recarga recargar relleno reservorio deposito implante implantado implantada cateter intratecal
            espinal raquideo raquidea dispositivo bateria pila
            pompe recharge recharger remplissage implante implantee catheter intrathecale dispositif pile
            synchromed prometra isomed ascenda medtronic flowonix codman tricumed
        """,
        Forbidden.DIAGNOSIS: """
            spasticity spastic spasm pain painful cancer tumor tumour sclerosis palsy paralysis paralyzed paralysed
            paraplegia tetraplegia quadriplegia dystonia neuropathy neuropathic stroke injury diagnosis disease
            illness disability infection wound surgery surgical operation withdrawal chronic oncology palliative
            espasticidad espastico espastica espasmo dolor doloroso tumor esclerosis paralisis paraplejia
            tetraplejia distonia neuropatia neuropatico ictus lesion diagnostico enfermedad discapacidad infeccion
            herida cirugia quirurgico quirurgica operacion abstinencia cronico cronica oncologia paliativo
            spasticite spastique spasme douleur douloureux tumeur sclerose paralysie paraplegie tetraplegie
            dystonie neuropathie avc lesion diagnostic maladie handicap plaie chirurgie chirurgical chirurgicale
            operatoire sevrage chronique oncologie palliatif crps sdrc
        """,
    }
)
_SHORTEST_NAME = 5
"""Shorter parts of a catalogue's names (*II*, *free*) are everyday words."""
_HYPHENS = re.compile(r"(?<=\w)[-‐‑­·](?=\w)")


def fold(text: str) -> str:
    """The text without accents, case and unseen characters."""
    spread = unicodedata.normalize("NFKD", text)
    seen = (char for char in spread if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    return "".join(seen).casefold()


def _words_of(text: str) -> Iterable[str]:
    return re.findall(r"[^\W\d_]+", fold(text))


_WORDS: Mapping[str, Forbidden] = MappingProxyType(
    {word: why for why, listed in _LISTS.items() for word in _words_of(listed)}
)
_EVERYDAY = frozenset({"preservative"})


def names_of_catalogue(names: Iterable[str]) -> frozenset[str]:
    """The words by which a catalogue's names would be known again."""
    return frozenset(
        word
        for name in names
        for word in _words_of(name)
        if len(word) >= _SHORTEST_NAME and word not in _EVERYDAY
    )


def forbidden_in(text: str, *, names: frozenset[str] = frozenset()) -> list[tuple[str, Forbidden]]:
    """The words of the text that no message may hold, each once, as they stand without accents and case."""
    found: dict[str, Forbidden] = {}
    for said in (text, _HYPHENS.sub("", text)):
        for word in _words_of(said):
            why = _why(word, names)
            if why is not None:
                found.setdefault(word, why)
    return list(found.items())


def _why(word: str, names: frozenset[str]) -> Forbidden | None:
    forms = [word]
    forms += [word[: -len(ending)] for ending in ("s", "es") if word.endswith(ending) and len(word) > 4]
    for form in forms:
        if form in _WORDS:
            return _WORDS[form]
        if form in names:
            return Forbidden.DRUG
    return None
