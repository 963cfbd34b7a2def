"""Opsgenie: its outgoing webhook. Atlassian ends the product in April 2027."""
