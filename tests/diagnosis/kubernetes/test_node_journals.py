"""Journals of nodes: the line that stops a node, and what comes of it."""
# ruff: noqa: E501 (lines of a journal are as long as they are)

from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole, Finding
from tests.integrations.kubernetes.network_world import prove
from tests.integrations.kubernetes.situation import evidence, findings

HEAD = "Jan 25 06:42:36 w-1 kubelet[218]: "


def told(*lines: str, node: str = "w-1", unit: str = "kubelet") -> list[Finding]:
    saved: dict[str, Any] = {
        "kind": "SavedLog",
        "metadata": {"name": f"{node}/{unit}"},
        "pod": node,
        "container": unit,
        "about": "Node",
    }
    seen = evidence([saved], logs={("", node, unit): "\n".join(lines)})
    found = [f for f in findings(Cluster(seen)) if f.code.startswith("K8S-84")]
    for one in found:
        prove(seen, one)
    return found


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"level":"warn","msg":"slow fdatasync","took":"7.4s","expected-duration":"1s"}', "K8S-840"),
        ("wal: sync duration of 1.5s, expected less than 1s", "K8S-840"),
        ("Memory cgroup out of memory: Killed process 4321 (java) total-vm:8388608kB", "K8S-841"),
        (
            'E0125 06:42:36.1 218 run.go:74] "command failed" err="failed to run Kubelet: running with swap on is not supported"',
            "K8S-842",
        ),
        ("E0125 06:42:36.1 218 kubelet.go:2373] network is not ready: cni plugin not initialized", "K8S-843"),
        ("E0125 06:42:36.1 218 reflector.go:1] x509: certificate has expired or is not yet valid", "K8S-844"),
        ("E0125 06:42:36.1 218 x.go:1] write /var/lib: no space left on device", "K8S-845"),
        ("E0125 06:42:36.1 218 kubelet.go:1] skipping pod synchronization: PLEG is not healthy: 3m ago", "K8S-846"),
        (
            "E0125 06:42:36.1 218 x.go:1] Get https://10.0.0.1:6443: dial tcp 10.0.0.1:6443: connect: connection refused",
            "K8S-847",
        ),
        ("kubelet.service: Main process exited, code=exited, status=255/EXCEPTION", "K8S-848"),
        ("E0125 06:42:36.1 218 x.go:1] fatal: cannot allocate the widget", "K8S-849"),
    ],
)
def test_a_line_gives_an_answer(said: str, code: str) -> None:
    (found,) = told("Jan 25 06:40:00 w-1 kubelet[218]: started", HEAD + said)
    assert (found.code, found.subject.kind, found.subject.name) == (code, "Node", "w-1")


def test_what_comes_of_the_cause_is_a_symptom() -> None:
    found = told(
        HEAD + "slow fdatasync, took 7 s",
        HEAD + "kubelet.service: Main process exited, code=exited, status=255/EXCEPTION",
    )
    assert [(f.code, f.role) for f in found] == [("K8S-840", CausalRole.CAUSE), ("K8S-848", CausalRole.SYMPTOM)]


def test_a_node_without_a_name_is_given_none() -> None:
    (found,) = told("[1.000001] Out of memory: Killed process 7 (java)", node="not-named", unit="kernel")
    assert found.message.startswith("a node that the text does not name: ")
    assert found.facts["node"] == "NODE"


@pytest.mark.parametrize(
    ("lines", "often"),
    [
        (
            (
                "kubelet.service: Main process exited, code=exited, status=1/FAILURE",
                "kubelet.service: Failed with result",
            ),
            "",
        ),
        (("kubelet.service: Failed with result 'exit-code'.", "kubelet.service: Start request repeated"), ""),
        (("kubelet.service: Main process exited, code=exited, status=1/FAILURE",) * 2, " (2 times)"),
    ],
)
def test_an_end_of_a_service_is_counted_once(lines: tuple[str, ...], often: str) -> None:
    (found,) = told(*(HEAD + line for line in lines))
    assert (found.code, found.facts["often"]) == ("K8S-848", often)
