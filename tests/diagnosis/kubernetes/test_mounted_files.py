"""A file that is not found below a mount: the map, its keys, and the rollout that asked for the file."""

from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.analyzers import mounted_files
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import Finding
from tests.integrations.kubernetes.network_world import Thing, prove, thing
from tests.integrations.kubernetes.situation import evidence, findings

WHERE = ("shop", "api-new-1", "app")
MINE = ("K8S-943", "K8S-944", "K8S-945")
LOG = "fatal: open /etc/app/settings.yaml: no such file or directory\n"
MAP = thing("ConfigMap", "api", data={"config.yaml": "a", "limits.yaml": "b"})


def spec(volume: Thing | None, *, read: str, mount: Thing | None = None) -> Thing:
    container: Thing = {"name": "app", "image": "api:1", "command": ["/app", f"--config=/etc/app/{read}"]}
    container["volumeMounts"] = [{"name": "config", "mountPath": "/etc/app"} | (mount or {})] if volume else []
    return {"containers": [container], "volumes": [{"name": "config"} | volume] if volume else []}


def crashed(template: Thing) -> Thing:
    end = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-21T01:58:00Z"}}
    state: Thing = {"waiting": {"reason": "CrashLoopBackOff"}}
    one = {"name": "app", "ready": False, "restartCount": 5, "state": state, "lastState": end}
    status: dict[str, Any] = {"phase": "Running", "containerStatuses": [one], "startTime": "2026-11-21T01:40:00Z"}
    return thing("Pod", WHERE[1], owner="ReplicaSet/api-new", spec=template, status=status)


def release(template: Thing, number: int, name: str) -> Thing:
    made = {"annotations": {"deployment.kubernetes.io/revision": str(number)}}
    return thing("ReplicaSet", name, owner="Deployment/api", meta=made, spec={"template": {"spec": template}})


def rolled_out(old: Thing | None, new: Thing, *more: Thing, log: str = LOG) -> list[Finding]:
    objects = [crashed(new), thing("Deployment", "api"), release(new, 8, "api-new"), *more]
    objects += [release(old, 7, "api-old")] if old else []
    seen = evidence(objects, previous={WHERE: log})
    found = [f for f in findings(Cluster(seen)) if f.code in MINE]
    for one in found:
        prove(seen, one)
    return found


MOUNTED: Thing = {"configMap": {"name": "api"}}


def test_the_key_the_map_and_the_rollout_are_named() -> None:
    (found,) = rolled_out(spec(MOUNTED, read="config.yaml"), spec(MOUNTED, read="settings.yaml"), MAP)
    assert found.code == "K8S-943"
    assert (
        "ConfigMap api mounted at /etc/app has no key settings.yaml (keys: config.yaml, limits.yaml)" in found.message
    )
    assert "revision 8 (2026-11-20 22:00 UTC) changed from revision 7, which read config.yaml: command" in found.message


def test_the_map_of_the_revision_before_is_named() -> None:
    before = spec({"configMap": {"name": "api-7"}}, read="settings.yaml")
    (found,) = rolled_out(before, spec(MOUNTED, read="settings.yaml"), MAP)
    assert "which mounted ConfigMap api-7: volumes changed" in found.message


def test_without_a_rollout_the_map_is_the_cause() -> None:
    (found,) = rolled_out(None, spec(MOUNTED, read="settings.yaml"), MAP)
    assert found.code == "K8S-944" and "revision" not in found.message


def test_a_mount_that_a_rollout_removed() -> None:
    (found,) = rolled_out(spec(MOUNTED, read="settings.yaml"), spec(None, read="settings.yaml"), MAP)
    assert found.code == "K8S-945"
    assert "revision 7 mounted ConfigMap api at /etc/app, revision 8" in found.message


@pytest.mark.parametrize(
    ("volume", "mount", "expected"),
    [
        ({"configMap": {"name": "api", "items": [{"key": "config.yaml", "path": "settings.yaml"}]}}, {}, []),
        ({"configMap": {"name": "api", "items": [{"key": "config.yaml", "path": "other.yaml"}]}}, {}, ["K8S-944"]),
        (MOUNTED, {"mountPath": "/etc/app/settings.yaml", "subPath": "config.yaml"}, []),
        (MOUNTED, {"mountPath": "/etc/app/settings.yaml", "subPath": "settings.yaml"}, ["K8S-944"]),
        (MOUNTED, {"mountPath": "/etc/application"}, []),
        (MOUNTED, {"mountPath": "/"}, ["K8S-944"]),
        ({"projected": {"sources": [MOUNTED]}}, {}, ["K8S-944"]),
        ({"projected": {"sources": [MOUNTED, {"configMap": {"name": "two"}}]}}, {}, []),
        ({"emptyDir": {}}, {}, []),
        ({"secret": {"secretName": "api"}}, {}, []),
    ],
)
def test_only_what_the_mount_shows_is_missing(volume: Thing, mount: Thing, expected: list[str]) -> None:
    found = rolled_out(None, spec(volume, read="settings.yaml", mount=mount), MAP)
    assert [f.code for f in found] == expected


def test_a_key_that_is_there_is_not_missing() -> None:
    held = thing("ConfigMap", "api", data={"settings.yaml": "a"})
    assert rolled_out(None, spec(MOUNTED, read="settings.yaml"), held) == []


def test_unread_keys_are_asked_for_once_and_nothing_is_claimed() -> None:
    objects = [crashed(spec(MOUNTED, read="settings.yaml")), thing("ConfigMap", "api")]
    seen = Cluster(evidence(objects, previous={WHERE: LOG}))
    assert [f for f in findings(seen) if f.code in MINE] == []
    (ask,) = mounted_files.asks(seen)
    assert ask.arguments == {"resource": "configmaps", "namespace": "shop", "fields": "metadata.name=api"}
    assert list(mounted_files.asks(Cluster(evidence([*objects[:1], MAP], previous={WHERE: LOG})))) == []
