"""Who may ask for what: a row for every address, and what each answers to everybody. See tests/web/test_matrix.py."""
