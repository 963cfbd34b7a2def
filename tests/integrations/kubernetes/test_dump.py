"""A dump answers like the cluster it was taken from, and never claims more than it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.dump import DumpReader, open_dump
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Event, Secret
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import Deployment
from midwatch.integrations.kubernetes.reader import Listing, ListRequest, Refused

Json = dict[str, Any]


def dump(folder: Path, **files: str | Json) -> DumpReader:
    """Writes `a__b_json="…"` as a/b.json."""
    for name, content in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return open_dump(str(folder))


def pod(name: str = "web-1", namespace: str = "shop", **more: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"u-{name}"},
        **more,
    }


def listed(kind: str, *items: Json) -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"resourceVersion": ""}, "items": list(items)}


async def ask(reader: DumpReader, plural: str, namespace: str = "", **more: Any) -> Listing:
    return await reader.list(ListRequest(plural, namespace, **more))


def names(listing: Listing) -> list[str]:
    return [item.name for item in listing.items]


def only(listing: Listing) -> Object:
    assert len(listing.items) == 1, names(listing)
    return listing.items[0]


async def test_a_list_is_the_whole_of_its_namespace(tmp_path: Path) -> None:
    reader = dump(tmp_path, shop__pods_json=listed("PodList", pod("a"), pod("b")))
    found = await ask(reader, "pods", "shop")
    assert (names(found), found.partial, found.query) == (["a", "b"], "", "file shop/pods.json")
    assert isinstance(found.items[0], Pod)
    assert (await ask(reader, "pods")).partial == "only namespace shop"
    with pytest.raises(Refused, match="holds no pods of namespace other") as refused:
        await ask(reader, "pods", "other")
    assert not refused.value.absent


async def test_single_objects_prove_no_absence(tmp_path: Path) -> None:
    reader = dump(tmp_path, a_yaml=json.dumps(pod("a")), b_yaml=json.dumps(pod("b")))
    found = await ask(reader, "pods", "shop")
    assert found.partial == "only the 2 pods saved in the dump"
    assert found.query == "2 files: a.yaml, b.yaml"
    with pytest.raises(Refused, match="the dump holds no networkpolicies") as refused:
        await ask(reader, "networkpolicies", "shop")
    assert not refused.value.absent


@pytest.mark.parametrize("kind", ["List", "NetworkPolicyList"])
async def test_an_empty_list_is_complete_and_empty(tmp_path: Path, kind: str) -> None:
    reader = dump(
        tmp_path,
        pods_json=listed("List", pod()),
        networkpolicies_json=listed(kind) | {"apiVersion": "networking.k8s.io/v1"},
    )
    found = await ask(reader, "networkpolicies", "shop")
    assert (names(found), found.partial) == ([], "")


async def test_an_empty_list_among_several_namespaces_proves_nothing(tmp_path: Path) -> None:
    reader = dump(tmp_path, a_json=pod("a", "shop"), b_json=pod("b", "web"), netpol_json=listed("List"))
    with pytest.raises(Refused):
        await ask(reader, "networkpolicies", "shop")


async def test_a_list_over_several_namespaces_is_of_all(tmp_path: Path) -> None:
    reader = dump(tmp_path, pods_json=listed("List", pod("a", "shop"), pod("b", "web")), svc_json=listed("List"))
    assert (await ask(reader, "pods", "third")).partial == ""
    assert names(await ask(reader, "services", "third")) == []


async def test_namespaces_one_by_one_are_all_when_the_dump_lists_the_namespaces(tmp_path: Path) -> None:
    both: list[Json] = [{"kind": "Namespace", "metadata": {"name": n}} for n in ("shop", "web")]
    shop, web = listed("PodList", pod("a", "shop")), listed("PodList", pod("b", "web"))
    reader = dump(tmp_path, namespaces_json=listed("NamespaceList", *both), shop__pods_json=shop, web__pods_json=web)
    found = await ask(reader, "pods")
    assert (names(found), found.partial, reader.namespaces) == (["a", "b"], "", ("shop", "web"))


async def test_a_page_of_a_list_is_not_the_list(tmp_path: Path) -> None:
    page = listed("PodList", pod("a")) | {"metadata": {"continue": "abc"}}
    assert "only the 1 Pod" in (await ask(dump(tmp_path, p_json=page), "pods", "shop")).partial


async def test_items_take_their_kind_from_the_list(tmp_path: Path) -> None:
    item = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3}}
    reader = dump(tmp_path, d_json=listed("DeploymentList", item) | {"apiVersion": "apps/v1"})
    found = only(await ask(reader, "deployments", "shop"))
    assert isinstance(found, Deployment)
    assert found.desired_replicas == 3


async def test_yaml_documents_anchors_tabs_and_duplicate_keys(tmp_path: Path) -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: &meta
  name: a
  name: b
  namespace: shop
  labels: {on: yes, version: 1.20}
status:
\tphase: Running
---
apiVersion: v1
kind: ConfigMap
metadata:
  <<: *nothing
---
apiVersion: v1
kind: ConfigMap
metadata: &shared {name: settings, namespace: shop, creationTimestamp: 2026-11-21T01:00:00Z}
data: {8080: web, "date": 2026-11-21}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: web, namespace: shop, creationTimestamp: 2026-11-21 01:00:00}
spec: {replicas: "2", template: null, paused: null}
"""
    reader = dump(tmp_path, all_yaml=text)
    found = only(await ask(reader, "pods"))
    assert (found.name, found.labels) == ("b", {"true": "true", "version": "1.2"})
    settings = only(await ask(reader, "configmaps"))
    assert isinstance(settings, ConfigMap)
    assert settings.data == {"8080": "web", "date": "2026-11-21"}
    web = only(await ask(reader, "deployments"))
    assert isinstance(web, Deployment)
    assert web.desired_replicas == 2
    assert web.metadata.creation_timestamp is not None
    assert web.metadata.creation_timestamp.tzinfo is not None
    (problem,) = (await reader.version()).unreadable
    assert (problem.file, problem.line) == ("all.yaml", 15)
    assert problem.reason.startswith("broken YAML: found undefined alias")


