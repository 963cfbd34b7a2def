"""Messages, fragments and wrapped lines outside of any output of kubectl."""
# ruff: noqa: E501 (messages are as long as they are)

from typing import Any

import pytest

from midwatch.integrations.kubernetes import text

PULL = 'Failed to pull image "reg.lan/shop/api:4": rpc error: code = Unknown desc = Head "https://reg.lan/v2/": x509: certificate signed by unknown authority'
MOUNT = 'MountVolume.SetUp failed for volume "conf" : configmap "api-conf" not found'


def events(content: str) -> list[dict[str, Any]]:
    parsed = text.read(content, name="p.txt", now=None) or text.read_other(content, name="p.txt")
    return [obj for obj in parsed.objects if obj["kind"] == "Event"]


@pytest.mark.parametrize(
    "written",
    [
        MOUNT,
        f"> {MOUNT}",
        f"the pod hangs and says\n\n`{MOUNT}`\n\nwhat now?",
        f'Kubelet tells us "{MOUNT}" since monday.',
        f"| pod | message |\n|---|---|\n| api-1 | {MOUNT} |",
        f"- {MOUNT}",
        f"FailedMount: {MOUNT}",
        f"Warning  FailedMount  kubelet  {MOUNT}",
        f"Warning   FailedMount   12s (x9 over 4m)   kubelet, n-3   {MOUNT}",
    ],
)
def test_a_bare_message_is_an_event(written: str) -> None:
    (event,) = events(written)
    assert (event["reason"], event["type"]) == ("FailedMount", "Warning")
    assert event["message"].rstrip(" .") in (MOUNT, f'{MOUNT}" since monday')


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (PULL, "Failed"),
        ("0/5 nodes are available: 5 Insufficient cpu.", "FailedScheduling"),
        ('failed to provision volume with StorageClass "fast": rpc error: code = Internal', "ProvisioningFailed"),
        ("Liveness probe failed: dial tcp 10.1.1.1:80: connect: connection refused", "Unhealthy"),
        (
            "Warning FailedToUpdateEndpointSlices endpoint-slice-controller cannot update slice",
            "FailedToUpdateEndpointSlices",
        ),
        ("Attempting to reclaim memory", "EvictionThresholdMet"),
        ("Error: couldn't find key url in Secret shop/db", "Failed"),
        ("missing request for cpu in container web of Pod web-1", "FailedGetResourceMetric"),
    ],
)
def test_messages_tell_their_reason(written: str, reason: str) -> None:
    assert [event["reason"] for event in events(f"It says:\n{written}\n")] == [reason]


@pytest.mark.parametrize(
    ("message", "about"),
    [
        (
            'Failed to create pod sandbox: cni failed to set up pod "web-1_shop" network: no addresses',
            {"kind": "Pod", "name": "web-1", "namespace": "shop"},
        ),
        ('Failed to pull image "a:1": not found for pod/web-7', {"kind": "Pod", "name": "web-7"}),
        (
            "Back-off restarting failed container app in pod db-0_data(1c2d3e4f-0000-4000-8000-000000000000)",
            {"kind": "Pod", "name": "db-0", "namespace": "data"},
        ),
        (
            'failed to provision volume with StorageClass "x": claim "data/disk-0": quota',
            {"kind": "PersistentVolumeClaim", "name": "disk-0", "namespace": "data"},
        ),
        ("Attempting to reclaim inodes", {"kind": "Object", "name": "not-named"}),
    ],
)
def test_the_object_is_the_one_that_the_message_names(message: str, about: dict[str, str]) -> None:
    (event,) = events(message)
    assert event["involvedObject"] == about


@pytest.mark.parametrize(
    ("rows", "about"),
    [
        (
            "  Normal  NodeHasDiskPressure  1m  kubelet  Node w-2.lab status is now: NodeHasDiskPressure\n  Warning  EvictionThresholdMet  1m  kubelet  Attempting to reclaim memory",
            "w-2.lab",
        ),
        ("  Warning  EvictionThresholdMet  1m  kubelet, w-3  Attempting to reclaim memory", "w-3"),
        ("  Warning  SystemOOM  5s  kubelet, w-4  System OOM encountered, victim process: java", "w-4"),
    ],
)
def test_rows_of_a_node_are_the_nodes(rows: str, about: str) -> None:
    assert {(e["involvedObject"]["kind"], e["involvedObject"]["name"]) for e in events(rows)} == {("Node", about)}


@pytest.mark.parametrize(
    "written",
    [
        'Failed to pull image "reg.lan/shop/api:4": rpc error: code = Unknown desc = Head\n"https://reg.lan/v2/": x509: certificate signed by unknown authority',
        'Failed to pull image "reg.lan/shop/api:4": rpc error: code = Unknown…\n desc = Head "https://reg.lan/v2/": x509: certificate signed by unknown authority',
        '  Warning  Failed  5s (x2 over 1m)  kubelet, n1  Failed to pull image "reg.lan/shop/api:4": rpc error: code = Unknown\n      desc = Head "https://reg.lan/v2/": x509: certificate signed by unknown authority',
        '  Warning  Failed  5s (x2 over 1m)  kubelet, n1  Failed to pull image "reg.lan/shop/api:4": rpc error: code = Unknown\ndesc = Head "https://reg.lan/v2/": x509: certificate signed by unknown authority',
    ],
)
def test_wrapped_lines_are_one_message(written: str) -> None:
    (event,) = events(written)
    assert " ".join(event["message"].split()) == PULL


