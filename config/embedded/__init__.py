"""PostgreSQL and Valkey from wheels, kept under one folder, for a first try, a small clinic and the tests."""
