"""Sentry: issue alerts, metric alerts and issue states, by an internal integration; and its older webhook plug-in."""
