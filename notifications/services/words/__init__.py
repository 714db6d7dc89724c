"""What a message says, written from the record at the moment it is sent."""

from notifications.services.words.compose import as_it_would_read, compose

__all__ = ["as_it_would_read", "compose"]
