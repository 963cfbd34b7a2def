"""Query tools for websites, for programs: each call becomes the same Intent as a question."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from midwatch.diagnosis.websites.topics import SITE, WEBSITE
from midwatch.domain.intent import Intent


def website_health_query(
    _now: datetime,
    url: Annotated[str, Field(min_length=1, max_length=2000, description="host name or http(s) URL")],
) -> Intent:
    """Checks availability, latency and TLS certificate of a website or API, and the services behind it if it fails."""
    return Intent(topic=WEBSITE).with_entity({SITE: (url,)})
