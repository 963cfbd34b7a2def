"""The answer is about what was asked: saved clusters and questions, through the command."""

from pathlib import Path

import pytest

from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import Shown, midwatch

TIME = "2026-11-27T10:00:00Z"


def pod(name: str, *, ready: bool = True, waiting: str = "", node: str = "n1") -> str:
    state = f"{{waiting: {{reason: {waiting}}}}}" if waiting else f'{{running: {{startedAt: "{TIME}"}}}}'
    return f"""
- apiVersion: v1
  kind: Pod
  metadata:
    name: {name}
    namespace: shop
    labels: {{app: {name.split("-")[0]}, pod-template-hash: {name.split("-")[1]}}}
    ownerReferences: [{{kind: ReplicaSet, name: {name.rpartition("-")[0]}, controller: true}}]
  spec: {{nodeName: {node}, containers: [{{name: app, image: "r.example/app:1"}}]}}
  status:
    phase: Running
    conditions: [{{type: Ready, status: "{ready}", lastTransitionTime: "{TIME}"}}]
    containerStatuses: [{{name: app, ready: {str(ready).lower()}, restartCount: 0, state: {state}}}]"""


def deployment(name: str, ready: int = 1, label: str = "") -> str:
    return f"""
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: {name}, namespace: shop, labels: {{app: {label or name}}}}}
  spec: {{replicas: 1, selector: {{matchLabels: {{app: {label or name}}}}}}}
  status: {{replicas: 1, readyReplicas: {ready}, availableReplicas: {ready}, updatedReplicas: 1}}"""


def service(name: str, selects: str) -> str:
    return f"""
- apiVersion: v1
  kind: Service
  metadata: {{name: {name}, namespace: shop}}
  spec: {{type: ClusterIP, selector: {{app: {selects}}}, ports: [{{port: 80}}]}}"""


NODE = """
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  status: {conditions: [{type: Ready, status: "True"}]}"""
EMPTY = "".join(
    f"$ kubectl get {kind} -A\nNo resources found\n\n"
    for kind in ("statefulsets", "daemonsets", "endpointslices", "jobs", "persistentvolumeclaims", "events")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "rest.txt").write_text(EMPTY + "$ kubectl get services -A\nNo resources found\n")
    return tmp_path / "state"


def saved(folder: Path, *objects: str, log: str = "", of: str = "") -> Path:
    (folder / "objects.yaml").write_text("apiVersion: v1\nkind: List\nitems:" + "".join(objects) + NODE + "\n")
    if any("kind: Service" in one for one in objects):
        (folder / "rest.txt").write_text(EMPTY)
    if log:
        (folder / "shop" / of).mkdir(parents=True)
        (folder / "shop" / of / "logs.log").write_text(log)
    return folder


def ask(folder: Path, question: str = "") -> Shown:
    return midwatch("diagnose", *([question] if question else []), "--dump", str(folder))


BROKEN = (deployment("basket", 0, "cart"), pod("basket-7d9f8b6c5-x2n4m", ready=False, waiting="CrashLoopBackOff"))
WELL = (deployment("web"), pod("web-6d5f7c9b8-k2m4p"))


def test_a_name_that_nothing_has_is_the_first_line_and_the_rest_is_told_apart(folder: Path) -> None:
    shown = ask(saved(folder, *WELL, *BROKEN), "why is checkout slow")
    assert shown.code == Exit.UNKNOWN
    assert shown.out.lstrip().startswith(
        "UNKNOWN  inconclusive · saved cluster state · checkout not found in the checked objects\n"
    )
    assert shown.out.splitlines()[2] == "1 other problem found: midwatch diagnose --dump PATH -n shop"
    verbose = midwatch("diagnose", "why is checkout slow", "--dump", str(folder), "-v")
    assert "In the whole cluster · Symptom, cause unknown · CRITICAL inconclusive" in verbose.out
    answer = midwatch("diagnose", "why is checkout slow", "--dump", str(folder), "--json").answer
    assert (answer["verdict"], answer["severity"]) == ("INCONCLUSIVE", None)


def test_a_label_or_a_part_of_the_name_leads_to_the_workload(folder: Path) -> None:
    shown = ask(saved(folder, *WELL, *BROKEN), "why is cart crashing")
    assert shown.code == 1
    assert "cart matches shop/deployment/basket (label app)" in shown.head
    assert "CrashLoopBackOff" in shown.head


def test_a_word_of_a_message_is_no_missing_name(folder: Path) -> None:
    shown = ask(saved(folder, *WELL, *BROKEN), "crash-loop-back-off or crashloopbackoff/back-off of a pod")
    assert "not found" not in shown.head or "CrashLoopBackOff" in shown.head


LOG = f"{TIME} INFO link up\n2026-11-27T10:00:05Z WARN carrier lost\n2026-11-27T10:07:00Z WARN carrier lost again\n"


