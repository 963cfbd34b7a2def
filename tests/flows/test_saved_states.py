"""What was saved long ago is as old as it was then, by its own clock: nothing is stuck for months because a paste is
old, and nothing old is silent."""

import os
import threading
from pathlib import Path

import pytest

from tests.flows.cluster import Shown, midwatch

TABLE = "NAME                   READY   STATUS    RESTARTS   AGE\n"
NODE = """
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {conditions: [{type: Ready, status: "True", lastHeartbeatTime: "2023-05-02T10:00:00Z"}]}
---"""
CREATING = """
apiVersion: v1
kind: Pod
metadata: {name: job-1, namespace: shop, creationTimestamp: "2023-05-02T%s"}
spec: {nodeName: n1, containers: [{name: c, image: "i:1"}]}
status: {phase: Pending, startTime: "2023-05-02T%s", containerStatuses: [
  {name: c, ready: false, restartCount: 0, image: "i:1", state: {waiting: {reason: ContainerCreating}}}]}
"""
ENDING = """
apiVersion: v1
kind: Pod
metadata: {name: old-1, namespace: shop, creationTimestamp: "2023-05-01T10:00:10Z", deletionTimestamp: "2023-05-02T%s"}
spec: {nodeName: n1, containers: [{name: c, image: "i:1"}]}
status: {phase: Running, containerStatuses: [{name: c, ready: true, restartCount: 0, image: "i:1",
  state: {running: {startedAt: "2023-05-01T10:00:20Z"}}}]}
"""


def diagnose(folder: Path, content: str, *words: str, name: str = "saved.yaml") -> Shown:
    file = folder / name
    file.write_text(content)
    return midwatch("diagnose", *words, "--dump", str(file))


def twice(text: str, when: str) -> str:
    return text % (when, when)


@pytest.mark.parametrize(
    "content",
    [NODE + twice(CREATING, "10:00:10Z"), NODE + ENDING % "10:00:35Z", NODE + ENDING % "10:01:40Z"],
    ids=["creating", "ending", "at the end of its grace"],
)
def test_what_was_young_when_it_was_saved_is_no_trouble(content: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, content)
    assert "No problems found" in shown.head
    assert " h " not in shown.head


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (NODE + twice(CREATING, "09:30:00Z"), "ContainerCreating for 30 min"),
        (NODE + ENDING % "09:20:00Z", "terminating for 40 min"),
    ],
    ids=["creating", "ending"],
)
def test_what_was_stuck_when_it_was_saved_is_told_with_that_age(content: str, said: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, content)
    assert said in shown.head
    assert "before the dump was taken)" in shown.head
    assert "since 2023-05-02 09:" in shown.head


@pytest.mark.parametrize("content", [twice(CREATING, "10:00:10Z"), ENDING % "10:00:35Z"], ids=["creating", "ending"])
def test_an_age_that_nothing_tells_is_a_gap(content: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, content)
    assert "for how long is not known" in " ".join(shown.out.split())
    assert "before the dump" not in shown.out


@pytest.mark.parametrize(("age", "told"), [("3h", "3h"), ("2d4h", "2d4h"), ("45m", "45m")])
def test_a_file_and_a_pipe_give_the_same_answer(age: str, told: str, tmp_path: Path) -> None:
    table = f"{TABLE}api-7c9fd5b7d9-4xw2k   0/1     Pending   0          {age}\n"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(table,))
    writer.start()
    piped = midwatch("diagnose", "--dump", str(pipe))
    writer.join()
    saved = diagnose(tmp_path, table, name="pods.txt")
    assert f"since {told} before the dump was taken" in saved.head
    assert saved.out.replace("pods.txt", "pipe").split() == piped.out.split()


@pytest.mark.parametrize("age", ["3h", "12m", "40d"])
def test_a_row_that_runs_and_is_not_ready_is_told(age: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, f"{TABLE}api-7c9fd5b7d9-4xw2k   0/1     Running   0          {age}\n", name="pods.txt")
    assert "running but not ready" in shown.head
    assert f"since {age} before the dump was taken" in shown.head


