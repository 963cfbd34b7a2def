"""Outputs as people paste them, and what may stand around them: prompts, fences, quotes, prose."""
# ruff: noqa: E501 (kubectl's lines are as wide as they are)

from collections import Counter
from dataclasses import dataclass

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.text.parse_result import key


@dataclass(frozen=True)
class Output:
    """`command` is "" for what stands by itself."""

    command: str
    printed: str


OUTPUTS = (
    Output(
        "get pods -n shop",
        "NAME                   READY   STATUS             RESTARTS   AGE\napi-7c9fd5b7d9-4xw2k   0/1     CrashLoopBackOff   6          8m\n",
    ),
    Output(
        "get po -n cache -o wide",
        "NAME      READY   STATUS    RESTARTS       AGE   IP           NODE   NOMINATED NODE   READINESS GATES\nredis-0   1/1     Running   1 (3h2m ago)   5d    10.42.0.14   w-1    <none>           <none>\n",
    ),
    Output("logs -f api-7c9fd5b7d9-4xw2k -n shop", "starting\nError: EACCES: permission denied, mkdir '/data/store'\n"),
    Output(
        "logs worker-5d5f7c8b9-fghij --previous -c app -n jobs",
        '{"level":"info","msg":"up"}\n{"level":"error","msg":"dial tcp 10.0.0.9:6379: connect: connection refused"}\n',
    ),
    Output(
        "logs deploy/web -n shop",
        'Found 2 pods, using pod/web-6b8d7f9c5b-9x2lm\ntime=2026-01-02T03:04:05Z level=error msg="pool exhausted"\n',
    ),
    Output(
        "get events -n jobs",
        "LAST SEEN   TYPE      REASON             OBJECT                       MESSAGE\n40s         Warning   FailedScheduling   pod/worker-5d5f7c8b9-fghij   0/3 nodes are available: 3 Insufficient memory.\n",
    ),
    Output(
        "describe pod db-0 -n data",
        """\
Name:             db-0
Namespace:        data
Priority:         0
Node:             w-2/10.1.1.2
Labels:           app=db
Status:           Running
Containers:
  db:
    Image:          db:1
    State:          Waiting
      Reason:       CrashLoopBackOff
    Ready:          False
    Restart Count:  9
QoS Class:        BestEffort
Events:
  Type     Reason   Age                  From     Message
  ----     ------   ----                 ----     -------
  Warning  BackOff  10s (x40 over 10m)   kubelet  Back-off restarting failed container
""",
    ),
    Output(
        "get svc -A",
        "NAMESPACE   NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\nshop        web    ClusterIP   10.0.0.1     <none>        80/TCP    5d\n",
    ),
    Output(
        "get ns metrics -o yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: metrics\nspec:\n  finalizers: [kubernetes]\nstatus:\n  phase: Terminating\n",
    ),
    Output(
        "get cm settings -n shop -o json",
        '{\n    "apiVersion": "v1",\n    "kind": "ConfigMap",\n    "metadata": {\n        "name": "settings",\n        "namespace": "shop"\n    }\n}\n',
    ),
    Output(
        "apply -f dep.yaml -n shop",
        'Error from server (InternalError): error when creating "dep.yaml": Internal error occurred: failed calling webhook "m.ops.example": failed to call webhook: Post "https://ops-webhook.ops.svc:443/mutate?timeout=10s": context deadline exceeded\n',
    ),
    Output("get quota -n empty", "No resources found in empty namespace.\n"),
    Output(
        "top nodes",
        "NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\nw-1    250m         12%    1900Mi          49%\n",
    ),
    Output(
        "",
        """\
Events:
  Type     Reason       Age               From               Message
  ----     ------       ----              ----               -------
  Normal   Scheduled    9m                default-scheduler  Successfully assigned tls/front-6d5f7c8b9-abcde to w-1
  Warning  FailedMount  12s (x9 over 9m)  kubelet            MountVolume.SetUp failed for volume "cfg" : secret "api-tls" not found
""",
    ),
    Output(
        "",
        'Jan 25 06:42:36 srv1 k3s[218]: {"level":"warn","msg":"slow fdatasync","took":"7.454439372s","expected-duration":"1s"}\nJan 25 06:42:42 srv1 systemd[1]: k3s.service: Main process exited, code=exited, status=255/EXCEPTION\n',
    ),
)
PROMPTS = (
    "$ kubectl {}",
    "# kubectl {}",
    "[root@host1 ~]# kubectl {}",
    "user@host:~/x$ kubectl {}",
    "(venv) user@host:~$ kubectl {}",
    "PS C:\\Users\\me> kubectl {}",
    "❯ kubectl {}",
    "➜  ~ kubectl {}",
    "➜  app git:(main) ✗ kubectl {}",
    "user@mac ~ % kubectl {}",
    "1. kubectl {}",
    "2) $ kubectl {}",
    "- `kubectl {}`",
    "+ kubectl {}",
    "=== kubectl {} ===",
    "**kubectl {}**",
    "### kubectl {}",
    "> kubectl {}",
    "kubectl {}",
    "kubectl {}:",
    "`kubectl {}`:",
    "$ sudo microk8s kubectl {}",
    "$ microk8s.kubectl {}",
    "$ k3s kubectl {}",
    "$ minikube kubectl -- {}",
    "$ oc {}",
    "$ k {}",
    "$ KUBECONFIG=/etc/k.yaml kubectl {}",
    "Output of `kubectl {}`:",
    "Here is kubectl {}:",
    "$ /usr/local/bin/kubectl {}",
    "C:\\> kubectl.exe {}",
)
PROSE = (
    "",
    "Hello, my cluster does not work since yesterday and I have no idea why.",
    "I tried this as well:",
    "Any help is welcome, thanks!",
    "So it looks like this now, which I do not understand at all.",
)


def written(output: Output, prompt: str, around: str) -> str:
    """`around`: plain, fence (of both), below (only the output), quote, indent."""
    command = prompt.format(output.command) if output.command else ""
    whole = f"{command}\n{output.printed}" if command else output.printed
    if around == "fence":
        return f"```console\n{whole}```\n"
    if around == "below":
        return (f"{command}\n" if command else "") + f"```\n{output.printed}```\n"
    if around == "quote":
        return "".join(f"> {line}\n" for line in whole.splitlines())
    if around == "indent":
        return "".join(f"    {line}\n" for line in whole.splitlines())
    return whole


def facts(content: str) -> Counter[str]:
    """What a text says, without the places where it says it."""
    parsed = text.read(content, name="paste.txt", now=None)
    if parsed is None:
        return Counter(_log(log) for log in text.read_other(content, name="paste.txt").loose)
    found = Counter(
        f"{obj.get('message', '')}" if obj["kind"] == "CommandError" else str(obj) for obj in parsed.objects
    )
    found.update(f"document {' '.join(block.split())}" for _, block in parsed.documents)
    found.update(_log(log) for log in (*parsed.logs, *parsed.loose))
    found.update(f"list {item}" for item in (*parsed.lists, *parsed.named))
    found.update(f"row {key(obj)}" for obj in parsed.objects if key(obj) in parsed.rows)
    return found


def _log(log: text.ParsedLog) -> str:
    return str((log.about, log.namespace, log.pod, log.container, log.previous, log.text))
