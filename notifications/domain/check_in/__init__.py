"""Check-ins: what patients are asked from home, and how the answers are read. See docs/reference/check-in.md."""
