"""What waits for a second person, kept in line with the record by the forecasts' one door.

See docs/adr/0030-what-waits-for-a-second-person.md.
"""
