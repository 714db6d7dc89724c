"""What a message says, written from the record at the moment it is sent."""

from notifications.services.words.compose import as_it_would_read, compose
from notifications.services.words.invite import keep_invite

__all__ = ["as_it_would_read", "compose", "keep_invite"]
