"""Every printed command that names a workload, tried with the real kubectl for each kind of owner: the fake server
refuses each change, so what kubectl itself refuses is the only other complaint."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midwatch.analysis.commands import command
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.kubernetes.kubectl import owner_facts
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig

_MISSING = "kubectl is not on PATH (apt-get install -y --no-install-recommends kubernetes-client)"
pytestmark = [
    pytest.mark.components,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason=_MISSING),
]
_VERSIONS = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")
_PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")
# An opened editor, and a workload without an earlier revision, are no refusals.
_REFUSED = re.compile(
    r"no rollbacker|no restarter|no history viewer|no status viewer|unable to find (?:pod )?template|selector for|"
    r"unknown (?:flag|command|shorthand)|the server doesn't have a resource type|invalid (?:argument|value)|"
    r"could not find|isn't (?:supported|implemented)|no kind is registered|is not supported|must be specified|"
    r"cannot (?:be handled|get the logs)|does not support|no resources found to|"
    r"^error: (?!.*forbidden|no rollout history|no last revision|.* is invalid$|Edit cancelled)",
    re.MULTILINE,
)


def workload(kind: str) -> dict[str, Any]:
    labels = {"app": "web"}
    spec: dict[str, Any] = {"containers": [{"name": "app", "image": "r.example/web:1"}], "restartPolicy": "Always"}
    template: dict[str, Any] = {"metadata": {"labels": labels}, "spec": spec}
    specs: dict[str, Any] = {
        "Pod": spec,
        "Job": {"template": template},
        "CronJob": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}},
    }
    rest = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": _VERSIONS.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "uid": f"uid-{kind}", "labels": labels},
        "spec": specs.get(kind, rest),
        "status": {},
    }


def commands(kind: str) -> list[str]:
    """What is printed for a pod of a workload of that kind; one for each shape."""
    owner, pod = (Subject(kind=k, name="web", namespace="shop") for k in (kind, "Pod"))
    facts = owner_facts(pod, owner) | {
        **{"owner": f"{kind.lower()}/web", "owner_name": "web", "namespace": "shop", "pod": "web", "name": "web"},
        **{"container": "app", "resource": "cpu", "variable": "MODE", "setting": "MODE", "service": "web"},
        **{"value": "1", "room": "1", "probe": "liveness", "kind": kind.lower()},
    }
    found: dict[str, str] = {}
    for code in CODES.values():
        for text in (*code.check, *code.fix):
            fitting = {"owner", *owner_facts(pod, owner)} & set(_PLACE.findall(text.partition("#")[0]))
            said = command(text, facts).partition("#")[0].strip()
            if fitting and said.startswith("kubectl "):
                found.setdefault(re.sub(r"\d", "0", said), said)
    return [re.sub(r"\b(?:FEWER|MORE|LESS|N|NUMBER_OF_NODES|LIMIT|REQUEST|AMOUNT)\b", "1", c) for c in found.values()]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder: Path = tmp_path_factory.mktemp("kubectl")
    cluster = FakeCluster()
    cluster.add(*(workload(kind) for kind in KINDS))
    with serve(cluster) as url:
        yield write_kubeconfig(folder / "config", url, namespace="shop")


def run(words: list[str], config: Path) -> str:
    own = ["kubectl", "--kubeconfig", str(config), "--cache-dir", str(config.parent / "cache"), *words[1:]]
    env = {"HOME": str(config.parent), "PATH": os.environ["PATH"], "EDITOR": "true", "TMPDIR": str(config.parent)}
    done = subprocess.run(own, capture_output=True, text=True, timeout=60, env=env)
    return done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_takes_every_command_that_is_printed_for_this_kind(kind: str, config: Path) -> None:
    refused = {}
    tried = commands(kind)
    for text in tried:
        said = run(shlex.split(text), config)
        if _REFUSED.search(said):
            refused[text] = said
    assert refused == {}
    assert len(tried) >= 3


def test_kubectl_refuses_what_the_table_forbids(config: Path) -> None:
    """The test itself sees a refusal when there is one."""
    for kind in ("replicaset", "pod", "job", "cronjob"):
        assert _REFUSED.search(run(["kubectl", "rollout", "undo", f"{kind}/web"], config)), kind
        assert _REFUSED.search(run(["kubectl", "rollout", "restart", f"{kind}/web"], config)), kind
