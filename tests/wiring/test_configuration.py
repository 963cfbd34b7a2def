"""A wrong setting is named with its place and the nearest name; what was set is never repeated."""

from pathlib import Path

import pytest

from midwatch.domain.refusal import Refusal
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.integrations.website.objects.site import Sites
from midwatch.wiring.configuration import load
from midwatch.wiring.registry import registry

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
        (f"server:\n  prt: {SECRET}\n", "unknown setting server.prt (did you mean port?) (FILE, line 2)"),
        (f"pagerdutty:\n  token: {SECRET}\n", "unknown setting pagerdutty (did you mean pagerduty?) (FILE, line 1)"),
        (f"\nsites:\n- url: shop.example\n  slow: {SECRET}\n", "unknown setting sites.0.slow (FILE, line 4)"),
        (f"senders:\n  grafana:\n    tokn: {SECRET}\n", "unknown setting senders.grafana.tokn"),
        (f"budget:\n  seconds: 3\n  calls: {SECRET}\n", "budget.calls should be a whole number (FILE, line 3)"),
        (f"kubernetes: {SECRET}\n", "kubernetes should have names and values below it (FILE, line 1)"),
        (
            "kubernetes:\n  # contexts: [a]\n",
            "kubernetes has nothing below it: leave it out, or set something (FILE, line 1)",
        ),
        ("kubernetes: {contexts: one}\n", 'kubernetes.contexts should be a list (in a variable: ["one", "two"]) (FILE'),
        ("kubernetes: {kubeconfig: 5}\n", "kubernetes.kubeconfig should be the path of a file (FILE, line 1)"),
        ("server: {host: [a]}\n", "server.host should be a text (FILE, line 1)"),
        (
            "server:\n  proxies: [here]\n",
            "server.proxies.0 should be an address or a network (10.0.0.0/8) (FILE, line 2)",
        ),
        (
            "senders: {grafna: {tokens: [a]}}\n",
            "senders.grafna is not an alert source (did you mean grafana?) (FILE, line 1)",
        ),
        ("senders:\n  Grafana: {}\n", "senders.Grafana is not an alert source (did you mean grafana?) (FILE, line 2)"),
        ("senders:\n  nagios: {}\n", "senders.nagios is not an alert source (one of alertmanager, "),
        ("server: {port: 1111}\nbudget: {calls: 1}\nserver: {host: a}\n", "server is a duplicate key (FILE, line 3)"),
        ("server:\n  port: 1111\n  port: 99999\n", "server.port is a duplicate key (FILE, line 3)"),
        (
            f"sites:\n- url: a.example\n- url: b.example\n  url: {SECRET}\n",
            "sites.1.url is a duplicate key (FILE, line 4)",
        ),
        ("Server: {port: 1}\n", "unknown setting Server (did you mean server?) (FILE, line 1)"),
        ("server: {Port: 1}\n", "unknown setting server.Port (did you mean port?) (FILE, line 1)"),
        ("budget: {calls: 1}\n1: 2\n", "a section has a name of letters (FILE, line 2)"),
        (f"- {SECRET}\n", "a settings file is a list of sections, one a line: `server:`, `senders:`, … (FILE, line 1)"),
        (
            f"# mine\n\n{SECRET}\n",
            "a settings file is a list of sections, one a line: `server:`, `senders:`, … (FILE, line 3)",
        ),
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
        ("MIDWATCH_AWS__REGOIN", "unknown setting aws.regoin (did you mean region?) (MIDWATCH_AWS__REGOIN)"),
        ("MIDWATCH_AWZ__REGION", "unknown setting MIDWATCH_AWZ__REGION (did you mean aws?)"),
        ("midwatch_server__prt", "unknown setting server.prt"),
        ("MIDWATCH_SENDERS", "senders is not valid JSON in its variable: a list is written"),
        ("MIDWATCH_SERVER__PROXIES", "server.proxies is not valid JSON in its variable: a list is written"),
        ("MIDWATCH_SERVER__PROXIES", '["one", "two"], a table {"name": "value"} (MIDWATCH_SERVER__PROXIES)'),
        ("MIDWATCH_SERVER__PORT__X", "server.port should be a whole number (MIDWATCH_SERVER__PORT__X)"),
        ("MIDWATCH_SERVER__PROXIES__0", "server.proxies should be a list (in a variable: "),
        ("MIDWATCH_SENDERS__GRAFNA__TOPICS", "senders.grafna.topics is not valid JSON"),
    ],
)
def test_a_wrong_variable(monkeypatch: pytest.MonkeyPatch, name: str, wanted: str) -> None:
    monkeypatch.setenv(name, SECRET)
    assert wanted in refused()


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("SERVER__KEEP_DAYS", "99999999999", "should be at most 36500"),
        ("SERVER__HEAD_WITHIN", "inf", "should be"),
        ("SERVER__BODY_WITHIN", "nan", "should be a finite number"),
        ("SERVER__ANSWER_WITHIN", "601", "should be at most 600"),
        ("SERVER__STREAMS", "0", "should be more than 0"),
        ("SERVER__LARGEST_BODY", "1" * 30, "should be at most 1000000000"),
        ("BUDGET__SECONDS", "nan", "should be"),
        ("BUDGET__SECONDS", "-1", "should be at least 0"),
        ("BUDGET__COMPUTE_SECONDS", "inf", "should be"),
        ("BUDGET__CALLS", "-1", "should be at least 0"),
        ("BUDGET__ROUNDS", "1000000", "should be at most 100"),
        ("WEBHOOK__TIMEOUT", "inf", "should be"),
        ("PAGERDUTY__TIMEOUT", "1e300", "should be at most 600"),
        ("WEBHOOK__URL", "nope", ": an address begins with https://"),
        ("WEBHOOK__URL", f"ftp://u:{SECRET}@h", ": an address begins with https://"),
        ("WEBHOOK__URL", f"https://h:{SECRET}/", ": an address begins with https://"),
        ("WEBHOOK__URL", "https://", ": an address begins with https://"),
        ("WEBHOOK__SECRET", "", ": an empty text is no secret"),
        ("PAGERDUTY__URL", "pagerduty", ": an address begins with https://"),
        ("PAGERDUTY__TOKEN", " ", ": an empty text is no secret"),
        ("SERVER__URL", "midwatch.example", ": an address begins with https://"),
        ("SERVER__DATABASE", "abc", ": a database is postgresql://USER:PASSWORD@HOST/NAME, or sqlite:///PATH"),
        ("SERVER__DATABASE", f"mysql://u:{SECRET}@h/x", ": a database is postgresql://"),
        ("SERVER__DATABASE", f"postgresql://u:{SECRET}@w@h:5432/x", ": postgresql:// needs a host"),
        ("SERVER__DATABASE", f"postgresql://u:{SECRET}@h:port/x", ": the port of a database's address is a number"),
        ("SERVER__DATABASE", f"postgresql://u:{SECRET}/x@h/x", ": the port of a database's address is a number"),
        ("SERVER__DATABASE", "postgresql://", ": postgresql:// needs a host"),
        ("SERVER__DATABASE", "sqlite://midwatch.db", ": a database is postgresql://"),
    ],
)
def test_a_value_that_cannot_work(monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str) -> None:
    monkeypatch.setenv(f"MIDWATCH_{name}", value)
    assert f"{name.lower().replace('__', '.')}{'' if wanted[0] == ':' else ' '}{wanted}" in (said := refused())
    assert said.endswith(f"(MIDWATCH_{name}).")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite:////var/lib/midwatch.db",
        "sqlite:///midwatch.db",
        "postgresql://u:p%40w@h:5432/x",
        "postgresql+psycopg://u@h/x?sslmode=require",
        "postgresql://u@/x?host=/var/run/postgresql",
        "postgresql:///x",
        "postgresql://u:p@[::1]:5432/x",
    ],
)
def test_a_database_that_can_be_there(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MIDWATCH_SERVER__DATABASE", url)
    assert load().server.database == url


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").mkdir()
    assert refused() == f"Invalid settings: {tmp_path / 'midwatch.yaml'} is a folder, not a file."


def test_two_tables_may_be_merged(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text(
        "senders:\n  grafana: &one {tokens: [abc]}\n  datadog:\n    <<: *one\n    topics: [x]\n"
    )
    assert load().senders["datadog"].tokens[0].get_secret_value() == "abc"


def test_aliases_that_multiply_are_looked_at_once(tmp_path: Path) -> None:
    """Nine to the power of forty of them, if each were followed."""
    lines = ["budget:", "  a0: &a0 [1]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    (tmp_path / "midwatch.yaml").write_text("\n".join(lines))
    assert "unknown setting budget.a0" in refused()


def test_a_sender_of_a_plug_in_that_cannot_be_loaded_is_no_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor` has to be able to say what is broken."""
    about = tmp_path / "harbour-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: harbour\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[midwatch.integrations]\nharbour = no_such_module:INTEGRATION\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MIDWATCH_SENDERS__HARBOUR__TOPICS", '["x"]')
    registry.cache_clear()
    try:
        assert load().senders["harbour"].topics == ("x",)
    finally:
        registry.cache_clear()


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
