"""Calendars: events and their occurrences, shared calendars, free and busy times, as Exchange shows them."""
