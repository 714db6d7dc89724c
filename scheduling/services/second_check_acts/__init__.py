"""What people and time do to a second check; the checks themselves follow the record (``services.second_checks``)."""
