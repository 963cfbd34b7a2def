"""`midwatch doctor --explain`: what an investigation of an alert would do, without asking any system."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from midwatch.diagnosis.traffic import fake
from midwatch.integrations import pagerduty
from midwatch.interfaces.cli.app import app
from midwatch.wiring.explain import Explanation, SystemPart
from tests.flows.cluster import midwatch

ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/pay"
LABELS = {
    "alertname": "KubePodCrashLooping",
    "cluster": "pay",
    "namespace": "shop",
    "pod": "checkout-7d9f8b6c5-x2x7k",
    "severity": "critical",
    "service": "checkout",
}
SUMMARY = "Pod shop/checkout-7d9f8b6c5-x2x7k is in waiting state (reason: CrashLoopBackOff)."


def fired(**labels: str) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": SUMMARY},
        "startsAt": "2026-11-21T02:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "4b7f3a1c2d5e6f70",
    }


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of its own, and a network on which every connection is an error that no command catches."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def connect(_socket: socket.socket, address: object) -> None:
        raise AssertionError(f"{address} was connected to")

    monkeypatch.setattr(socket.socket, "connect", connect)
    (tmp_path / "midwatch.yaml").write_text(f"kubernetes: {{contexts: [staging, '{ARN}']}}\n")


def wrote(folder: Path, *alerts: dict[str, Any]) -> str:
    body = {"version": "4", "receiver": "midwatch", "groupKey": "k", "status": "firing", "alerts": alerts}
    (folder / "alert.json").write_text(json.dumps(body))
    return str(folder / "alert.json")


def explained(*arguments: str) -> Explanation:
    shown = midwatch("doctor", "--json", "--explain", *arguments)
    assert (shown.code, shown.err) == (0, "")
    return Explanation.model_validate_json(shown.out)


def asked(found: Explanation, system: str) -> SystemPart:
    """Its part alone: other areas may ask other systems."""
    return next(part for part in found.systems if part.name == system)


def test_text_at_80_columns(tmp_path: Path) -> None:
    file = wrote(tmp_path, fired(**LABELS), fired(**LABELS | {"severity": "warning"}))
    shown = midwatch("doctor", "--explain", file, environment={"COLUMNS": "80"})
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Alert",
        "Understood as",
        "Areas that take part",
        "Systems that are asked",
        next(line for line in lines if line.startswith("First requests: ")),
    ]
    words = " ".join(shown.out.split())
    for said in (
        "source Prometheus Alertmanager (chosen by: its fields)",
        f"title {SUMMARY}",
        "severity critical",
        "status firing; began 2026-11-21 02:00:00 UTC",
        "service checkout",
        "resource Pod shop/checkout-7d9f8b6c5-x2x7k",
        "cluster=pay, namespace=shop",
        "not read 1 more alert of this file",
        "topic cluster (Cluster)",
        "namespace shop",
        "alerts takes part for every alert",
        "kubernetes topic cluster is its own",
        f"kubernetes {ARN}: the alert's label cluster is pay",
    ):
        assert said in words


def test_json_counts_what_is_asked_first(tmp_path: Path) -> None:
    found = explained(wrote(tmp_path, fired(**LABELS)))
    why = {part.name: part.why for part in found.areas}
    assert (why["alerts"], why["kubernetes"], why["traffic"]) == ("alert", "topic", "")
    system = asked(found, "kubernetes")
    assert (system.state, system.context, system.unchecked) == ("asked", ARN, ())
    counts = {one.tool: one.requests for one in found.requests}
    assert counts["kubernetes_list"] > 10
    assert all(counts.values())


def test_contexts_that_are_not_checked_are_named(tmp_path: Path) -> None:
    file = wrote(tmp_path, fired(**LABELS | {"cluster": "other"}))
    system = asked(explained(file), "kubernetes")
    assert (system.context, system.unchecked) == ("staging", (ARN,))
    assert f"not checked: {ARN}" in " ".join(midwatch("doctor", "--explain", file).out.split())


def test_the_flags_of_an_investigation_count(tmp_path: Path) -> None:
    file = wrote(tmp_path, fired(**LABELS))
    found = explained(file, "--context", "staging", "-n", "billing", "--source", "alertmanager")
    system = asked(found, "kubernetes")
    assert (system.context, system.reason) == ("staging", "named by --context")
    assert (found.understood.namespace, found.alert.chosen_by) == ("billing", "--source")


def test_an_alert_of_another_topic_and_a_system_that_is_not_configured(tmp_path: Path) -> None:
    (tmp_path / "traffic.yaml").write_text(fake.CONFIG)
    (tmp_path / "alert.txt").write_text(f"NAT gateway spike: bytes out of {fake.GATEWAY} are 10x above normal")
    found = explained(str(tmp_path / "alert.txt"))
    assert found.alert.chosen_by == "no other source fits"
    assert found.understood.topic == "nat-spike"
    assert found.understood.window is not None
    assert found.understood.entities == {"gateway": (fake.GATEWAY,)}
    assert (asked(found, "aws").state, asked(found, "kubernetes").state) == ("not configured", "asked")
    assert "aws not configured: nothing is set in section aws" in " ".join(
        midwatch("doctor", "--explain", str(tmp_path / "alert.txt")).out.split()
    )


def test_the_sender_is_named_and_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(Path(pagerduty.__path__[0]) / "examples" / "triggered.json")
    assert explained(file).alert.details_from == ""
    monkeypatch.setenv("MIDWATCH_PAGERDUTY__TOKEN", "u+a-token-of-a-test")
    assert explained(file).alert.details_from == "PagerDuty"


def test_standard_input(tmp_path: Path) -> None:
    body = Path(wrote(tmp_path, fired(**LABELS))).read_text()
    shown = CliRunner().invoke(app, ["doctor", "--json", "--explain", "-"], input=body)
    assert shown.exit_code == 0
    assert Explanation.model_validate_json(shown.stdout).alert.labels["cluster"] == "pay"


def test_text_of_an_alert_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    file = wrote(tmp_path, fired(**LABELS | {"service": "a\x1b[2Jb\nc", "note": "[red]password=hunter2pw[/red]"}))
    out = midwatch("doctor", "--explain", file).out
    assert "\x1b" not in out
    assert "hunter2pw" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json",), "--source and --json go with --explain"),
        (("--source", "generic"), "--source and --json go with --explain"),
        (("--explain", "none.json"), "none.json cannot be read"),
        (("--explain", "midwatch.yaml", "--context", "a", "--context", "b"), "investigated in one context"),
        (("--explain", "midwatch.yaml", "--source", "nagios"), "There is no source 'nagios'"),
        (("--explain", "midwatch.yaml", "--dump", "nowhere"), "nowhere does not exist"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    shown = midwatch("doctor", *arguments)
    assert shown.code == 3
    assert said in shown.err


@pytest.mark.parametrize(("start", "now"), [("9999-99-99", True), ("1e400", True), ("2026-11-21T02:00:00Z", False)])
def test_a_start_that_cannot_be_read_is_said(tmp_path: Path, start: str, now: bool) -> None:
    file = wrote(tmp_path, fired(**LABELS) | {"startsAt": start})
    assert explained(file).alert.starts_now is now
    words = " ".join(midwatch("doctor", "--explain", file).out.split())
    assert ("now is taken for its start" in words) is now


def test_a_cluster_that_nothing_names_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text("")
    file = wrote(tmp_path, fired(**LABELS))
    found = explained(file)
    cluster = asked(found, "kubernetes")
    assert cluster.state == "not configured"
    assert [one for one in found.requests if one.tool.startswith("kubernetes")] == []
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("")
    cluster = asked(explained(file), "kubernetes")
    assert cluster.state == "asked"
    saved = tmp_path / "saved"
    saved.mkdir()
    (tmp_path / ".kube" / "config").unlink()
    cluster = asked(explained(file, "--dump", str(saved)), "kubernetes")
    assert cluster.state == "asked"