def test_a_phrase_is_counted_with_its_first_and_last_time(folder: Path) -> None:
    path = saved(folder, *WELL, log=LOG, of="web-6d5f7c9b8-k2m4p")
    shown = ask(path, "was there any 'carrier lost' in web?")
    assert shown.code == 0
    assert shown.out.lstrip().startswith("ANSWER")
    assert "'carrier lost' found 2 times in the log of shop/web-6d5f7c9b8-k2m4p" in shown.head
    assert "first 2026-11-27 10:00:05 UTC, last 2026-11-27 10:07:00 UTC" in shown.head
    absent = ask(path, "was there any 'out of sockets' in web?")
    assert "'out of sockets' not found in 3 lines of the log of shop/web-6d5f7c9b8-k2m4p" in absent.head


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many pods are there?", "2 pods (of those that were read)"),
        ("which pods are not ready?", "1 of 2 pods not ready (of those that were read): shop/basket-7d9f8b6c5-x2n4m"),
        (
            "which pods are crashing",
            "1 of 2 pods in CrashLoopBackOff (of those that were read): shop/basket-7d9f8b6c5-x2n4m",
        ),
        ("which pods are not running", "0 of 2 pods not running"),
        ("how many nodes are ready", "1 of 1 nodes ready: n1"),
        ("which pods run on node n1", ""),
        ("list the pods on n1", "2 pods in n1"),
        (
            "which deployments are unavailable in shop",
            "1 of 2 deployments in shop without all replicas ready",
        ),
    ],
)
def test_a_list_or_a_count_is_answered(folder: Path, question: str, answer: str) -> None:
    shown = ask(saved(folder, *WELL, *BROKEN), question)
    assert answer in shown.head
    assert shown.out.lstrip().startswith("ANSWER") == bool(answer)


def test_services_without_endpoints_are_listed(folder: Path) -> None:
    path = saved(folder, *WELL, *BROKEN, service("web", "web"), service("cart", "cart"))
    shown = ask(path, "which services have no endpoints?")
    assert "1 of 2 services without ready endpoints (of those that were read): shop/cart" in shown.head


FAILING = (
    "2026-11-27T10:00:01Z ERROR getaddrinfo ENOTFOUND ledger.prod.svc.cluster.local\n"
    "2026-11-27T10:00:02Z ERROR POST /pay 500 14ms - lookup of ledger failed\n"
)


def test_a_log_of_failed_requests_is_not_healthy(folder: Path) -> None:
    shown = ask(saved(folder, *WELL, log=FAILING, of="web-6d5f7c9b8-k2m4p"))
    assert shown.code == 1
    assert "DNS lookup of ledger.prod.svc.cluster.local failed" in shown.head


def test_a_retry_that_succeeded_is_healthy(folder: Path) -> None:
    later = "2026-11-27T10:00:09Z INFO connected to ledger after 3 retries\n"
    shown = ask(saved(folder, *WELL, log=FAILING + later, of="web-6d5f7c9b8-k2m4p"))
    assert shown.code == 0
    assert "later lines report success" in " ".join(shown.out.split())
    told = midwatch("diagnose", "--dump", str(folder), "--json").answer["diagnosis"]
    assert [r["code"] for r in told["risks"]] == ["K8S-966", "K8S-966"]


def test_reachability_that_was_not_tested_is_not_healthy(folder: Path) -> None:
    shown = ask(saved(folder, *WELL), "Partial service unreachability.")
    assert shown.code == 2
    assert "no connection was tested" in shown.head


def alert(folder: Path, name: str, pod_name: str) -> Path:
    path = folder.parent / "alert.json"
    path.write_text(
        f'{{"title": "{name}: {pod_name}", "startsAt": "2026-11-27T09:55:00Z", "labels": {{"alertname": "{name}",'
        f' "severity": "critical", "namespace": "shop", "pod": "{pod_name}"}}}}'
    )
    return path


def test_an_alert_that_the_cluster_refutes_is_healthy_now(folder: Path) -> None:
    path = saved(folder, *WELL)
    shown = midwatch(
        *("investigate", "--alert", str(alert(folder, "KubePodCrashLooping", "web-6c4ab5d9c-x2n4m"))),
        "--dump",
        str(path),
    )
    assert shown.code == 0
    assert "shop/deployment/web: healthy now (1/1 replicas ready, recovered at 2026-11-27 10:00 UTC" in shown.head
    assert "pod web-6c4ab5d9c-x2n4m no longer exists" in shown.head
    assert "rollout undo" not in shown.out


def test_an_alert_about_what_is_broken_is_not_refuted(folder: Path) -> None:
    path = saved(folder, *WELL, *BROKEN)
    shown = midwatch(
        *("investigate", "--alert", str(alert(folder, "KubePodCrashLooping", "basket-7d9f8b6c5-x2n4m"))),
        *("--dump", str(path)),
    )
    assert shown.code == 1
    assert "healthy now" not in shown.out


def test_an_alert_is_explained_by_the_log_of_its_workload(folder: Path) -> None:
    path = saved(folder, *WELL, log=FAILING, of="web-6d5f7c9b8-k2m4p")
    file = folder.parent / "alert.json"
    file.write_text(
        '{"title": "web error rate above 2%", "labels": {"alertname": "HighErrorRate", "severity": "critical",'
        ' "namespace": "shop", "service": "web"}, "annotations": {"summary": "42% of requests fail"}}'
    )
    shown = midwatch("investigate", "--alert", str(file), "--dump", str(path))
    assert shown.out.lstrip().startswith("CRITICAL  likely")
    assert "DNS lookup of ledger.prod.svc.cluster.local failed" in shown.head


