"""A wrong setting is named with its place and the nearest name; what was set is never repeated."""

from pathlib import Path

import pytest

from midwatch.domain.refusal import Refusal
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.integrations.website.objects.site import Sites
from midwatch.wiring.configuration import load

SECRET = "Lisbon.8841-hunter2"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)


def refused() -> str:
    with pytest.raises(Refusal) as refusal:
        load()
    assert SECRET not in f"{refusal.value.reason} {refusal.value.hint}"
    return refusal.value.reason


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"server:\n  prt: {SECRET}\n", "server.prt is no setting (did you mean port?) (FILE, line 2)"),
        (f"pagerdutty:\n  token: {SECRET}\n", "pagerdutty is no setting (did you mean pagerduty?) (FILE, line 1)"),
        (f"\nsites:\n- url: shop.example\n  slow: {SECRET}\n", "sites.0.slow is no setting (FILE, line 4)"),
        (f"senders:\n  grafana:\n    tokn: {SECRET}\n", "senders.grafana.tokn is no setting"),
        (f"budget:\n  seconds: 3\n  calls: {SECRET}\n", "budget.calls: Input should be a valid integer"),
        (f"kubernetes: {SECRET}\n", "kubernetes: Input should be a valid dictionary"),
        (f"server: [{SECRET}\n", "not valid YAML in FILE"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, wanted: str) -> None:
    file = tmp_path / "midwatch.yaml"
    file.write_text(text)
    assert wanted.replace("FILE", str(file)) in refused().replace("in midwatch.yaml", f"in {file}")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("MIDWATCH_AWS__REGOIN", "aws.regoin is no setting (did you mean region?) (MIDWATCH_AWS__REGOIN)"),
        ("MIDWATCH_AWZ__REGION", "MIDWATCH_AWZ__REGION is no setting (did you mean aws?)"),
        ("midwatch_server__prt", "server.prt is no setting"),
        ("MIDWATCH_SENDERS", "senders: not valid JSON in its variable"),
    ],
)
def test_a_wrong_variable(monkeypatch: pytest.MonkeyPatch, name: str, wanted: str) -> None:
    monkeypatch.setenv(name, SECRET)
    assert wanted in refused()


def test_variables_of_a_service_called_midwatch_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_PORT_8350_TCP_ADDR", "10.0.0.1")
    monkeypatch.setenv("MIDWATCH_SERVICE_HOST", "10.0.0.1")
    load()


def test_two_files_are_one(tmp_path: Path) -> None:
    """The one of the working folder wins, key by key."""
    (tmp_path / "home" / "midwatch.yaml").write_text("kubernetes: {contexts: [a, b]}\nserver: {port: 1, workers: 1}\n")
    (tmp_path / "midwatch.yaml").write_text("server: {port: 2}\n")
    found = load()
    assert (found.server.port, found.server.workers, found.of(KubernetesSettings).contexts) == (2, 1, ("a", "b"))


def test_the_file_of_version_0_1_0_loads(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text(
        f"""
kubernetes: {{kubeconfig: /etc/kube, contexts: [prod]}}
senders: {{grafana: {{secrets: [{SECRET}]}}, generic: {{fields: {{title: name}}, values: {{ok: resolved}}}}}}
server: {{host: 127.0.0.1, port: 8350, workers: 0, keep_days: 9}}
traffic: {{file: /etc/midwatch/traffic.yaml}}
pagerduty: {{token: {SECRET}, email: a@example.com}}
aws: {{region: eu-central-1, role_arn: "arn:aws:iam::1:role/x", external_id: {SECRET}}}
webhook: {{url: "https://example.com/hook", secret: {SECRET}}}
sites: [{{url: shop.example, services: [cart], namespaces: [shop], slow_ms: 100, critical: false}}]
budget: {{calls: 10, rounds: 2, seconds: 5}}
"""
    )
    found = load()
    assert found.of(Sites).root[0].services == ("cart",)
    token = found.of(PagerDutySettings).token
    assert token is not None and token.get_secret_value() == SECRET and SECRET not in repr(found)
