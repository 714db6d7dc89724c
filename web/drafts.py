"""What a page needs to keep a half-written form for the person who wrote it, and for nobody else."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def owner_and_key(user_id: int) -> tuple[str, str]:
    """A mark by which a browser knows whose draft it keeps, and the key that it is encrypted with.

    The key stands in the pages of its person only and is never stored by the browser: what is left in a tab after a
    session has ended cannot be read by whoever sits down next.
    """
    mark = salted_hmac("web.drafts.owner", str(user_id), algorithm="sha256").hexdigest()[:16]
    key = salted_hmac("web.drafts.key", str(user_id), algorithm="sha256").hexdigest()
    return mark, key
