"""From pasted text to the answer: by standard input, as a file and in a folder the same."""
# ruff: noqa: E501 (kubectl's lines are as wide as they are)

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from midwatch.interfaces.cli.app import app

TABLE = "NAME                   READY   STATUS             RESTARTS   AGE\napi-7c9fd5b7d9-4xw2k   0/1     CrashLoopBackOff   6          8m\n"
DENIED = "starting\nError: EACCES: permission denied, mkdir '/data/store'\n"
JOURNAL = """\
Jan 25 06:42:36 srv1 k3s[218]: {"level":"warn","ts":"2021-01-25T06:42:36.000+0100","msg":"slow fdatasync","took":"7.4s","expected-duration":"1s"}
Jan 25 06:42:41 srv1 k3s[218]: E0125 06:42:39.880363 218 leaderelection.go:325] error retrieving resource lock: Get "https://10.0.0.4:6444/api": net/http: request canceled
Jan 25 06:42:42 srv1 systemd[1]: k3s.service: Main process exited, code=exited, status=255/EXCEPTION
"""
EVENTS = """\
Events:
  Type     Reason       Age               From               Message
  ----     ------       ----              ----               -------
  Normal   Scheduled    9m                default-scheduler  Successfully assigned shop/api-6d5f7c8b9-abcde to n1
  Warning  FailedMount  12s (x9 over 9m)  kubelet            MountVolume.SetUp failed for volume "cfg" : secret "api-tls" not found
"""
WEBHOOK = '$ kubectl apply -f dep.yaml\nError from server (InternalError): error when creating "dep.yaml": Internal error occurred: failed calling webhook "m.ops.example": failed to call webhook: Post "https://ops-webhook.ops.svc:443/mutate?timeout=10s": context deadline exceeded\n'
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: metrics
  deletionTimestamp: "2020-07-31T23:19:14Z"
spec:
  finalizers: [kubernetes]
status:
  phase: Terminating
  conditions:
  - message: 'Discovery failed for some groups, 1 failing: metrics.k8s.io/v1beta1: the server is currently unable to handle the request'
    reason: DiscoveryFailed
    status: "True"
    type: NamespaceDeletionDiscoveryFailure
