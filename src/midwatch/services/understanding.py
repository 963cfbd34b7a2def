"""What a question in words, or an alert, turns out to ask: the same for every door. Needs no server and no store."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Gap
from midwatch.domain.intent import JOB_TOPICS, NAT_TOPICS, AskBack, Intent, Names, Topic
from midwatch.domain.investigation import Request
from midwatch.domain.window import Window
from midwatch.integrations.alerttext.subject import namespace as named_in
from midwatch.integrations.normal import text
from midwatch.integrations.traffic.config import Traffic
from midwatch.integrations.website.sites import host
from midwatch.questions.route import route
from midwatch.questions.standalone import AROUND
from midwatch.services.limits import short_enough
from midwatch.settings import Settings

Completed = Callable[
    [Alert], Awaitable[tuple[Alert, tuple[Gap, ...]]]
]  # with its details, and what of them could not be read
_READ = 500  # letters of an alert's summary


def names(settings: Settings, traffic: Traffic) -> Names:
    """What a question can name, as far as the configuration knows it."""
    sites = settings.sites
    return Names(
        gateways=tuple((g.id, g.name) for g in traffic.gateways),
        clients=traffic.clients,
        namespaces=tuple(dict.fromkeys([*traffic.jobs.namespaces, *(n for s in sites for n in s.namespaces)])),
        services=tuple(dict.fromkeys(name for s in sites for name in s.services)),
        sites=tuple(host(s.url) for s in sites),
    )


def understood(
    question: str, known: Names, now: datetime, before: Intent | None = None, otherwise: Topic | None = None
) -> Intent | AskBack:
    """What a question asks, or what has to be asked back.

    `otherwise` is the topic of a door that has one: what speaks for no topic, or for that one without being clear, is
    about it. An empty question asks what is wrong in the cluster.
    """
    short_enough(question)
    if not question.strip():
        return Intent(topic=otherwise or Topic.CLUSTER)
    found = route(text(question), known, now, UTC, before)
    if isinstance(found, AskBack):
        return Intent(topic=otherwise) if otherwise and found.topic in (None, otherwise) else found
    jobs_alone = found.topic in JOB_TOPICS and not (known.gateways or known.clients or known.namespaces)
    return (
        Intent(topic=Topic.CLUSTER) if jobs_alone else found
    )  # where nobody said which jobs move data, it is about any job


def reported(alert: Alert, known: Names, now: datetime, namespace: str = "", unread: tuple[Gap, ...] = ()) -> Request:
    """The investigation of an alert, which names its namespace itself where none is given. `unread` is what its sender
    kept back."""
    where = namespace or named_in(alert.labels)
    return Request(alert=alert, namespace=where, intent=about_alert(alert, known, now), unread=unread)


def about_alert(alert: Alert, known: Names, now: datetime) -> Intent | None:
    """What an alert about the traffic of a NAT gateway asks; None for every other, and where no gateway is
    configured."""
    said = text(f"what caused this: {alert.title}. {alert.summary[:_READ]}")
    found = route(said, known, now) if known.gateways else None
    if not isinstance(found, Intent) or found.topic not in NAT_TOPICS:
        return None
    named = {name.lower(): gateway for gateway, name in known.gateways if name} | {
        gateway: gateway for gateway, _ in known.gateways
    }
    labelled = next((named[value.lower()] for value in alert.labels.values() if value.lower() in named), "")
    window = Window(alert.starts_at - AROUND, min(alert.starts_at + AROUND, max(now, alert.starts_at)))
    return Intent(topic=Topic.NAT_SPIKE, window=window, gateway=labelled or found.gateway)
