"""Alerts by their own words: what can be said when nothing but the alert is known. Asks nobody."""

from midwatch.integrations.alerttext.analyse import analyse
from midwatch.integrations.alerttext.situations import catalogue
from midwatch.integrations.manifest import Integration


def integration() -> Integration:
    return Integration(
        name="alerts",
        title="Alert text",
        topics=None,
        analyse=analyse,
        codes=dict(catalogue()),
    )
