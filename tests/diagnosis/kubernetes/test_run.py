"""Containers that end, are killed, or run without being ready; and those that did all that long ago."""

import json

import pytest

from midwatch.diagnosis.kubernetes.analyzers.crashes import asks
from midwatch.domain.finding import CausalRole
from tests.integrations.kubernetes.situation import Logs, cluster, codes, findings

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web-1, namespace: shop}}
spec:
  nodeName: n1
  containers:
    - name: app
      image: web:1
      command: [serve]
      ports: [{{containerPort: 8080}}]
      resources: {{limits: {{memory: 64Mi}}}}
      livenessProbe: {liveness}
      readinessProbe: {readiness}
status:
  phase: Running
  startTime: "2026-11-21T01:00:00Z"
  conditions: [{{type: Ready, status: "{ready}", lastTransitionTime: "2026-11-21T02:00:00Z"}}]
  containerStatuses:
    - name: app
      ready: {is_ready}
      restartCount: {restarts}
      state: {state}
      lastState: {last}
"""
EVENT = """
---
apiVersion: v1
kind: Event
metadata: {{name: web-1.{n}, namespace: shop}}
involvedObject: {{kind: Pod, namespace: shop, name: web-1, fieldPath: "spec.containers{{app}}"}}
type: Warning
reason: {reason}
message: {message}
firstTimestamp: "2026-11-21T01:41:00Z"
lastTimestamp: "2026-11-21T01:59:30Z"
"""
LOOP = '{waiting: {reason: CrashLoopBackOff, message: "back-off 5m0s restarting failed container"}}'
RUNNING = '{running: {startedAt: "2026-11-21T01:58:00Z"}}'
HTTP = "{httpGet: {path: /healthz, port: 8080}, periodSeconds: 5}"


def ended(code: int, reason: str = "Error", at: str = "2026-11-21T01:57:00Z") -> str:
    return (
        f'{{terminated: {{exitCode: {code}, reason: {reason}, startedAt: "2026-11-21T01:56:00Z", finishedAt: "{at}"}}}}'
    )


def pod(
    state: str = LOOP,
    last: str = "{}",
    restarts: int = 5,
    ready: bool = False,
    probe: str = HTTP,
    *events: tuple[str, str],
) -> str:
    text = POD.format(
        **{"state": state, "last": last, "restarts": restarts, "ready": ready, "is_ready": str(ready).lower()},
        liveness=probe,
        readiness=probe,
    )
    return text + "".join(EVENT.format(n=n, reason=r, message=json.dumps(m)) for n, (r, m) in enumerate(events))


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (137, "OOMKilled", "K8S-201"),
        (1, "OOMKilled", "K8S-201"),
        (0, "Completed", "K8S-205"),
        (139, "Error", "K8S-206"),
        (134, "Error", "K8S-206"),
        (137, "Error", "K8S-207"),
        (143, "Error", "K8S-208"),
        (1, "Error", "K8S-210"),
        (255, "Error", "K8S-210"),
        (127, "Error", "K8S-150"),
        (126, "Error", "K8S-151"),
        (128, "StartError", "K8S-155"),
        (0, "ContainerStatusUnknown", "K8S-213"),
    ],
)
def test_the_end_of_a_container_has_its_code(code: int, reason: str, expected: str) -> None:
    assert codes(cluster(pod(LOOP, ended(code, reason)))) == [expected]


def test_a_crash_loop_whose_end_was_not_recorded_is_a_symptom() -> None:
    (found,) = findings(cluster(pod(LOOP, "{}")))
    assert (found.code, found.role) == ("K8S-203", CausalRole.SYMPTOM)


def test_the_node_s_word_explains_a_kill() -> None:
    oom = EVENT.format(n=9, reason="SystemOOM", message='"System OOM encountered, victim process: serve"')
    about_node = oom.replace("{kind: Pod, namespace: shop, name: web-1, ", "{kind: Node, name: n1, ")
    (found,) = [f for f in findings(cluster(pod(LOOP, ended(137)) + about_node)) if f.owner.name == "web-1"]
    assert (found.code, found.peers[0].name) == ("K8S-204", "n1")


def test_a_pod_that_took_too_long() -> None:
    text = pod(ended(143), "{}", 0).replace("phase: Running", "phase: Failed\n  reason: DeadlineExceeded")
    assert codes(cluster(text)) == ["K8S-212"]


def test_memory_without_a_limit_is_the_nodes() -> None:
    text = pod(LOOP, ended(137, "OOMKilled")).replace("resources: {limits: {memory: 64Mi}}", "resources: {}")
    assert codes(cluster(text)) == ["K8S-202"]


@pytest.mark.parametrize(
    ("probe", "said", "expected"),
    [
        (
            HTTP.replace("8080", "9090"),
            'Get "http://10.0.0.9:9090/healthz": dial tcp 10.0.0.9:9090: connect: connection refused',
            "K8S-221",
        ),
        (HTTP.replace("8080", "web"), "connect: connection refused", "K8S-221"),
        (
            HTTP,
            'Get "http://10.0.0.9:8080/healthz": net/http: HTTP/1.x transport connection broken: malformed HTTP '
            "response",
            "K8S-222",
        ),
        (HTTP, "HTTP probe failed with statuscode: 404", "K8S-223"),
        (HTTP, "HTTP probe failed with statuscode: 401", "K8S-224"),
        (HTTP, "HTTP probe failed with statuscode: 503", "K8S-231"),
        (HTTP, "HTTP probe failed with statuscode: 418", "K8S-232"),
        (HTTP, 'Get "http://10.0.0.9:8080/healthz": context deadline exceeded', "K8S-233"),
        (HTTP, "dial tcp 10.0.0.9:8080: connect: connection refused", "K8S-234"),
    ],
)
def test_a_failing_readiness_probe_is_held_against_its_specification(probe: str, said: str, expected: str) -> None:
    text = pod(RUNNING, "{}", 0, False, probe, ("Unhealthy", f"Readiness probe failed: {said}"))
    assert codes(cluster(text))[:1] == [expected]


@pytest.mark.parametrize(
    ("probe", "target"),
    [
        (HTTP, "http://:8080/healthz"),
        (HTTP.replace("8080", "8080, scheme: HTTPS"), "https://:8080/healthz"),
        ("{grpc: {port: 9090}}", "grpc port 9090"),
        ("{tcpSocket: {port: 5432}}", "tcp port 5432"),
        ("{exec: {command: [cat, /ready]}}", "exec cat /ready"),
        ("{}", "probe definition unknown"),
    ],
)
@pytest.mark.parametrize(
    "prefix", ["Readiness probe failed: ", "Readiness probe errored and resulted in unknown state: "]
)
def test_a_failing_probe_names_its_target_and_the_answer(prefix: str, probe: str, target: str) -> None:
    seen = cluster(pod(RUNNING, "{}", 0, False, probe, ("Unhealthy", f"{prefix}something new")))
    (found,) = [f for f in findings(seen) if f.code == "K8S-234"]
    assert found.message == f"shop/pod/web-1 (container app): readiness probe fails ({target}): something new"


def test_a_liveness_probe_that_kills_is_the_reason_and_the_log_is_not() -> None:
    events = (
        ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"),
        ("Killing", "Container app failed liveness probe, will be restarted"),
    )
    log: Logs = {("shop", "web-1", "app"): "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app.yaml'\n"}
    text = pod(LOOP, ended(137), 5, False, HTTP, *events)
    assert codes(cluster(text, previous=log)) == ["K8S-223"]


def test_a_slow_start_without_a_startup_probe() -> None:
    events = (
        ("Unhealthy", "Liveness probe failed: dial tcp 10.0.0.9:8080: connect: connection refused"),
        ("Killing", "Container app failed liveness probe, will be restarted"),
    )
    text = pod(LOOP, ended(143, at="2026-11-21T01:56:20Z"), 5, False, HTTP, *events)
    assert codes(cluster(text)) == ["K8S-225"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [("context deadline exceeded (Client.Timeout exceeded)", "K8S-226"), ("dial tcp: something new", "K8S-235")],
)
def test_a_container_that_is_killed_long_after_its_start(said: str, expected: str) -> None:
    killed = ("Killing", "Container app failed liveness probe, will be restarted")
    last = ended(137).replace("01:56:00", "01:10:00")
    text = pod(
        LOOP,
        last,
        5,
        False,
        HTTP,
        ("Unhealthy", f'Liveness probe failed: Get "http://10.0.0.9:8080/healthz": {said}'),
        killed,
    )
    assert codes(cluster(text)) == [expected]


@pytest.mark.parametrize(
    ("state", "last", "restarts", "ready"),
    [
        (RUNNING, "{}", 0, True),
        ('{running: {startedAt: "2026-11-21T01:40:00Z"}}', ended(137, "OOMKilled", "2026-11-21T01:39:00Z"), 1, True),
        ('{running: {startedAt: "2026-11-20T01:40:00Z"}}', ended(1, "Error", "2026-11-20T01:39:00Z"), 40, True),
        (ended(0, "Completed"), "{}", 0, True),
    ],
)
def test_what_is_well_or_has_recovered_is_left_alone(state: str, last: str, restarts: int, ready: bool) -> None:
    assert codes(cluster(pod(state, last, restarts, ready))) == []


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi", "K8S-240"),
        ("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.", "K8S-241"),
        ("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed", "K8S-242"),
        ("Preempting", "Preempted in order to admit critical pod", "K8S-243"),
        ("NodeLost", "Node n1 which was running pod web-1 is unresponsive", "K8S-245"),
        ("Shutdown", "Pod was terminated in response to imminent node shutdown.", "K8S-244"),
    ],
)
def test_pods_that_were_put_away(reason: str, message: str, expected: str) -> None:
    text = pod(RUNNING, "{}", 0).replace(
        "phase: Running", f"phase: Failed\n  reason: {reason}\n  message: {json.dumps(message)}"
    )
    text = text[: text.index("  containerStatuses")]
    assert codes(cluster(text)) == [expected]


def test_a_pod_that_cannot_go_names_its_finalizers() -> None:
    late = 'deletionTimestamp: "2026-11-21T01:30:00Z", finalizers: [example.com/keep]}'
    text = pod(RUNNING, "{}", 0, True).replace("namespace: shop}", "namespace: shop, " + late, 1)
    found = findings(cluster(text))
    assert [f.code for f in found] == ["K8S-247"]
    assert "example.com/keep" in found[0].message


def test_a_pod_that_does_not_end_without_a_finalizer() -> None:
    late = 'namespace: shop, deletionTimestamp: "2026-11-21T01:30:00Z"}'
    (found,) = findings(cluster(pod(RUNNING, "{}", 0, True).replace("namespace: shop}", late, 1)))
    assert (found.code, found.role) == ("K8S-248", CausalRole.SYMPTOM)
    assert found.message == "shop/pod/web-1: pod terminating for 30 min"


def test_the_pod_of_a_workload_is_named_beside_it() -> None:
    owned = "namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}], "
    late = owned + 'deletionTimestamp: "2026-11-21T01:30:00Z"}'
    found = findings(cluster(pod(RUNNING, "{}", 0, True).replace("namespace: shop}", late, 1)))
    assert [f.message for f in found if f.code == "K8S-248"] == [
        "shop/statefulset/web: pod web-1 terminating for 30 min"
    ]


def test_a_container_that_runs_and_is_not_ready_without_a_word() -> None:
    text = pod('{running: {startedAt: "2026-11-21T01:30:00Z"}}', "{}", 0, False, "null")
    (found,) = findings(cluster(text))
    assert (found.code, found.role) == ("K8S-250", CausalRole.SYMPTOM)


def test_a_container_without_a_state_is_not_ready_for_no_known_reason() -> None:
    (found,) = findings(cluster(pod("{}", "{}", 0)))
    assert (found.code, found.role, found.subject.container) == ("K8S-251", CausalRole.SYMPTOM, "app")
    whole = pod("{}", "{}", 0)
    assert codes(cluster(whole[: whole.index("  containerStatuses")])) == ["K8S-251"]
    young = whole.replace("2026-11-21T01:00:00Z", "2026-11-21T01:59:00Z")
    assert codes(cluster(young)) == []


def test_many_restarts_are_a_risk_while_they_go_on() -> None:
    calm = '{running: {startedAt: "2026-11-21T01:00:00Z"}}'
    (found,) = findings(cluster(pod(calm, ended(1, at="2026-11-21T00:30:00Z"), 12, True)))
    assert (found.code, found.role, found.facts["count"]) == ("K8S-214", CausalRole.RISK, "12")
    assert codes(cluster(pod(calm, ended(1, at="2026-11-21T00:30:00Z"), 3, True))) == []


def test_the_logs_of_what_crashes_are_asked_for_and_few_of_each_workload() -> None:
    text = pod(LOOP, ended(1))
    many = "\n---\n".join(text.replace("web-1", f"web-{n}") for n in range(30))
    wanted = list(asks(cluster(many)))
    assert len({a.arguments["pod"] for a in wanted}) == 12
    assert all(a.arguments["previous"] for a in wanted)
    assert list(asks(cluster(pod(RUNNING, "{}", 0, True)))) == []
