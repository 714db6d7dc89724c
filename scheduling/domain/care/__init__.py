"""The care plan: what a patient is due for after each event, and how far a late refill has climbed."""
