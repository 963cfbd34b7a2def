"""Websites and APIs, from a browser's view. Read-only."""
