"""Numbers as providers take and give them; see ``clinic.domain.phones``."""

from clinic.domain.phones import dialable

__all__ = ["dialable"]
