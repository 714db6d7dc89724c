"""Wiring: settings, addresses, processes, embedded services. Holds no rule."""

VERSION = "0.1.0"
"""Of the program; the one in pyproject.toml."""
