"""Sentry: issue alerts, metric alerts and the life of an issue, by an internal integration; and its older webhook
plug-in."""
