"""Alert text area: conclusions from the alert alone."""
