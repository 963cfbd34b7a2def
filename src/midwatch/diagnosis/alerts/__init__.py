"""Alert text: what can be said when only the alert is known."""
