"""Calendars by secret link, for the programs that people keep their days in. No session, no cookie, no page."""
