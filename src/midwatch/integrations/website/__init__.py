"""Websites and APIs, as a browser sees them. Read-only."""
