"""The areas of diagnosis that there are: the one place that lists them."""

from functools import cache

from midwatch.domain.capabilities import Area
from midwatch.integrations.alerttext.area import AREA as ALERTS
from midwatch.integrations.kubernetes.area import AREA as KUBERNETES
from midwatch.integrations.traffic.area import AREA as TRAFFIC
from midwatch.integrations.website.area import AREA as WEBSITES


@cache
def areas() -> tuple[Area, ...]:
    return (ALERTS, KUBERNETES, TRAFFIC, WEBSITES)
