"""A clinic's life played at random: what happens (``play``), and what must hold whatever happens (``watch``)."""