"""
BARE = (
    "INFO starting\npanic: dial tcp 10.0.0.7:5432: connect: connection refused\n\ngoroutine 1 [running]:\nmain.main()\n"
)

# text, question, verdict, code of the first cause, and words of its message
CASES: dict[str, tuple[str, str, str, str, str]] = {
    "bracket prompt": (
        f"[root@host1 ~]# kubectl get pods -n shop\n{TABLE}[root@host1 ~]# kubectl logs api-7c9fd5b7d9-4xw2k -n shop\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "/data/store"),
    ),
    "PowerShell": (
        f"PS C:\\Users\\me> kubectl get pods -n shop\n{TABLE}PS C:\\Users\\me> kubectl logs api-7c9fd5b7d9-4xw2k -n shop\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "/data/store"),
    ),
    "logs -f": (
        f"$ kubectl get pods -n shop\n{TABLE}$ kubectl logs -f api-7c9fd5b7d9-4xw2k -n shop\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "/data/store"),
    ),
    "no namespace": (
        f"$ kubectl get pods\n{TABLE}$ kubectl logs api-7c9fd5b7d9-4xw2k\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "default/"),
    ),
    "namespace of the other command": (
        f"$ kubectl get pods -n shop\n{TABLE}$ kubectl logs api-7c9fd5b7d9-4xw2k --tail 20\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "shop/"),
    ),
    "logs of a workload": (
        f"$ oc get pods -n shop\n{TABLE}$ oc logs deploy/api -n shop\n{DENIED}",
        *("", "CONFIRMED", "K8S-904", "/data/store"),
    ),
    "bare log": (BARE, "why does api crash", "INCONCLUSIVE", "K8S-970", "cannot connect to 10.0.0.7:5432"),
    "JSON lines": (
        '{"level":"info","msg":"up"}\n{"level":"error","msg":"dial tcp 10.0.0.7:5432: connect: connection refused"}\n',
        *("", "INCONCLUSIVE", "K8S-970", "cannot connect to 10.0.0.7:5432"),
    ),
    "logfmt": (
        'time=2026-01-02T03:04:05Z level=info msg=up\ntime=2026-01-02T03:04:06Z level=fatal msg="license expired"\n',
        *("", "INCONCLUSIVE", "K8S-970", "license expired"),
    ),
    "log of a named pod alone": (
        "$ kubectl logs api-1 -n shop\nINFO starting\nFATAL: could not connect to server: Connection refused host=db port=5432\n",
        *("", "INCONCLUSIVE", "K8S-960", "Connection refused"),
    ),
    "journal": (JOURNAL, "", "CONFIRMED", "K8S-840", "the disk under etcd is too slow"),
    "dmesg": (
        "[12345.678901] Memory cgroup out of memory: Killed process 4321 (java) total-vm:8388608kB, anon-rss:7340032kB\n",
        *("", "CONFIRMED", "K8S-841", "java"),
    ),
    "events of a description": (EVENTS, "", "CONFIRMED", "K8S-770", "secret api-tls not found"),
    "event without heading beside a table": (
        '  Warning  Failed     5s (x3 over 52s)   kubelet   Failed to pull image "r.example/op:v2": rpc error: code = NotFound desc = failed to pull and unpack image "r.example/op:v2": no match for platform in manifest: not found\n'
        "$ kubectl get pods\nNAME                  READY   STATUS             RESTARTS   AGE\nop-7f5575c8dd-6gprn   0/1     ImagePullBackOff   0          5m33s\n",
        *("", "CONFIRMED", "K8S-118", "no manifest for the platform"),
    ),
    "refusal": (WEBHOOK, "", "CONFIRMED", "K8S-740", "ops/ops-webhook, port 443"),
    "YAML within prose": (
        f"My namespace does not go away:\n\n$ kubectl get ns metrics -o yaml\n{NAMESPACE}\nWhat can I do?\n",
        *("", "CONFIRMED", "K8S-663", "metrics.k8s.io"),
    ),
}


def diagnosed(*arguments: str, text: str | None = None) -> tuple[int, dict[str, Any]]:
    shown = CliRunner().invoke(app, ["diagnose", *arguments, "--json"], prog_name="midwatch", input=text)
    assert shown.stdout, shown.stderr
    return shown.exit_code, json.loads(shown.stdout)


def told(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["finding"]["code"], c["finding"]["message"]) for c in answer["diagnosis"]["causes"]]


@pytest.mark.parametrize("name", CASES)
def test_the_answer_to_a_paste(tmp_path: Path, name: str) -> None:
    text, question, verdict, code, words = CASES[name]
    file = tmp_path / "paste.txt"
    file.write_text(text)
    status, answer = diagnosed(*([question] if question else []), "--dump", str(file))
    assert (answer["verdict"], status) == (verdict, 1)
    (first, message), *_ = told(answer)
    assert first == code, told(answer)
    assert words in message


@pytest.mark.parametrize("name", ["bracket prompt", "bare log", "journal", "events of a description", "refusal"])
def test_standard_input_a_file_and_a_folder_are_the_same(tmp_path: Path, name: str) -> None:
    text, question, *_ = CASES[name]
    file = tmp_path / "standard input"
    file.write_text(text)
    words = [question] if question else []
    piped = diagnosed(*words, "--dump", "-", text=text)
    by_file, by_folder = diagnosed(*words, "--dump", str(file)), diagnosed(*words, "--dump", str(tmp_path))
    assert piped[0] == by_file[0] == by_folder[0] == 1
    assert told(piped[1]) == told(by_file[1]) == told(by_folder[1])


def test_two_events_are_two_answers(tmp_path: Path) -> None:
    file = tmp_path / "events.txt"
    file.write_text(
        "$ kubectl get events -n shop\n"
        "LAST SEEN   TYPE      REASON             OBJECT                       MESSAGE\n"
        '12s         Warning   FailedMount        pod/api-6d5f7c8b9-abcde      MountVolume.SetUp failed for volume "cfg" : configmap "api-config" not found\n'
        "40s         Warning   FailedScheduling   pod/worker-5d5f7c8b9-fghij   0/3 nodes are available: 3 Insufficient memory.\n"
    )
    _, answer = diagnosed("--dump", str(file))
    assert [code for code, _ in told(answer)] == ["K8S-770", "K8S-771"]


def test_what_is_not_understood_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "paste.txt"
    file.write_text(f"Hello, this is what I see:\n\n$ kubectl get pods -n shop\n{TABLE}\n%% x-y=1 || 77\n")
    shown = CliRunner().invoke(app, ["diagnose", "--dump", str(file)], prog_name="midwatch", env={"COLUMNS": "200"})
    assert "paste.txt line 7: 1 line from here not understood" in " ".join(shown.stdout.split())
    assert "line 1:" not in shown.stdout