async def test_one_bad_field_does_not_lose_the_object(tmp_path: Path) -> None:
    spec = {
        "nodeName": ["x"],
        "containers": [{"name": "app", "image": "i", "ports": [{"containerPort": "web"}], "resources": None}],
    }
    labels = {"a": 1, "b": None, "c": {"d": 1}}
    metadata = {"name": "web", "namespace": "shop", "uid": "u", "creationTimestamp": "yesterday", "labels": labels}
    reader = dump(
        tmp_path, p_json={"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": None}
    )
    found = only(await ask(reader, "pods", "shop"))
    assert isinstance(found, Pod)
    assert (found.spec.containers[0].image, found.labels) == ("i", {"a": "1"})
    reasons = [u.reason for u in (await reader.version()).unreadable]
    assert len(reasons) == 4
    assert "Pod web: spec.nodeName: expected str | null, got array, left out" in reasons


async def test_broken_files_cost_only_themselves(tmp_path: Path) -> None:
    good = json.dumps(pod("good"))
    whole = json.dumps(listed("PodList", pod("one"), pod("two")), indent=1)
    files = {
        "good_json": good,
        "cut_json": whole[: whole.index("u-two")],
        "cut_yaml": "apiVersion: v1\nitems:\n- kind: Pod\n  metadata: {name: three, namespace: shop}\n- kind: Pod\n  "
        "metadata: {name: 'fo",
        "crd_yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {a: 1}\n",
        "values_yaml": "image: web\nreplicas: 2\n",
        "notes_md": "# nothing here",
    }
    reader = dump(tmp_path, **files)
    (tmp_path / "junk.dat").write_bytes(bytes(range(256)))
    (tmp_path / "latin.json").write_bytes(json.dumps(pod("caf\u00e9", uid="x"), ensure_ascii=False).encode("latin-1"))
    reader = open_dump(str(tmp_path))
    found = await ask(reader, "pods", "shop")
    assert names(found) == ["caf\ufffd", "good", "one", "three"]
    assert found.partial == "only the 4 pods saved in the dump"
    assert sorted(u.file for u in (await reader.version()).unreadable) == [
        "cut.json",
        "cut.yaml",
        "junk.dat",
        "latin.json",
    ]


