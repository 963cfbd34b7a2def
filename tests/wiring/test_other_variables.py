"""Variables of other programs: each sets its setting, MIDWATCH_* win over it, and what nothing reads is named."""

import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.refusal import Refusal
from midwatch.domain.setting_types import Also, Secret
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.settings import compose, other_variables
from midwatch.wiring.configuration import load
from midwatch.wiring.registry import own_registry, registry
from midwatch.wiring.settings_origins import SettingOrigin, origins, other_programs, unused_variables

SECRET = "Lisbon.8841-hunter2"
# As the source documents name them.
SEEDS = (
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "BASE_URL",
    "OPENAI_BASE_URL",
    "LOG_LEVEL",
    "KUBECONFIG",
    "K8S_ENABLED",
    "K8S_CONFIG_PATH",
    "K8S_CONTEXT",
    "K8S_NAMESPACE",
    "K8S_ENABLE_DESTRUCTIVE_OPERATIONS",
    "GITHUB_TOKEN",
    "GITHUB_MCP_SERVER_PATH",
    "GITHUB_MCP_HOST",
    "GITHUB_MCP_PORT",
    "API_HOST",
    "API_PORT",
    "CORS_ORIGINS",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "REDSHIFT_CLUSTER_ID",
    "REDSHIFT_DATABASE",
    "MWAA_ENVIRONMENT_NAME",
    "DIAGNOSTIC_LAMBDA_NAME",
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in SEEDS:
        monkeypatch.delenv(name, raising=False)


def value_of(setting: str) -> Any:
    found: Any = load()
    for part in setting.split("."):
        found = getattr(found, part)
    return found


SET = [
    ("API_HOST", "127.0.0.2", "server.host", "127.0.0.2"),
    ("API_PORT", "9000", "server.port", 9000),
    ("CORS_ORIGINS", "https://a.example, https://b.example:8443", "server.cors_origins",
     ("https://a.example", "https://b.example:8443")),
    ("CORS_ORIGINS", '["https://a.example"]', "server.cors_origins", ("https://a.example",)),
    ("LOG_LEVEL", "WARN", "server.log_level", "warning"),
    ("K8S_ENABLED", "false", "kubernetes.enabled", False),
    ("K8S_CONFIG_PATH", "/etc/kube/config", "kubernetes.kubeconfig", Path("/etc/kube/config")),
    ("K8S_CONTEXT", "prod", "kubernetes.contexts", ("prod",)),
    ("K8S_NAMESPACE", "shop", "kubernetes.namespace", "shop"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "setting", "wanted"), SET, ids=[f"{one[0]}={one[1]}" for one in SET])
def test_a_variable_sets_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, setting: str, wanted: object
) -> None:
    default = value_of(setting)
    monkeypatch.setenv(name, " ")
    assert value_of(setting) == default, "an empty variable sets nothing"
    monkeypatch.setenv(name, value)
    assert value_of(setting) == wanted != default


def test_files_lose_and_variables_of_midwatch_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text(
        "server:\n  host: 127.0.0.9\n  port: 7000\nkubernetes: {contexts: [file]}\n"
    )
    for name, value in (("API_PORT", "9000"), ("K8S_CONTEXT", "theirs")):
        monkeypatch.setenv(name, value)
    found = load()
    assert (found.server.host, found.server.port) == ("127.0.0.9", 9000)
    assert found.of(KubernetesSettings).contexts == ("theirs",)
    monkeypatch.setenv("MIDWATCH_SERVER__PORT", "1")
    monkeypatch.setenv("MIDWATCH_KUBERNETES__CONTEXTS", '["mine"]')
    found = load()
    assert (found.server.port, found.of(KubernetesSettings).contexts) == (1, ("mine",))
    told = {one.setting: one for one in origins(registry().settings)}
    assert told["server.port"] == SettingOrigin(
        "server.port", "MIDWATCH_SERVER__PORT", ("API_PORT", f"{tmp_path / 'midwatch.yaml'}, line 3")
    )
    assert told["server.host"].origin == f"{tmp_path / 'midwatch.yaml'}, line 2"
    assert told["kubernetes.contexts"].origin == "MIDWATCH_KUBERNETES__CONTEXTS"
    assert "server.workers" not in told
    everything = {one.setting: one.origin for one in origins(registry().settings, defaults=True)}
    assert everything["server.workers"] == "" and everything["server.port"] == "MIDWATCH_SERVER__PORT"


def test_the_variable_of_the_system_itself_is_in_force_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    assert value_of("kubernetes.kubeconfig") is None
    assert SettingOrigin("kubernetes.kubeconfig", "KUBECONFIG") in origins(registry().settings)
    monkeypatch.setenv("K8S_CONFIG_PATH", "/c")
    assert SettingOrigin("kubernetes.kubeconfig", "K8S_CONFIG_PATH", ("KUBECONFIG",)) in origins(registry().settings)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("API_PORT", "server.port should be a whole number (API_PORT)"),
        ("LOG_LEVEL", "server.log_level should be"),
        ("CORS_ORIGINS", "server.cors_origins.0: an address begins with https:// (or http://) and names a host (CORS_"),
        ("K8S_ENABLED", "kubernetes.enabled should be true or false (K8S_ENABLED)"),
        ("K8S_NAMESPACE", "(K8S_NAMESPACE)"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(Refusal) as refusal:
        load()
    assert said in refusal.value.reason and SECRET not in refusal.value.reason


@pytest.mark.parametrize("origin", ["https://a.example/path", "https://u:p@a.example", "a.example", "https://a?b=1"])
def test_an_origin_has_no_more_than_a_host(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", origin)
    with pytest.raises(Refusal, match="cors_origins"):
        load()


def declared() -> set[str]:
    found = other_variables(own_registry().settings)
    return {name for _, _, also in found for name in (*also.variables, *also.elsewhere)}


def test_each_variable_is_declared_once_with_its_setting_or_listed() -> None:
    listed = {name for names in other_programs().values() for name in names}
    assert declared() & listed == set(), "a system that is there takes its variables off the list"
    assert declared() | listed >= set(SEEDS)


def test_what_nothing_reads_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(unused_variables()) == []
    for name in ("OPENAI_API_KEY", "SLACK_BOT_TOKEN", "K8S_ENABLE_DESTRUCTIVE_OPERATIONS"):
        monkeypatch.setenv(name, SECRET)
    assert list(unused_variables()) == [
        ("OPENAI_API_KEY", "set, not used yet (models)"),
        ("SLACK_BOT_TOKEN", "set, not used yet (Slack)"),
        ("K8S_ENABLE_DESTRUCTIVE_OPERATIONS", "set, no effect: clusters are only read, never changed"),
    ]


def test_a_new_system_brings_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class TideSettings(SettingsSection):
        token: Annotated[Secret | None, Also(("TIDE_TOKEN", "TIDES_KEY"))] = Field(default=None)

    monkeypatch.setenv("TIDES_KEY", SECRET)
    composed = compose({"tides": TideSettings})
    token = composed().of(TideSettings).token
    assert token is not None and token.get_secret_value() == SECRET
    assert [(one.setting, one.origin) for one in origins(composed)] == [("tides.token", "TIDES_KEY")]


def test_the_page_of_settings_names_all(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "settings.md").read_text()
    assert set(SEEDS) <= set(re.findall(r"[`$](\w+)", page))