def test_a_row_that_has_just_started_is_not_told(tmp_path: Path) -> None:
    shown = diagnose(tmp_path, f"{TABLE}api-7c9fd5b7d9-4xw2k   0/1     Running   0          12s\n", name="pods.txt")
    assert "No problems found" in shown.head


DESCRIBED = """Name:             web-7d48b5667c-7tlz7
Namespace:        shop
Node:             n1/192.168.65.4
{start}Status:           Pending
Containers:
  web:
    Image:          r.example/web:9
    State:          Waiting
      Reason:       ImagePullBackOff
    Ready:          False
    Restart Count:  0
Events:
  Type     Reason     Age                From      Message
  ----     ------     ----               ----      -------
  Warning  Failed     21s (x2 over 35s)  kubelet   Failed to pull image "r.example/web:9": {error}
"""
ERROR = "rpc error: code = NotFound desc = r.example/web:9: not found"


@pytest.mark.parametrize(
    ("start", "since"),
    [
        ("Start Time:       Sun, 09 Jul 2023 14:32:27 +0530\n", "since 2023-07-09 09:02 UTC (35s before the dump was"),
        ("Start Time:       Sat, 25 Mar 2023 22:00:01 -0400\n", "since 2023-03-26 02:00 UTC (35s before the dump was"),
        ("", "since 35s before the dump was taken"),
    ],
    ids=["zone", "near the change of the clocks", "no date"],
)
def test_ages_of_a_description_count_from_when_it_was_taken(start: str, since: str, tmp_path: Path) -> None:
    content = DESCRIBED.format(start=start, error=ERROR)
    shown = diagnose(tmp_path, content, name="pod.txt")
    assert since in shown.head
    answer = midwatch("diagnose", "--dump", str(tmp_path / "pod.txt"), "--json").answer
    finding = answer["diagnosis"]["causes"][0]["finding"]
    assert finding["before_snapshot_s"] == 35
    assert (finding["onset"] is None) == (start == "")
    assert {e["snapshot"]["dated"] for e in answer["evidence"]} == {start != ""}


REFUSED = """
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, creationTimestamp: "2023-07-21T10:00:00Z"}
spec: {containers: [{name: web, image: "w:1"}], volumes: [{name: d, persistentVolumeClaim: {claimName: d-web-0}}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable,
  lastTransitionTime: "2023-07-21T10:00:00Z", message: "%s"}]}
"""


@pytest.mark.parametrize(
    "message",
    [
        "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        "0/3 nodes are available: 3 Insufficient cpu.",
        "running PreBind plugin: timed out waiting for the condition",
    ],
)
def test_a_pod_that_the_scheduler_refused_is_never_silent(message: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, REFUSED % message)
    assert "shop/pod/web-0: unschedulable" in shown.head
    assert "since 2023-07-21 10:00 UTC [" in shown.head  # the pod alone does not tell for how long


EVICTED = """
apiVersion: v1
kind: Pod
metadata: {name: report-0, namespace: shop}
spec: {nodeName: n1, containers: [{name: r, image: "r:1"}]}
status: {phase: Failed, reason: Evicted, startTime: "2023-05-02T10:00:11Z",
  message: "The node was low on resource: memory."%s}
"""
EVENT = """---
apiVersion: v1
kind: Event
metadata: {name: e-%s, namespace: shop}
involvedObject: {kind: Pod, name: %s, namespace: shop}
type: Warning
reason: %s
message: "The node was low on resource: memory."
lastTimestamp: "%s"
"""
ENDED = ', conditions: [{type: DisruptionTarget, status: "True", lastTransitionTime: "2023-05-05T09:00:00Z"}]'
LATE = EVENT % ("x", "other", "BackOff", "2023-05-05T09:10:00Z")


