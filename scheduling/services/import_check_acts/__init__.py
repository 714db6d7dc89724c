"""What people and time do to the check of an import; what is in it follows the record (``import_checks``)."""
