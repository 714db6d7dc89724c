"""An e-mail as a page: the same words, a button for its link, nothing fetched from anywhere."""

from __future__ import annotations

import re

from django.template.loader import render_to_string

from notifications.domain.words.labels import button
from notifications.domain.words.purposes import Placeholder, Purpose
from notifications.domain.words.writing import Values

_LINK = re.compile(r"(https?://\S+)")
"""The words hold no other: names lose theirs, and a clinic's own words may name only {link}."""


def as_html(body: str, *, values: Values, purpose: Purpose, language: str, sender: str) -> str:
    """The body in paragraphs, everything escaped; a link that stands alone becomes a button."""
    link = values.get(Placeholder.LINK, "")
    paragraphs = [
        {
            "is_button": paragraph == link != "",
            "lines": [_LINK.split(line) for line in paragraph.splitlines()],
        }
        for paragraph in body.split("\n\n")
    ]
    return render_to_string(
        "notifications/letter.html",
        {
            "paragraphs": paragraphs,
            "link": link,
            "button": button(purpose, language),
            "language": language,
            "sender": sender,
        },
    )