@pytest.mark.parametrize(
    ("content", "since"),
    [
        (EVICTED % "", ""),
        (EVICTED % "" + EVENT % ("1", "report-0", "Evicted", "2023-05-05T09:00:00Z") + LATE, "2023-05-05 09:00 UTC"),
        (EVICTED % ENDED + LATE, "2023-05-05 09:00 UTC"),
    ],
    ids=["alone", "event", "condition"],
)
def test_an_eviction_is_as_old_as_itself_not_as_its_pod(content: str, since: str, tmp_path: Path) -> None:
    shown = diagnose(tmp_path, content, "why was report-0 evicted")
    assert "evicted: node n1 low on memory" in shown.head
    assert (f"since {since} (10m before the dump" in shown.head) if since else ("since" not in shown.head)


def test_an_eviction_of_days_ago_is_no_trouble_of_now(tmp_path: Path) -> None:
    later = EVENT % ("x", "other", "BackOff", "2023-05-07T09:10:00Z")
    assert "evicted" not in diagnose(tmp_path, EVICTED % ENDED + later).head


@pytest.mark.parametrize(("ready", "age"), [("0/2", "12s"), ("1/3", "70s")])
def test_a_rollout_of_seconds_is_starting(ready: str, age: str, tmp_path: Path) -> None:
    head = "$ kubectl get deployment web -n shop\nNAME  READY  UP-TO-DATE  AVAILABLE  AGE\n"
    shown = diagnose(tmp_path, f"{head}web   {ready}    2           {ready[0]}          {age}\n", name="web.txt")
    assert "No problems found" in shown.head
    assert "shop/web is starting" in shown.out
    asked = midwatch("ask", "why is deployment web in shop unhealthy?", "--dump", str(tmp_path / "web.txt"))
    assert (
        "saved cluster web.txt · Deployment shop/web is starting: "
        f"{age[:-1]} s old, {ready[0]} of {ready[2]} replicas ready" in asked.head
    )
    old = diagnose(tmp_path, f"{head}web   {ready}    2           {ready[0]}          3h\n", name="web.txt")
    assert "replicas available" in old.head


@pytest.mark.parametrize(
    "words",
    ["why was shop unhealthy on 2023-07-08 at 10:00", "what failed in shop between 2023-07-08 08:00 and 09:00 UTC"],
)
def test_what_began_after_the_period_is_not_its_cause(words: str, tmp_path: Path) -> None:
    start = "Start Time:       Sun, 09 Jul 2023 14:32:27 +0530\n"
    shown = diagnose(tmp_path, DESCRIBED.format(start=start, error=ERROR), words, name="pod.txt")
    assert shown.head.startswith("UNKNOWN inconclusive")
    assert "is not kept; only the state of 2023-07-09 09:03 UTC was read" in shown.head
    assert "Began after the period asked about - CRITICAL" in " ".join(shown.out.split())
    within = diagnose(
        tmp_path, DESCRIBED.format(start=start, error=ERROR), f"{words[:7]} 2023-07-09 09:02", name="pod.txt"
    )
    assert within.head.startswith("CRITICAL confirmed")


BEFORE = f"$ kubectl get pods -n shop\n{TABLE}web-7c9fd5b7d9-4xw2k   0/1     ImagePullBackOff   0          3m\n"
AFTER = f"$ kubectl get pods -n shop -o wide\n{TABLE}web-7c9fd5b7d9-4xw2k   1/1     Running            0          9m\n"


@pytest.mark.parametrize(
    ("files", "healthy"),
    [
        ([BEFORE + AFTER], True),
        ([AFTER + BEFORE], False),
        ([BEFORE, AFTER], True),
        ([AFTER, BEFORE], False),
    ],
    ids=["one file", "one file, broken again", "two files", "two files, broken again"],
)
def test_of_two_outputs_of_the_same_thing_the_later_counts(files: list[str], healthy: bool, tmp_path: Path) -> None:
    for number, content in enumerate(files, 1):
        (tmp_path / f"{number:02}.txt").write_text(content)
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert ("No problems found" in shown.head) == healthy


def test_what_a_later_output_no_longer_says_is_not_kept(tmp_path: Path) -> None:
    for number, status in enumerate(("SchedulingGated", "Pending"), 1):
        (tmp_path / f"{number:02}.txt").write_text(f"{TABLE}web-0   0/1   {status}   0   9m\n")
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert "Pending for 9 min; its events were not read" in shown.head and "K8S-325" in shown.out
