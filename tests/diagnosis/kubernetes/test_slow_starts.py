"""A log that counts up is a start under way; one that stopped, failed or is done is none."""

import pytest

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole
from tests.integrations.kubernetes.network_world import Thing, prove, thing
from tests.integrations.kubernetes.situation import evidence, findings

WHERE = ("shop", "orders-1", "app")
STEPS = [f"INFO migrating: step {n} of 40" for n in range(1, 20)]


def starting() -> Thing:
    state = {"running": {"startedAt": "2026-11-21T01:58:00Z"}}
    one = {"name": "app", "ready": False, "restartCount": 0, "state": state}
    ready = [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T01:58:00Z"}]
    spec = {"containers": [{"name": "app", "image": "orders:1"}]}
    return thing(
        "Pod", WHERE[1], spec=spec, status={"phase": "Running", "conditions": ready, "containerStatuses": [one]}
    )


def told(*lines: str) -> list[str]:
    seen = evidence([starting()], {WHERE: "\n".join(lines)})
    found = [f for f in findings(Cluster(seen)) if f.code == "K8S-236"]
    for one in found:
        prove(seen, one)
        assert one.role is CausalRole.INTENDED
    return [f.message for f in found]


def test_the_newest_step_is_told() -> None:
    assert told(*STEPS) == ["shop/pod/orders-1 (container app): still starting: INFO migrating: step 19 of 40"]


@pytest.mark.parametrize(
    "form", ["loaded {}/80 files", "index {} % built", "{}.5% of rows copied", "{} out of 90 parts"]
)
def test_other_ways_to_count(form: str) -> None:
    assert len(told(*(form.format(n) for n in range(5, 12)))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        STEPS[:2],
        [*STEPS, "ERROR step 20 failed"],
        [*STEPS, *["INFO waiting for lock"] * 6],
        STEPS[::-1],
        [STEPS[3]] * 9,
        [f"INFO migrating: step {n} of 19" for n in range(1, 20)],
        [f"2026-11-21 00:{n}:00 INFO step {n} of 80" for n in range(10, 30)],
        [f"GET /page/{n} took 3 ms" for n in range(9)],
    ],
    ids=["too few", "error", "silent", "down", "stands", "done", "hours ago", "no count"],
)
def test_what_does_not_count_up_is_no_start(lines: list[str]) -> None:
    assert told(*lines) == []
