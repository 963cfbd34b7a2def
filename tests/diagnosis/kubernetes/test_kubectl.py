"""No command is printed that kubectl refuses for the kind of object it names."""

import re

import pytest

from midwatch.analysis.commands import command
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.kubernetes.kubectl import FACTS, VERBS, owner_facts
from midwatch.domain.subject import Subject

PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod")
TEMPLATES = [
    (code, text) for code in CODES for text in (*CODES[code].check, *CODES[code].fix) if text.startswith("kubectl ")
]
_VERB = re.compile(r"kubectl (rollout [a-z]+|set [a-z]+|replace --force|[a-z-]+)")


def verb(text: str) -> str:
    match = _VERB.match(text)
    assert match
    return f"{match[1]} --list" if match[1] == "set env" and text.endswith("--list") else match[1]


def printed(text: str, kind: str) -> str:
    """The command for a workload of that kind, all other facts known."""
    owner = Subject(kind=kind, name="web", namespace="shop")
    pod = Subject(kind="Pod", name="web-1", namespace="shop")
    facts = dict.fromkeys(PLACE.findall(text), "x") | {"owner": f"{kind.lower()}/web"}
    for fact in (*FACTS.values(), "editable", "pod_spec", "manifest_node", "cordoned"):
        facts.pop(fact, None)
    return command(text, facts | owner_facts(pod, owner))


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_is_printed_only_for_kinds_that_its_verb_takes(kind: str) -> None:
    tried = 0
    for code, text in TEMPLATES:
        said = printed(text, kind)
        if said and f"{kind.lower()}/web" in said.partition("#")[0] and verb(text) in VERBS:
            tried += 1
            assert kind in VERBS[verb(text)], f"{code}: {said}"
    assert tried > 0


@pytest.mark.parametrize(("code", "text"), TEMPLATES)
def test_a_command_that_changes_a_workload_says_which_kinds_it_is_for(code: str, text: str) -> None:
    name = verb(text)
    if name in VERBS:
        assert "{owner}" not in text.partition("#")[0], f"{code}: {text}"
    assert not (name == "edit" and "{owner}" in text), f"{code}: use {{editable}}"


@pytest.mark.parametrize(
    ("kind", "fixes"),
    [
        ("Deployment", ["kubectl set image deployment/web -n shop app=IMAGE",
                        "kubectl rollout undo deployment/web -n shop"]),
        ("CronJob", ["kubectl set image cronjob/web -n shop app=IMAGE"]),
        ("Pod", ["kubectl set image pod/web -n shop app=IMAGE",
                 "kubectl replace --force -f MANIFEST -n shop  # corrected manifest of pod/web"]),
        ("Job", ["kubectl replace --force -f MANIFEST -n shop  # corrected manifest of job/web"]),
        ("ReplicaSet", ["kubectl replace --force -f MANIFEST -n shop  # corrected manifest of replicaset/web"]),
        ("Node", ["ssh web ls /etc/kubernetes/manifests  # static pod: correct its manifest there"]),
    ],
)  # fmt: skip
def test_the_fix_of_an_image_for_each_owner(kind: str, fixes: list[str]) -> None:
    owner, pod = (Subject(kind=k, name="web", namespace="shop") for k in (kind, "Pod"))
    facts = owner_facts(pod, owner) | {"namespace": "shop", "container": "app"}
    assert [said for text in CODES["K8S-110"].fix if (said := command(text, facts))] == fixes
