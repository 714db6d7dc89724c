"""How a patient is found by what somebody types: word by word, whatever the capitals and the accents.

A name is typed as it is heard, on a keyboard that may lack its letters, or pasted from a list as "Last, First".
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import IContains

LONGEST_SEARCH = 80
_STROKED = {"Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "ı": "i"}
_LATIN = (chr(code) for code in range(0x00C0, 0x0250))
_PLAIN = {
    letter: base
    for letter in _LATIN
    if (base := _STROKED.get(letter, unicodedata.normalize("NFD", letter)[0])).isascii()
}
_TO_PLAIN = {ord(letter): base for letter, base in _PLAIN.items()}


def search_words(text: str) -> list[str]:
    """The words to look for, without accents: at most LONGEST_SEARCH characters, apart at spaces and commas."""
    typed = unicodedata.normalize("NFC", text.strip())[:LONGEST_SEARCH]
    return [word for word in re.split(r"[\s,]+", typed.translate(_TO_PLAIN)) if word]


def holds(field: str, word: str) -> Q:
    """Whether the field holds the word of ``search_words``, whatever the capitals and accents of the record."""
    plain = Func(
        F(field),
        Value("".join(_PLAIN)),
        Value("".join(_PLAIN.values())),
        function="translate",
        output_field=TextField(),
    )
    return Q(IContains(plain, word))
