"""Redirects in a probe's text."""

LEAVES_HTTPS = "(leaves https)"