async def test_json_lines_and_concatenated_json(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(pod(n)) for n in "abc")
    pretty = json.dumps(pod("d"), indent=2) + "\n{ broken\n" + json.dumps(pod("e"), indent=2)
    reader = dump(tmp_path, l_jsonl=lines, p_json=pretty)
    assert names(await ask(reader, "pods")) == list("abcde")
    assert [(u.file, u.line) for u in (await reader.version()).unreadable] == [("p.json", 10)]


async def test_secrets_never_get_past_reading(tmp_path: Path) -> None:
    copy = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"aHVudGVyMg=="}}', "team": "shop"}
    metadata = {"name": "db", "namespace": "shop", "annotations": copy, "managedFields": [{"manager": "hunter2"}]}
    secret = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": metadata,
        "data": {"password": "aHVudGVyMg=="},
        "stringData": {"pin": "hunter2"},
    }
    reader = dump(
        tmp_path,
        s_yaml=json.dumps(secret),
        l_json=listed("SecretList", secret | {"metadata": metadata | {"name": "two"}}),
    )
    for found in (await ask(reader, "secrets")).items:
        assert isinstance(found, Secret)
        assert found.data == {"password": "", "pin": ""}
        assert found.annotations == {"team": "shop"}


async def test_names_only_has_key_names_and_no_values(tmp_path: Path) -> None:
    config = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "c", "namespace": "shop"},
        "data": {"url": "x"},
    }
    found = only(await ask(dump(tmp_path, c_json=config), "configmaps", "shop", names_only=True))
    assert isinstance(found, ConfigMap)
    assert found.data == {"url": ""}


async def test_answers_are_copies(tmp_path: Path) -> None:
    reader = dump(tmp_path, p_json=pod("a"))
    only(await ask(reader, "pods")).metadata.name = "changed"
    assert names(await ask(reader, "pods")) == ["a"]


async def test_the_fuller_source_wins_and_the_others_fill(tmp_path: Path) -> None:
    reader = dump(
        tmp_path,
        a_json=pod("a", spec={"nodeName": "n1", "containers": [{"name": "app"}]}) | {"status": {"phase": "Pending"}},
        b_yaml="kind: Pod\nmetadata: {name: a, namespace: shop, labels: {app: web}}\nspec:\n  containers: [{name: "
        "app, image: 'web:1'}]\n",
        get_txt="NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\nshop        a      1/1     Running   0         "
        " 5m\n",
    )
    found = only(await ask(reader, "pods", "shop"))
    assert isinstance(found, Pod)
    assert (found.spec.node_name, found.spec.containers[0].image, found.labels) == ("n1", "web:1", {"app": "web"})
    assert found.status.phase == "Pending"


async def test_the_later_of_two_states_counts(tmp_path: Path) -> None:
    def seen(version: str, data: Json) -> Json:
        return {
            "kind": "ConfigMap",
            "metadata": {"name": "c", "namespace": "shop", "resourceVersion": version},
            "data": data,
        }

    reader = dump(tmp_path, a_json=seen("9", {"old": "1", "both": "1"}), b_json=seen("10", {"both": "2"}))
    found = only(await ask(reader, "configmaps"))
    assert isinstance(found, ConfigMap)
    assert found.data == {"both": "2"}


async def test_printed_and_saved_events_are_the_same_events(tmp_path: Path) -> None:
    about = {"kind": "Pod", "name": "a", "namespace": "shop"}
    said = {"type": "Warning", "reason": "BackOff", "count": 4, "lastTimestamp": "2026-11-21T01:00:00Z"}
    event = {
        "kind": "Event",
        "metadata": {"name": "a.1", "namespace": "shop", "uid": "e"},
        "involvedObject": about,
        "message": "Back-off",
        **said,
    }
    row = (
        "NAMESPACE   LAST SEEN   TYPE      REASON    OBJECT   MESSAGE\nshop        2m          Warning   BackOff   "
        "pod/a    Back-off\n"
    )
    reader = dump(tmp_path, shop__events_json=listed("EventList", event), printed_txt=row)
    found = only(await ask(reader, "events", "shop"))
    assert isinstance(found, Event)
    assert (found.name, found.count) == ("a.1", 4)


