"""What a source sends with each of its alerts chooses no playbook: a title that nobody knows stays "alert without a
playbook"."""

import json
import pickle
from collections.abc import Mapping

import pytest

from midwatch.diagnosis.alerts.analyse import AlertReading
from midwatch.diagnosis.alerts.area import AREA
from midwatch.domain.alert import Alert
from midwatch.domain.alert_source import Envelope
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.sender import SenderSettings
from midwatch.engine.alerts import alert_evidence
from midwatch.wiring.connections import Connections
from tests.integrations.examples import ROOT, delivered, hook, names
from tests.plugged import alert_sources
from tests.plugged import settings as plugged_settings

TITLE = "Glimmer wobbles zonk"
SOURCES = sorted(s for s in alert_sources() if (ROOT / s / "examples").is_dir())
# The fields of the examples whose words are their user's: they say what is wrong, and may choose a playbook.
WRITTEN = frozenset(
    {
        "alertname",
        "rulename",
        "metric",
        "metric namespace",
        "metric m1",
        "rule",
        "triggered by",
        "component",
        "class",
        "group",
        "Error",
    }
)
OWN_NAMES = frozenset({"error_rate", "depth"})  # names that the sender of the example made up


def nonsense(pairs: Mapping[str, str]) -> dict[str, str]:
    return {k: "zonk" if k in WRITTEN else v for k, v in pairs.items() if k not in OWN_NAMES}


def read(alert: Alert) -> AlertReading:
    return AlertReading(alert_evidence(alert), alert_sources()[alert.source].envelope)


CASES = [
    (source, name, n)
    for source in SOURCES
    for name in names(source)
    for n in range(len(delivered(source, name).alerts))
]


@pytest.mark.parametrize(("source", "name", "number"), CASES, ids=[f"{s}-{n}-{i}" for s, n, i in CASES])
def test_the_fields_of_the_source_choose_no_playbook(source: str, name: str, number: int) -> None:
    alert = delivered(source, name).alerts[number]
    written = {"title": TITLE, "summary": "", "labels": nonsense(alert.labels), "details": nonsense(alert.details)}
    found = read(alert.model_copy(update=written))
    assert found.situation.code.code == "ALT-900"
    (said, *_) = found.findings()
    assert TITLE in said.message
    if alert.service:  # or the pod, the host that its labels name
        assert any(name in said.message for name in (alert.service, *alert.labels.values()))


def test_every_source_has_a_case() -> None:
    assert {source for source, _, _ in CASES} == set(SOURCES) == set(alert_sources())


def pagerduty(title: str, **more: object) -> Alert:
    data = {
        "id": "Q1",
        "type": "incident",
        "html_url": "https://acme.pagerduty.com/incidents/Q1",
        "number": 1,
        "status": "triggered",
        "incident_key": "key1",
        "created_at": "2026-03-02T05:00:00Z",
        "title": title,
        "service": {"id": "S1", "summary": "Basket", "type": "service_reference"},
        "assignees": [{"id": "U1", "summary": "Mara Root-Admin", "type": "user_reference"}],
        "escalation_policy": {
            "id": "E1",
            "summary": "Database failover, replication lag",
            "type": "escalation_policy_reference",
        },
        "teams": [{"id": "T1", "summary": "Failed logins and brute force", "type": "team_reference"}],
        "priority": {"summary": "P1"},
        "urgency": "high",
        "incident_type": {"name": "data_exfiltration"},
        "conference_bridge": {"conference_url": "https://meet.example.com/disk-full"},
        "resolve_reason": None,
        **more,
    }
    event = {
        "id": "EV1",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-03-02T05:00:00Z",
    }
    body = json.dumps({"event": {**event, "agent": {"summary": "Certificate expired"}, "data": data}}).encode()
    (alert,) = alert_sources()["pagerduty"].parse(hook(body), SenderSettings()).alerts
    return alert


@pytest.mark.parametrize("title", ["Parcels are not labelled", "Tea is cold", "Basket: 3 blue whales"])
def test_an_incident_that_no_playbook_knows(title: str) -> None:
    found = read(pagerduty(title))
    (said,) = found.findings()
    assert (said.code, found.category) == ("ALT-900", "service")
    assert said.message.startswith(f"Basket: {title}")
    assert not [n for n in found.facts.names if n.kind == "user"]


