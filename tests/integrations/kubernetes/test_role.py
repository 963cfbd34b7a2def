"""The role of docs/kubernetes.md is what the reader asks for: no more, no less, and `get` and `list` where they are
needed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from midwatch.integrations.kubernetes.client import connect
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.reader import ListRequest, LogRequest, Refused
from tests.flows.cluster import midwatch

Right = tuple[str, str, str]  # API group, resource, verb
PAGE = Path(__file__).parents[3] / "docs" / "kubernetes.md"
_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<space>[^/]+)(?=/))?/(?P<plural>[a-z]+)(?P<rest>/.*)?"
)


@pytest.fixture(scope="module")
def granted() -> set[Right]:
    (text,) = [t for t in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if "midwatch-readonly" in t]
    role: dict[str, Any] = yaml.safe_load(text)
    return {
        (g, r, v) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]
    }


def needed(cluster: FakeCluster) -> set[Right]:
    """Read off the access log of the API server."""
    found: set[Right] = set()
    for request in cluster.requests:
        path = request.path.partition("?")[0]
        if path in ("/version", "/apis"):
            continue
        match = _PATH.fullmatch(path)
        assert match, path
        log = (match["rest"] or "").endswith("/log")
        plural = f"{match['plural']}/log" if log else match["plural"]
        found.add((match["group"] or "", plural, "get" if match["rest"] else "list"))
    return found


async def test_the_role_is_what_the_reader_can_ask_for(granted: set[Right], tmp_path: Path) -> None:
    cluster = demo()
    with serve(cluster) as url:
        reader = connect(write_kubeconfig(tmp_path / "kubeconfig", url))
        for plural in ALL:
            for namespace in ("", "demo-apps"):
                try:
                    await reader.list(ListRequest(plural, namespace))
                except Refused as refused:
                    assert plural == "secrets" or refused.absent, refused
        try:
            await reader.log(LogRequest("demo-apps", "web-0", "", False, 10))
        except Refused as refused:
            assert refused.absent
        await reader.custom_resources()
        await reader.version()
        await reader.close()
    assert needed(cluster) == granted
    assert not any("secrets" in resource for _, resource, _ in granted)


@pytest.mark.parametrize(
    "arguments",
    [("diagnose", "-A"), ("diagnose", "-n", "demo-apps"), ("diagnose", "-n", "demo-apps", "what do the logs say")],
)
def test_no_command_needs_more(granted: set[Right], arguments: tuple[str, ...], tmp_path: Path) -> None:
    cluster = demo()
    with serve(cluster) as url:
        midwatch(*arguments, "--kubeconfig", str(write_kubeconfig(tmp_path / "kubeconfig", url)))
    assert needed(cluster) <= granted
    assert len(needed(cluster)) > 20
    assert cluster.writes == []


def test_with_this_role_and_no_more_nothing_is_refused(granted: set[Right], tmp_path: Path) -> None:
    cluster = demo()
    cluster.forbid("*")
    for _, resource, verb in granted:
        cluster.allow(resource, verb=verb)
    with serve(cluster) as url:
        shown = midwatch(
            "diagnose", "-n", "demo-apps", "--kubeconfig", str(write_kubeconfig(tmp_path / "kubeconfig", url))
        )
    assert "required permission" not in shown.out
    assert shown.code == 1
