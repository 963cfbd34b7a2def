"""Kinds that are asked for once something points at one."""

from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.analyse import next_requests
from midwatch.domain.evidence import Evidence
from midwatch.domain.tool import ToolError
from midwatch.integrations.kubernetes.client import connect
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.reader import Refused, UnavailableReader
from midwatch.integrations.kubernetes.tools import kubernetes_saved
from tests.integrations.kubernetes.network_world import deployment, event, pod
from tests.integrations.kubernetes.situation import evidence

_CONTROLLER = {"kind": "ReplicationController", "metadata": {"name": "old", "namespace": "shop"}}
_REFUSED = 'Error creating: pods "web-1" is forbidden: no PriorityClass with name gold was found'


def asked(seen: list[Evidence]) -> list[dict[str, Any]]:
    kinds = ("replicationcontrollers", "priorityclasses")
    return [dict(a.arguments) for a in next_requests(seen) if a.arguments.get("resource") in kinds]


def test_replication_controllers_of_a_pod_or_an_event() -> None:
    unknown, expected = ["replicationcontrollers"], [{"resource": "replicationcontrollers", "namespace": "shop"}]
    assert asked(evidence([pod("old-1", "old", owner="ReplicationController/old")], unknown=unknown)) == expected
    assert asked(evidence([event(_CONTROLLER, "FailedCreate", "no room")], unknown=unknown)) == expected
    assert asked(evidence([pod("old-1", "old", owner="ReplicationController/old")])) == []
    assert asked(evidence([pod("web-1", "web", owner="ReplicaSet/web")], unknown=unknown)) == []


def test_priority_classes_after_one_was_not_found() -> None:
    web = deployment("web")
    refused = event(web, "ReplicaSetCreateError", _REFUSED)
    down = web | {"status": {"replicas": 0, "conditions": []}}
    assert asked(evidence([down, refused])) == [{"resource": "priorityclasses"}]
    assert asked(evidence([down, event(web, "ReplicaSetCreateError", "quota exceeded")])) == []


async def test_a_live_cluster_has_nothing_that_people_save(tmp_path: Path) -> None:
    """Nothing is sent, and nothing is missing."""
    cluster = FakeCluster()
    with serve(cluster) as url:
        reader = connect(write_kubeconfig(tmp_path / "kubeconfig", url))
        sent = len(cluster.requests)
        with pytest.raises(Refused) as refused:
            await reader.saved_objects("firing_alerts")
        await reader.close()
    assert refused.value.absent
    assert len(cluster.requests) == sent
    with pytest.raises(Refused) as nobody:
        await UnavailableReader().saved_objects("firing_alerts")
    assert nobody.value.absent


async def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ToolError, match="formats are systemd_units, secret_addresses"):
        await kubernetes_saved(UnavailableReader(), "wishes")
