"""Logs of which nothing says who wrote them: an answer where nothing else is, a note beside a pod in trouble."""

from typing import Any

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import Finding
from tests.integrations.kubernetes.network_world import prove, thing
from tests.integrations.kubernetes.situation import evidence, findings

SAID = "INFO starting\npanic: dial tcp 10.0.0.7:5432: connect: connection refused\n"


def told(*objects: dict[str, Any], about: str = "Log", name: str = "app.log", text: str = SAID) -> list[Finding]:
    place = "shop" if about == "Deployment" else ""
    saved: dict[str, Any] = {
        "kind": "SavedLog",
        "metadata": {"name": name},
        "pod": name,
        "about": about,
        "place": place,
    }
    seen = evidence([saved, *objects], logs={("", name, ""): text})
    found = findings(Cluster(seen))
    for one in found:
        prove(seen, one)
    return [f for f in found if f.code.startswith(("K8S-96", "K8S-97"))]


def test_the_error_is_quoted_and_the_program_not_named() -> None:
    (found,) = told()
    assert (found.code, found.subject.kind) == ("K8S-970", "Log")
    assert found.message.startswith("log without a name (app.log): cannot connect to 10.0.0.7:5432: panic: dial tcp")


def test_the_log_of_a_workload_is_told_of_the_workload() -> None:
    (found,) = told(about="Deployment", name="web")
    assert found.message.startswith("shop/deployment/web: cannot connect to 10.0.0.7:5432")


def test_beside_a_pod_in_trouble_it_is_a_note() -> None:
    pod = thing("Pod", "web-1", status={"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})
    assert [f.code for f in told(pod)] == ["K8S-971"]


def test_a_calm_log_says_nothing() -> None:
    assert told(text="INFO starting\nINFO ready\n") == []