BUDGET = (
    "$ kubectl get pdb\nNAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE\n"
    "web    1               N/A               {}                     20d\n"
)


@pytest.mark.parametrize(("allowed", "code"), [(0, 1), (1, 2)])
def test_a_risk_is_the_answer_to_a_question_about_it(folder: Path, allowed: int, code: int) -> None:
    path = folder.parent / "pdb.txt"
    path.write_text(BUDGET.format(allowed))
    shown = ask(path, "cannot evict web")
    assert shown.code == code
    assert ("disruptionsAllowed is 0" in shown.head) == (not allowed)
    assert ask(path, "what is wrong with web").code == 2


def replica_set(name: str, revision: int, created: str, cause: str = "") -> str:
    note = f', kubernetes.io/change-cause: "{cause}"' if cause else ""
    return f"""
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata:
    name: {name}
    namespace: shop
    creationTimestamp: "{created}"
    annotations: {{deployment.kubernetes.io/revision: "{revision}"{note}}}
    ownerReferences: [{{kind: Deployment, name: {name.split("-")[0]}, controller: true}}]
  spec: {{replicas: 1, template: {{spec: {{containers: [{{name: app, image: "r.example/app:{revision}"}}]}}}}}}"""


ROLLOUTS = (
    replica_set("web-5c6f7d8b9", 1, "2026-11-20T10:00:00Z"),
    replica_set("web-6d5f7c9b8", 2, "2026-11-27T09:30:00Z", "release 7"),
    replica_set("basket-7d9f8b6c5", 3, "2026-11-26T08:00:00Z"),
)


def test_the_last_rollout_is_told_without_inventing_a_person(folder: Path) -> None:
    path = saved(folder, *WELL, *BROKEN, *ROLLOUTS)
    shown = ask(path, "who deployed last?")
    assert "last rollout: shop/deployment/web, revision 2, at 2026-11-27 09:30 UTC (release 7)" in shown.head
    assert "does not record who made it" in shown.head
    named = ask(path, "when was basket last deployed?")
    assert "last rollout: shop/deployment/basket, revision 3, at 2026-11-26 08:00 UTC;" in named.head


def test_a_word_of_the_pasted_text_is_no_missing_name(folder: Path) -> None:
    path = saved(folder, *WELL, *BROKEN, log=f"{TIME} ERROR chown /var/lib/ledger: failed\n", of="web-6d5f7c9b8-k2m4p")
    shown = ask(path, "why is ledger failing")
    assert "not found" not in shown.head
    assert "ledgers not found" in ask(path, "why is ledgers failing").head


def ingress(name: str, behind: str) -> str:
    return f"""
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {{name: {name}, namespace: shop}}
  spec:
    rules:
    - host: shop.example
      http: {{paths: [{{path: /, backend: {{service: {{name: {behind}, port: {{number: 80}}}}}}}}]}}
  status: {{loadBalancer: {{ingress: [{{ip: 10.0.0.9}}]}}}}"""


def test_a_cause_behind_the_named_object_is_its_answer(folder: Path) -> None:
    typo = service("web", "web").replace("port: 80}", "port: 80, targetPort: htttp}")
    shown = ask(saved(folder, *WELL, typo, ingress("front", "web")), "ingress front returns 503")
    assert shown.code == 1
    assert "shop/service/web" in shown.head and "htttp" in shown.head


@pytest.mark.parametrize("question", ["is dns ok", "are all nodes healthy", "is there a problem with volumes"])
def test_what_is_asked_about_alone_is_not_answered_by_something_else(folder: Path, question: str) -> None:
    shown = ask(saved(folder, *WELL, *BROKEN), question)
    assert "No problems found with" in shown.head and "1 other problem found" in shown.head
    assert shown.code != 1


def test_a_phrase_is_searched_for_whatever_the_question_begins_with(folder: Path) -> None:
    path = saved(folder, *WELL, log=LOG, of="web-6d5f7c9b8-k2m4p")
    assert "'carrier lost' found 2 times" in ask(path, "why do we see 'carrier lost'").head


def test_a_row_without_labels_is_no_wrong_selector(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(
        "$ kubectl get pods -n shop\nNAME                   READY   STATUS    RESTARTS   AGE\n"
        "web-6d5f7c9b8-k2m4p   1/1     Running   0          3d\n"
        "$ kubectl get svc -n shop -o wide\nNAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR\n"
        "web    ClusterIP   10.0.0.7     <none>        80/TCP    3d    app=web\n"
    )
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert "matches no pods" not in shown.out and shown.code != 1


def test_a_paste_without_a_list_misses_no_plain_word(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text('MountVolume.SetUp failed for volume "pv-7": mount failed: exit status 32\n')
    shown = midwatch("diagnose", "why are options wrong", "--dump", str(tmp_path))
    assert shown.code == 1 and "not found" not in shown.head
