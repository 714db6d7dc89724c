"""What a text means, in whatever language, case and spelling it comes; everything else is for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.inbound import SAID, Meaning, meaning_of, plain


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((text, Meaning.STOP) for text in ("STOP", "stop.", " Stop! ", "STOP ALL", "stopall", "“Stop”")),
        *((text, Meaning.STOP) for text in ("please stop texting me", "Stop sending me these messages")),
        *(
            (text, Meaning.STOP)
            for text in ("quit", "END", "Revoke", "opt-out", "OPT OUT", "optout", "cancel")
        ),
        *((text, Meaning.STOP) for text in ("unsubscribe", "stop stop stop", "STOP PLEASE", "Stop, thanks")),
        *(
            (text, Meaning.STOP)
            for text in ("Alto", "cancelar", "¡ALTO!", "baja", "no más mensajes", "Detener")
        ),
        *(
            (text, Meaning.STOP)
            for text in ("arrêt", "ARRET", "arrêter", "Désabonner", "stop svp", "résilier")
        ),
        *((text, Meaning.START) for text in ("START", "unstop", "empezar", "Démarrer", "start texts")),
        *(
            (text, Meaning.HELP)
            for text in ("HELP", "Help please", "Ayuda", "aide", "info", "ayuda por favor")
        ),
        *(
            (text, Meaning.CONFIRM)
            for text in ("C", "c.", "(C)", "Confirm", "YES", "yes please", "Ok, thanks")
        ),
        *((text, Meaning.CONFIRM) for text in ("Sí", "si", "confirmo", "SÍ, gracias", "oui", "Oui merci")),
        *((text, Meaning.CONFIRM) for text in ("je confirme", "d’accord", "I'll be there")),
        *((text, Meaning.RESCHEDULE) for text in ("R", "reschedule", "another day please", "otra hora")),
        *((text, Meaning.RESCHEDULE) for text in ("Cambiar la cita", "autre heure", "changer d'heure")),
        *((text, Meaning.DECLINE) for text in ("N", "no", "No thanks", "can't come", "I cannot come", "non")),
        *((text, Meaning.DECLINE) for text in ("no puedo ir", "je ne peux pas venir", "No, gracias")),
        *((text, Meaning.UNCLEAR) for text in ("", "👍", "?", "...", "C but later", "yes and no", "no stop")),
        *(
            (text, Meaning.UNCLEAR)
            for text in ("please don't stop", "I will stop by at three", "stop or start")
        ),
        *(
            (text, Meaning.UNCLEAR)
            for text in (
                "my pump is beeping",
                "help me",
                "¡Socorro!",
                "yes all",
                "call me",
                "cancel my visit",
            )
        ),
        *((text, Meaning.UNCLEAR) for text in ("me duele", "j'ai de la fièvre", "stop " * 9 + "it hurts")),
    ],
)
def test_what_a_text_means(text: str, meaning: Meaning) -> None:
    assert meaning_of(text) is meaning


def test_no_word_means_two_things() -> None:
    words = [word for said in SAID.values() for word in said]
    assert len(words) == len(set(words))


def test_every_word_is_written_as_texts_are_read() -> None:
    assert [word for said in SAID.values() for word in said if plain(word) != word] == []


@pytest.mark.parametrize("meaning", [meaning for meaning in Meaning if meaning])
@given(data=st.data())
def test_case_accents_and_punctuation_change_nothing(meaning: Meaning, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(sorted(SAID[meaning])))
    around = data.draw(st.sampled_from(["{}", " {} ", "{}.", "«{}»", "¡{}!", "{}\n", "({})"]))
    written = data.draw(st.sampled_from([word, word.upper(), word.title(), word.replace("e", "é")]))
    assert meaning_of(around.format(written)) is meaning


@given(st.text(max_size=200))
def test_any_text_has_one_meaning_or_none(text: str) -> None:
    assert meaning_of(text) in Meaning
