"""How a patient is found by what somebody types: word by word, whatever the capitals and the accents.

A name is typed as it is heard, on a keyboard that may lack its letters, or pasted from a list as "Last, First". What the
words are looked for in is ``clinic.models.search``: the database brings both into the same plain capitals.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.models import CharField, Func, QuerySet, Value

from clinic.models import SearchEnding

LONGEST_SEARCH = 80


def search_words(text: str) -> list[str]:
    """The words to look for: at most LONGEST_SEARCH characters of the text, apart at spaces and commas."""
    typed = unicodedata.normalize("NFC", text.strip())[:LONGEST_SEARCH]
    return [word for word in re.split(r"[\s,]+", typed) if word]


def endings_with(word: Any, *, clinic_id: Any) -> QuerySet[SearchEnding]:
    """Where the word stands in the clinic: of which patient, and of which pump where it is in a serial number.

    Word and clinic may be values that are still to come (``clinic.together``).
    """
    its_value = Value(word) if isinstance(word, str) else word
    plain = Func(its_value, function="clinic_plain", output_field=CharField())
    return SearchEnding.objects.for_clinic(clinic_id).filter(ending__begins=plain)
