"""Wiring: settings, addresses, processes, embedded services. Holds no rule."""
