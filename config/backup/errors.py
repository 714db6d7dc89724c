"""What a person must hear when a backup or a restore cannot be made."""


class BackupError(Exception):
    """The text says what is wrong and what to do; it names no password and no patient."""
