"""Outgoing webhook."""
