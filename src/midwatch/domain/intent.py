"""What a question turned out to ask: a topic, and what it names. Made by the written grammar, or by a model that calls
a tool."""

from enum import StrEnum

from midwatch.domain.base import Model
from midwatch.domain.window import Window


class Topic(StrEnum):
    CLUSTER = "cluster"  # what is wrong in the cluster: the Kubernetes diagnosis
    NAT_SPIKE = "nat-spike"  # what caused the spike at …
    NAT_TRAFFIC = "nat-traffic"  # how much went through, in a window
    NAT_PATTERNS = "nat-patterns"  # spikes of some days and the jobs behind them
    NAT_COMPARE = "nat-compare"  # one window against another
    NAT_GATEWAYS = "nat-gateways"  # which gateways there are
    JOBS = "jobs"  # jobs that ran in a window; running ones when the window is now
    JOBS_OF_CLIENT = "jobs-of-client"  # one client's jobs
    JOBS_BY_VOLUME = "jobs-by-volume"  # who moves the most
    WEBSITE = "website"  # one or some sites: up, slow, certificate
    WEBSITES = "websites"  # all of the configured ones


NAT_TOPICS = frozenset(
    {Topic.NAT_SPIKE, Topic.NAT_TRAFFIC, Topic.NAT_PATTERNS, Topic.NAT_COMPARE}
)  # that need measurements
JOB_TOPICS = frozenset({Topic.JOBS, Topic.JOBS_OF_CLIENT, Topic.JOBS_BY_VOLUME})


class Facet(StrEnum):
    """The one thing a follow-up wants to know of what was just spoken of."""

    ALL = ""
    DURATION = "duration"
    VOLUME = "volume"
    TIME = "time"
    DESTINATION = "destination"
    CLIENT = "client"
    USER = "user"
    JOB = "job"
    EXPECTED = "expected"


class Intent(Model, frozen=True):
    """`window` is what the answer is about, `against` the other period of a comparison; both are echoed to who
    asked."""

    topic: Topic
    window: Window | None = None
    against: Window | None = None
    gateway: str = ""
    client: str = ""
    namespace: str = ""
    services: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    facet: Facet = Facet.ALL


class AskBack(Model, frozen=True):
    """It is not clear what was meant: a question to who asked, and what could have been meant.

    `topic` is what the question is about as far as that is clear; what is missing then is a name or a time.
    """

    question: str
    choices: tuple[str, ...] = ()
    topic: Topic | None = None


class Names(Model, frozen=True):
    """What a question can name: known from the configuration and from what was read before."""

    gateways: tuple[tuple[str, str], ...] = ()  # id, name
    clients: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()  # host names
