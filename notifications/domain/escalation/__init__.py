"""How a matter climbs from person to person until one of them acknowledges it; pure."""
