"""What version 0.1.0 recorded under names that are no Kubernetes resources any more. Whole bundles: test_golden."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.observation import Resources
from midwatch.integrations.kubernetes.migrate import migrate

WISH = b'[{"metadata":{"name":"Service/web","namespace":"shop"},"wanted":"Service","called":"web"}]'


def listed(resource: str, body: bytes = b"[]", **more: Any) -> Evidence:
    return Evidence(
        id="E1",
        tool="kubernetes_list",
        arguments={"resource": resource, **more},
        query="file app.yaml",
        observation=Resources(resource=resource, body=body, count=1),
        taken_at=datetime(2026, 11, 21, 2, 0, tzinfo=UTC),
        took_ms=1,
        sha256=sha256(body).hexdigest(),
    )


def test_evidence_answers_the_request_of_today_and_proves_itself() -> None:
    found = migrate(listed("wishes", WISH, namespace="shop"))
    assert isinstance(found, Evidence)
    wanted = ToolRequest(tool="kubernetes_saved", arguments={"what": "unapplied_manifests", "namespace": "shop"})
    assert ToolRequest(tool=found.tool, arguments=found.arguments).key == wanted.key
    assert found.text == WISH.decode().replace("wanted", "objectKind").replace("called", "objectName")
    assert found.sha256 == sha256(found.observation.content).hexdigest()
    assert isinstance(found.observation, Resources)
    assert found.observation.resource == "unapplied_manifests"


def test_a_gap_stays_the_gap_of_the_same_request() -> None:
    gap = Gap(tool="kubernetes_list", arguments={"resource": "savedlogs"}, query="", reason="no logs", absent=True)
    found = migrate(gap)
    assert isinstance(found, Gap)
    assert (found.tool, found.arguments) == ("kubernetes_saved", {"what": "container_logs"})
    assert (found.reason, found.absent) == ("no logs", True)


@pytest.mark.parametrize("item", [listed("pods"), listed("wishes").model_copy(update={"tool": "other_list"})])
def test_all_else_is_left_as_it_is(item: Evidence) -> None:
    assert migrate(item) is item
