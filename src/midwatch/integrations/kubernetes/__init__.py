"""Kubernetes: one live cluster, or what was saved of one. Read-only."""
