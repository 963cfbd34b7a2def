"""Findings about tides."""