def test_two_rows_are_not_joined() -> None:
    rows = "\n".join(
        f"  Warning  FailedMount  5s  kubelet, node-{n}  {MOUNT} and some more words to be long" for n in (1, 2)
    )
    assert len(events(rows)) == 2


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("nc: bad address 'db.shop'", "nc: bad address 'db.shop'"),
        (
            "from the busybox:\n\n;; connection timed out; no servers could be reached\n\nnothing else",
            ";; connection timed out; no servers could be reached",
        ),
        (
            "> upstream connect error: reset reason: connection failure",
            "upstream connect error: reset reason: connection failure",
        ),
        (
            "it prints `tar: /data: Cannot open: Operation not permitted` and goes on",
            "tar: /data: Cannot open: Operation not permitted",
        ),
    ],
)
def test_an_error_of_a_program_is_a_log_without_a_name(written: str, said: str) -> None:
    (log,) = text.read_other(written, name="p.txt").loose
    assert (log.about, log.text) == ("Log", said)


@pytest.mark.parametrize(
    "written",
    ["My pods cannot start, please help.", "we failed to get it up again", "Does anyone know why it failed?"],
)
def test_what_a_person_says_is_no_evidence_and_is_quoted(written: str) -> None:
    parsed = text.read_other(written, name="p.txt")
    assert (parsed.objects, parsed.loose) == ([], [])
    assert text.suspects([(1, written)]) or "start" in written


@pytest.mark.parametrize("line", ["# 3: the job that failed", '"reason": "failed",', '{ "error": 1'])
def test_a_heading_or_a_part_of_a_document_is_no_message(line: str) -> None:
    assert text.read_other(f"It is:\n\n{line}\n", name="p.txt").loose == []


def test_a_log_stays_a_log() -> None:
    lines = "\n".join(f"E0101 10:00:0{n}.000000 1 nested.go:10] {MOUNT}" for n in range(3))
    parsed = text.read_other(lines, name="p.txt")
    assert (parsed.objects, [log.text for log in parsed.loose]) == ([], [lines])


@pytest.mark.parametrize(
    ("written", "log"),
    [
        ('web-7d9f5c-x2x9k app {"level":"error","msg":"no"}', ("web-7d9f5c-x2x9k", "app")),
        ("db-0 main 2024-01-01T10:00:00Z ERROR no", ("db-0", "main")),
        ("app: error: no such table\nStream closed EOF for shop/web-1 (app)", ("web-1", "app")),
    ],
)
def test_a_log_that_names_its_pod(written: str, log: tuple[str, str]) -> None:
    (found,) = text.read_other(written, name="p.txt").loose
    assert ((found.pod, found.container), found.about) == (log, "Pod")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "    Last State:  Terminated\n      Reason:    OOMKilled\n      Exit Code: 137\n",
            "Last State: Terminated, Reason: OOMKilled, Exit Code: 137",
        ),
        (
            "State: Terminated\n Reason: Error\n Exit Code: 143\nRestart Count: 4",
            "State: Terminated, Reason: Error, Exit Code: 143, Restart Count: 4",
        ),
        (
            "State:   Waiting\n  Reason:  CreateContainerConfigError\n  Message: no",
            "State: Waiting, Reason: CreateContainerConfigError, Message: no",
        ),
    ],
)
def test_a_state_of_a_container_without_its_pod(written: str, message: str) -> None:
    assert [event["message"] for event in events(f"The describe:\n\n{written}")] == [message]


def test_a_good_state_is_no_event() -> None:
    assert events("State: Terminated\n Reason: Completed\n Exit Code: 0\n") == []


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Capacity:\n cpu: 4\n memory: 8Gi\nAllocatable:\n cpu: 4\n", "Node"),
        ("  volumeMounts:\n  - name: a\n    mountPath: /b\n", "Pod"),
        ("StorageClass:  fast\nStatus: Pending\nAccess Modes:  RWO\n", "PersistentVolumeClaim"),
        ("claimRef:\n  name: a\npersistentVolumeReclaimPolicy: Retain\n", "PersistentVolume"),
        ("stringData:\n  password: x\n", "Secret"),
    ],
)
def test_a_part_of_an_object_is_told_by_its_kind(written: str, kind: str) -> None:
    (part,) = text.read_other(f"It is:\n\n{written}", name="p.txt").parts
    assert (part[0], part[1]) == (3, kind)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (f'what does "{MOUNT}" mean?', "FailedMount"),
        (f"we read '{MOUNT}', what does it mean?", "FailedMount"),
        ("pod hangs with 0/3 nodes are available: 3 Insufficient memory.", "FailedScheduling"),
        (f"why `{PULL}`", "Failed"),
    ],
)
def test_a_message_in_the_question(words: str, reason: str) -> None:
    found = text.messages_in(words)
    assert found is not None
    assert [obj["reason"] for obj in found.objects] == [reason]
    assert not found.objects[0]["message"].endswith(("mean?", '"', "`"))


@pytest.mark.parametrize("words", ["why is my api slow", "what failed in shop?", "is 'payment-service' well"])
def test_a_question_without_a_message(words: str) -> None:
    assert text.messages_in(words) is None
