"""Several connections a system: each opened when it is asked, kept for its context, closed once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from midwatch.domain.capabilities import Area, Integration, Selection, SystemConnection
from midwatch.domain.evidence import Evidence, ToolRequest
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import CaseFile, Request
from midwatch.domain.observation import Resources
from midwatch.domain.refusal import Refusal
from midwatch.domain.tool import Tool, ToolResult
from midwatch.domain.topics import Topic
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.fake import serve
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.services.bundles import load, pack
from midwatch.settings import Settings
from midwatch.wiring.connections import Connections
from midwatch.wiring.registry import Registry
from midwatch.wiring.replays import replay
from tests.plugged import settings as composed
from tests.wiring.test_selection import alert

REQUEST = Request(intent=Intent(topic="queues"))


@dataclass
class System:
    """A made system of three contexts that notes what is done with it."""

    log: list[str] = field(default_factory=list[str])
    fails: frozenset[str] = frozenset()
    place: str = ""

    def connect(self, _section: Any, selection: Selection, used: Mapping[str, SystemConnection]) -> SystemConnection:
        name = selection.context
        self.log.append(f"connect {name}")

        async def queue_state() -> ToolResult:
            """Depth of the queues."""
            return ToolResult(Resources(resource="queues", count=1, body=b'{"items":[]}'), f"queues of {name}")

        async def about() -> str:
            if name in self.fails:
                raise Refusal("no route to host")
            return self.place

        async def close() -> None:
            self.log.append(f"close {name}")
            if name in self.fails:
                raise OSError(name)

        return SystemConnection(tools=(Tool.of(queue_state),), about=about, close=close)

    def connections(self, **changes: Any) -> Connections:
        system = Integration(
            name="broker", title="Broker", connect=self.connect, contexts=lambda _: ("one", "two", "arn:x/three")
        )
        area = Area(
            name="queues",
            title="Queues",
            topics=(Topic("queues", "Queues", "queues", open=True),),
            alerts=True,
            systems=("broker",),
            opening=lambda _: (ToolRequest(tool="queue_state", essential=True),),
        )
        return Connections(Settings(), Registry({"broker": replace(system, **changes)}, {"queues": area}))


async def investigated(connections: Connections, request: Request, context: str = "") -> CaseFile:
    async with connections.investigation(request, Selection(context)) as ctx:
        return await investigate(ctx, request)


def of_system(found: CaseFile) -> Evidence:
    return next(e for e in found.evidence if e.tool == "queue_state")


async def test_the_alerts_cluster_is_asked_and_named() -> None:
    system = System()
    found = await investigated(system.connections(), Request(alert=alert(cluster="three")))
    assert system.log == ["connect arn:x/three"]
    assert found.source == "Broker arn:x/three"
    assert (of_system(found).connection, of_system(found).query) == ("arn:x/three", "queues of arn:x/three")
    assert [g for g in found.gaps if g.tool == "contexts"] == []


async def test_a_place_that_does_not_name_its_context_is_told_with_it() -> None:
    found = await investigated(System(place="10.0.0.1").connections(), Request(alert=alert(cluster="two")))
    assert found.source == "10.0.0.1 (two)"


async def test_without_a_name_the_first_is_asked_and_the_others_are_a_gap() -> None:
    system = System()
    found = await investigated(system.connections(), REQUEST)
    assert system.log == ["connect one"]
    assert [(g.arguments, g.essential) for g in found.gaps if g.tool == "contexts"] == [({"system": "broker"}, False)]
    assert found.diagnosis.gaps == found.gaps


async def test_an_unknown_cluster_is_never_healthy_by_another_one() -> None:
    found = await investigated(System().connections(), Request(alert=alert(cluster="four")))
    assert of_system(found).connection == "one"
    assert [g.essential for g in found.gaps if g.tool == "contexts"] == [True]


async def test_an_explicit_context_wins_and_has_to_be_reached() -> None:
    request = Request(alert=alert(cluster="two"))
    found = await investigated(System().connections(place="broker"), request, context="one")
    assert of_system(found).connection == "one"
    down = System(fails=frozenset({"two"})).connections(place="broker")
    with pytest.raises(Refusal, match=r"^no route to host$"):
        await investigated(down, REQUEST, context="two")
    alone = await investigated(down, request)
    assert alone.source == "no broker (two: no route to host)"


async def test_lasting_connections_are_kept_for_each_context_and_closed_once() -> None:
    system = System()
    connections = system.connections()
    assert system.log == []
    for cluster in ("two", "one", "two", "", "three"):
        await investigated(connections, Request(alert=alert(cluster=cluster)))
    connections.connection("broker")
    assert system.log == ["connect two", "connect one", "connect arn:x/three"]
    await connections.close()
    await connections.close()
    assert sorted(system.log[3:]) == ["close arn:x/three", "close one", "close two"]


async def test_one_that_cannot_be_closed_leaves_no_other_open() -> None:
    system = System(fails=frozenset({"two"}))
    connections = system.connections()
    for context in ("one", "two", "arn:x/three"):
        connections.connection("broker", Selection(context))
    with pytest.raises(OSError, match="two"):
        await connections.close()
    assert sorted(system.log[3:]) == ["close arn:x/three", "close one", "close two"]


async def test_two_at_once_do_not_close_each_others() -> None:
    """Of a system whose connections live as long as one investigation."""
    system = System()
    connections = system.connections(lasting=False)
    opened, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with connections.investigation(Request(alert=alert(cluster="one"))):
            opened.set()
            await leave.wait()

    holding = asyncio.create_task(hold())
    await opened.wait()
    for cluster in ("one", "two"):
        await investigated(connections, Request(alert=alert(cluster=cluster)))
    assert system.log == ["connect one", "connect one", "close one", "connect two", "close two"]
    leave.set()
    await holding
    assert system.log[5:] == ["close one"]


async def test_what_a_connection_stands_on_is_closed_with_it() -> None:
    below, above = System(), System()
    connections = above.connections(uses=("cluster",), contexts=lambda _: ("",))
    under = Integration(name="cluster", title="Cluster", connect=below.connect, lasting=False)
    connections.plugged = Registry({**connections.plugged.integrations, "cluster": under}, connections.plugged.areas)
    connections.connection("broker")
    await connections.close()
    assert (above.log, below.log) == (["connect ", "close "], ["connect ", "close "])


async def test_two_clusters_of_one_kubeconfig(tmp_path: Path) -> None:
    """The alert's cluster is read, not the current context; its bundle gives the same answer."""
    with serve(demo()) as broken, serve(demo()) as current:
        clusters = {"current": current, "arn:aws:eks:eu-west-1:1:cluster/pay": broken}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "current",
            "clusters": [{"name": n, "cluster": {"server": url}} for n, url in clusters.items()],
            "contexts": [{"name": n, "context": {"cluster": n, "user": "u"}} for n in clusters],
            "users": [{"name": "u", "user": {}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        kubernetes = KubernetesSettings(kubeconfig=tmp_path / "kubeconfig", contexts=tuple(clusters))
        settings = composed(kubernetes=kubernetes)
        connections = Connections(settings)
        named, other = [
            await investigated(connections, Request(alert=alert(cluster=name), intent=Intent(topic="cluster")))
            for name in ("pay", "elsewhere")
        ]
    assert "cluster/pay" in named.source
    assert {e.connection for e in named.evidence} == {"", "arn:aws:eks:eu-west-1:1:cluster/pay"}
    assert {e.connection for e in other.evidence} == {"", "current"}
    (tmp_path / "bundle").write_bytes(pack(other))
    (bundle,) = load(tmp_path / "bundle")
    again = await investigate(replay(bundle, settings), bundle.manifest.request)
    assert (again.gaps, again.diagnosis) == (other.gaps, other.diagnosis)
