"""Calendars that other programs read: iCalendar (RFC 5545), the same for feeds, downloads and invitations.

One writer for all of them. See docs/reference/calendars.md and docs/adr/0025-calendar-entries-are-kept-as-bytes.md.
"""
