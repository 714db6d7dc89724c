"""A fictitious clinic for a first look: made through the same services as a real one, dates relative to today."""
