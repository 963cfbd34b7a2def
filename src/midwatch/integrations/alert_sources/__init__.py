"""Shared parts of all inbound alert sources: authentication, normalization, vocabulary."""
