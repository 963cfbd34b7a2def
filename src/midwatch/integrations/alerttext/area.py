"""Alerts, by their own words: what can be said when nothing but the alert is known. Has no topic of its own."""

from midwatch.domain.capabilities import Area

AREA = Area(name="alerts", title="Alert text")
