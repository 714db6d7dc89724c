"""Text for strict readers: cleaned, escaped, folded (RFC 5545, 3.1 and 3.3.11)."""

from __future__ import annotations

import re
import unicodedata

LINE_END = b"\r\n"
LONGEST_LINE = 75
"""Octets of a line without its end."""
LONGEST_TEXT = 400
"""Characters of one value; what is longer is cut, with an ellipsis."""
_ESCAPED = {ord("\\"): "\\\\", ord(";"): "\\;", ord(","): "\\,", ord("\n"): "\\n"}
_IN_MAILTO = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@!$'*+-._~")
_SPACES = re.compile(r"[ \t\u2028\u2029\x85\x0b\x0c\r\n]+")
_TURNS_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Marks that turn the direction of what follows, beyond the value they stand in."""


def one_line(text: str, *, most: int = LONGEST_TEXT) -> str:
    """The text as one line of at most ``most`` characters, without what no reader may be given.

    Control characters are not allowed at all; marks of direction could turn the words beside them; half a surrogate
    pair is no character. A backslash becomes a slash: many readers take "\\N" inside a name for a line break, however
    it is escaped.
    """
    is_plain = text.isascii() and text.isprintable()  # most are, and a night looks at every entry
    kept = text if is_plain and "  " not in text else _SPACES.sub(" ", text)
    if not is_plain:
        kept = "".join(character for character in kept if _is_allowed(character))
    kept = kept.replace("\\", "/").strip()
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"


def name(text: str) -> str:
    """The text as the name of a calendar: common readers show the escapes of commas and semicolons in one."""
    return one_line(re.sub("[,;]", " ", text), most=100)


def lines(*texts: str, most: int = LONGEST_TEXT) -> str:
    """The texts, each on a line of its own; those that are empty are left out."""
    return "\n".join(line for line in (one_line(text, most=most) for text in texts) if line)


def _is_allowed(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _TURNS_AROUND


def escaped(text: str) -> str:
    """The text as a TEXT value; colons and quotes stay as they are."""
    return text.translate(_ESCAPED)


def parameter(text: str) -> str:
    """The text as a quoted parameter value. What RFC 6868 would write with carets is left out: few read it."""
    return '"' + one_line(text, most=100).replace('"', "").replace("^", "") + '"'


def mail_address(text: str) -> str:
    """An e-mail address as a mailto: URI; whatever RFC 6068 does not let stand there is written in hex."""
    octets = one_line(text).encode("utf-8")
    return "mailto:" + "".join(chr(octet) if octet in _IN_MAILTO else f"%{octet:02X}" for octet in octets)


def content_line(name: str, value: str) -> bytes:
    """A property with its value, folded, with its line end. The value is escaped already where it is text."""
    return folded(f"{name}:{value}".encode())


def folded(line: bytes) -> bytes:
    """The line in pieces of at most 75 octets; never inside a character, nor between a backslash and its letter."""
    if len(line) <= LONGEST_LINE:
        return line + LINE_END
    pieces, start, room = [], 0, LONGEST_LINE
    while len(line) - start > room:
        end = start + room
        while line[end] & 0xC0 == 0x80:
            end -= 1
        backslashes = end - len(line[start:end].rstrip(b"\\")) - start
        end -= backslashes % 2
        pieces.append(line[start:end])
        start, room = end, LONGEST_LINE - 1  # a continuation begins with a space
    pieces.append(line[start:])
    return (LINE_END + b" ").join(pieces) + LINE_END