def test_a_title_that_a_playbook_knows_still_finds_it() -> None:
    assert read(pagerduty("Disk space low on log-1")).situation.code.code == "ALT-206"


@pytest.mark.parametrize(
    ("title", "labels", "details"),
    [
        ("Parcels are down", {"node": "n-1", "severity": "critical"}, {}),  # `node: … down` is no NodeDown
        ("Parcels are late", {"team": "data"}, {"owner": "the database pool is exhausted"}),
        ("BargeLate", {"job": "node-exporter", "node": "n-1"}, {}),  # a scrape job is no job that is late
        ("Parcels are high", {"deployment": "x", "container": "y"}, {"urgency": "cpu"}),
    ],
)
def test_names_of_labels_are_not_words(title: str, labels: dict[str, str], details: dict[str, str]) -> None:
    alert = pagerduty(title)
    found = read(alert.model_copy(update={"labels": labels, "details": details}))
    assert found.situation.code.code == "ALT-900"


def test_the_service_alone_is_not_what_is_wrong() -> None:
    assert read(pagerduty("Parcels", service={"summary": "Disk space full"})).situation.code.code == "ALT-900"


def test_details_that_a_person_wrote_choose_the_playbook() -> None:
    alert = pagerduty("Parcels").model_copy(
        update={"details": {"what": "the connection pool is exhausted", "urgency": "high"}}
    )
    assert read(alert).situation.code.code == "ALT-101"


def test_the_release_of_an_error_is_not_what_is_wrong() -> None:
    alert = (
        delivered("sentry", "issue-alert")
        .alerts[0]
        .model_copy(update={"title": "ZeroDivisionError: division by zero", "summary": ""})
    )
    found = read(
        alert.model_copy(update={"details": {"release": "failed-deploy-2", "culprit": "app.views"}, "labels": {}})
    )
    assert found.situation.code.code == "ALT-900"


def test_a_setting_of_the_alarm_is_not_what_is_wrong() -> None:
    alert = delivered("cloudwatch", "sns-metric-math").alerts[0].model_copy(update={"title": TITLE, "summary": ""})
    kept = alert.model_copy(
        update={"details": alert.details | {"missing data": "missing", "state": "INSUFFICIENT_DATA", "unit": "Count"}}
    )
    assert read(kept).situation.code.code == "ALT-900"


def test_what_an_event_carries_is_no_title() -> None:
    """A body that nobody knows, with an event that tells the load of a machine among much else."""
    document = {"message": "Parcels are late", "event": {"extra": {"loadavg": [0.9, 0.5], "url": "http://a.test/x"}}}
    (alert,) = alert_sources()["generic"].parse(hook(json.dumps(document).encode()), SenderSettings()).alerts
    found = read(alert)
    (said,) = found.findings()
    assert said.code == "ALT-900" and said.message.startswith("(no host or service in the alert): Parcels are late")


def test_what_a_source_always_sends_is_no_fact() -> None:
    """`workflow` is a word for a job, unless it is the name of a field that comes with every alert of the source."""
    (alert,) = alert_sources()["generic"].parse(hook(b'{"title": "Parcels"}'), SenderSettings()).alerts
    evidence = alert_evidence(alert.model_copy(update={"details": {"workflow": "deploy-harbour"}}))
    assert AlertReading(evidence).facts.of("job") == ("deploy-harbour",)
    assert AlertReading(evidence, Envelope(named=("workflow",))).facts.of("job") == ("deploy-harbour",)
    assert AlertReading(evidence, Envelope(always=("work_flow",))).facts.of("job") == ()


def test_an_investigation_knows_the_envelope_of_the_source_of_its_alert() -> None:
    """Bound before anything is computed, so that a source of another package has one too."""
    alert = pagerduty("Parcels").model_copy(update={"details": {"component_id": "Disk space full"}})
    areas = {area.name: area for area in Connections(plugged_settings()).taking_part(Request(alert=alert))}
    area = pickle.loads(pickle.dumps(areas["alerts"].for_investigation()))
    (said,) = area.analyse([alert_evidence(alert)], Question()).findings
    assert said.code == "ALT-900"
    (unbound,) = AREA.analyse([alert_evidence(alert)], Question()).findings
    assert unbound.code == "ALT-206"
