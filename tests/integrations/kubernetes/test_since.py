"""Events of a period: those last seen in it; one without any time is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.dump import open_dump
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Metadata
from midwatch.integrations.kubernetes.reader import Listing, ListRequest
from midwatch.integrations.kubernetes.tools import kubernetes_events

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)


def event(name: str, **times: Any) -> Event:
    return Event(metadata=Metadata(name=name, namespace="shop"), reason="BackOff", type="Warning", **times)


class Cluster:
    async def list(self, request: ListRequest) -> Listing:
        old, new = NOW - timedelta(hours=5), NOW - timedelta(minutes=5)
        events = [
            event("old", first_timestamp=old, last_timestamp=old),
            event("repeated", first_timestamp=old, last_timestamp=new),
            event("new", event_time=new),
            event("undated"),
        ]
        return Listing(events, "GET events")


@pytest.mark.parametrize(
    ("since", "wanted"),
    [(None, ["old", "repeated", "new", "undated"]), (NOW - timedelta(hours=1), ["repeated", "new", "undated"])],
)
async def test_events_of_a_period(since: datetime | None, wanted: list[str]) -> None:
    found = await kubernetes_events(Cluster(), "shop", since=since)  # pyright: ignore[reportArgumentType]
    seen: Any = found.observation
    assert seen.count == len(wanted)
    assert all(f'"name":"{name}"'.encode() in seen.body for name in wanted)
    assert ("only since 2026-11-28 01:00:00 UTC" in seen.partial) is (since is not None)


async def test_of_a_whole_cluster_it_is_told_where_its_scheduler_last_led(tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("""\
$ kubectl get events -n kube-system
LAST SEEN   TYPE     REASON           OBJECT                 MESSAGE
39m         Normal   LeaderElection   lease/kube-scheduler   a_2ead6ef9-c0ca-4161-824a-09f651fe94c3 became leader
3m          Normal   Pulled           pod/dns-1              Container image "dns:1" already present on machine
""")
    seen: Any = (await kubernetes_events(open_dump(str(tmp_path)), which="telling")).observation
    assert (b"became leader" in seen.body, b"already present" in seen.body) == (True, False)
