"""Everything that happened to a patient, in one line each: what a timeline is made of."""
