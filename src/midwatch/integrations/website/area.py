"""Websites and APIs: whether they answer, how fast, and with which certificate."""

from importlib.resources import files

from midwatch.domain.capabilities import Area, EntityKind, Topic
from midwatch.integrations.website.query_tools import website_health_query
from midwatch.integrations.website.topics import SITE, WEBSITE, WEBSITES

NAME = "website"

# The last part of a host that is none: files, and names inside a cluster or a cloud.
_NOT_HOSTS = (
    "py|yaml|yml|json|log|txt|sh|go|js|ts|md|html|conf|cfg|ini|toml|tf|java|rb|rs|internal|local|svc|cluster|lan|csv|"
    "zip|gz|exe|sql|tar|png"
)

TOPICS = (
    Topic(WEBSITE, "Website", NAME, takes=(SITE,), needs=SITE),
    Topic(WEBSITES, "All websites", NAME),
)
_SITES = EntityKind(
    name=SITE,
    title="website",
    rank=10,
    label="{names}",
    pattern=(
        r"<?\b(?P<sure>https?://)?(?P<name>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,18})(?![\w@-]|\.\w)"
        r"(?::\d{1,5})?(?:/[^\s>|]*)?(?:\|[^>\s]*)?>?"
    ),
    unlike=rf"\.(?:{_NOT_HOSTS})$",
    which="Which website do you mean?",
    topic=WEBSITE,
)

AREA = Area(
    name=NAME,
    title="Websites",
    topics=TOPICS,
    entities=(_SITES,),
    grammar=files(__package__ or "").joinpath("grammar.yaml").read_text,
    questions=files(__package__ or "").joinpath("questions.yaml").read_text,
    abilities=("websites (up, slow, certificates)",),
    query_tools=(website_health_query,),
    examples=("Are all our websites up?",),
)
