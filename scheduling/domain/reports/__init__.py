"""What reports count and compare: pure functions over plain rows."""