async def test_the_newer_event_api_tells_the_same(tmp_path: Path) -> None:
    event = {
        **{
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": "e", "namespace": "shop"},
            "note": "gone",
            "deprecatedCount": 2,
        },
        **{
            "regarding": {"kind": "Pod", "name": "a", "namespace": "shop"},
            "reason": "Killing",
            "eventTime": "2026-11-21T01:00:00.000001Z",
        },
    }
    found = only(await ask(dump(tmp_path, e_json=event), "events", fields="involvedObject.name=a,reason==Killing"))
    assert isinstance(found, Event)
    assert (found.message, found.count, found.involved_object.kind) == ("gone", 2, "Pod")


async def test_a_kind_of_another_group_is_another_kind(tmp_path: Path) -> None:
    knative = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "shop"},
    }
    reader = dump(tmp_path, s_json=knative, p_json=pod())
    with pytest.raises(Refused):
        await ask(reader, "services")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        *(
            ("app=web", "ab"),
            ("app==web,tier=db", "b"),
            ("app!=web", "cd"),
            ("tier", "bc"),
            ("!tier", "ad"),
            ("", "abcd"),
        ),
        *(("app in (web, api),tier", "bc"), ("tier notin (db)", "ad"), ("app in (web),app notin (web)", "")),
    ],
)
async def test_label_selectors(tmp_path: Path, labels: str, expected: str) -> None:
    owned = {"a": {"app": "web"}, "b": {"app": "web", "tier": "db"}, "c": {"app": "api", "tier": "db"}, "d": {}}
    items = [pod(n) | {"metadata": {"name": n, "namespace": "shop", "labels": of}} for n, of in owned.items()]
    assert (
        "".join(names(await ask(dump(tmp_path, p_json=listed("PodList", *items)), "pods", "shop", labels=labels)))
        == expected
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("metadata.name=a", "a"),
        ("status.phase!=Running", "b"),
        ("spec.nodeName==n1,metadata.namespace=shop", "a"),
        ("spec.nodeName=", "b"),
    ],
)
async def test_field_selectors(tmp_path: Path, fields: str, expected: str) -> None:
    first = pod("a", spec={"nodeName": "n1"}, status={"phase": "Running"})
    reader = dump(tmp_path, p_json=listed("PodList", first, pod("b", status={"phase": "Failed"})))
    found = await ask(reader, "pods", "shop", fields=fields)
    assert "".join(names(found)) == expected
    assert found.query == f"file p.json (fields {fields})"


@pytest.mark.parametrize(
    "request_", [ListRequest("pods", labels="a in b"), ListRequest("pods", fields="spec.x=1"), ListRequest("gnomes")]
)
async def test_a_question_that_cannot_be_understood_is_refused(tmp_path: Path, request_: ListRequest) -> None:
    with pytest.raises(Refused):
        await dump(tmp_path, p_json=pod()).list(request_)


async def test_objects_without_a_namespace_are_placed(tmp_path: Path) -> None:
    bare = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "web"}}
    reader = dump(tmp_path, p_json=pod("a"), s_json=bare)
    assert names(await ask(reader, "services", "shop")) == ["web"]


async def test_a_manifest_is_no_whole_list(tmp_path: Path) -> None:
    manifest = {
        "kind": "List",
        "apiVersion": "v1",
        "items": [{"kind": "Service", "apiVersion": "v1", "metadata": {"name": "a", "namespace": "shop"}}],
    }
    assert (
        await ask(dump(tmp_path, m_json=manifest), "services", "shop")
    ).partial == "only the 1 Service saved in the dump"


@pytest.mark.parametrize(
    ("name", "namespace", "partial"),
    [
        ("kubectl get pods -n shop -o json.json", "shop", ""),
        ("kubectl get pods -A -o json.json", "other", ""),
        ("kubectl get pods -n shop -l app=web -o json.json", "shop", "only the 1 Pod saved in the dump"),
    ],
)
async def test_the_command_in_a_files_name_says_what_is_whole(
    tmp_path: Path, name: str, namespace: str, partial: str
) -> None:
    (tmp_path / name).write_text(json.dumps(listed("List", pod("a"))))
    assert (await ask(open_dump(str(tmp_path)), "pods", namespace)).partial == partial
