"""Lists of the fake server: selectors, pages, and the other forms an answer can have."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.integrations.kubernetes.fake import FakeCluster, load
from midwatch.integrations.kubernetes.fake.printing import duration
from midwatch.integrations.kubernetes.fake.queries import decode_continue, encode_continue, label_test
from midwatch.integrations.kubernetes.fake.statuses import FakeFailure
from midwatch.integrations.kubernetes.objects.meta import Expression
from midwatch.integrations.kubernetes.objects.selectors import matches_expression
from tests.integrations.kubernetes.fake_asking import TABLE, ask, pod

Serve = Callable[[FakeCluster], str]
_WORDS = st.sampled_from(["a", "b-1", "c.d/e", "12", "7"])


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("", ["api", "db", "web"]),
        ("app=web", ["web"]),
        ("app==web,tier=front", ["web"]),
        ("app!=web", ["api", "db"]),
        ("app in (web, api)", ["api", "web"]),
        ("app notin (web,api)", ["db"]),
        ("tier", ["api", "web"]),
        ("!tier", ["db"]),
        ("tier,app!=api", ["web"]),
        ("size>3", ["web"]),
        ("size<4", ["api"]),
        ("app in ()", []),
        ("size=", []),
    ],
)
def test_label_selectors(fake: Serve, selector: str, names: list[str]) -> None:
    cluster = load(
        [
            pod("web", labels={"app": "web", "tier": "front", "size": "4"}),
            pod("api", labels={"app": "api", "tier": "back", "size": "3"}),
            pod("db", labels={"app": "db"}),
        ]
    )
    assert ask(fake(cluster), "/api/v1/namespaces/shop/pods", labelSelector=selector).names == names


@given(
    st.dictionaries(_WORDS, _WORDS),
    _WORDS,
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(_WORDS, min_size=1),
)
def test_a_selector_in_words_means_what_it_means_in_an_object(
    labels: dict[str, str], key: str, operator: str, values: list[str]
) -> None:
    listed = f"({','.join(values)})"
    text = {"In": f"{key} in {listed}", "NotIn": f"{key} notin {listed}", "Exists": key, "DoesNotExist": f"!{key}"}[
        operator
    ]
    assert label_test(text)(labels) == matches_expression(Expression(key=key, operator=operator, values=values), labels)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_bad_request(text: str) -> None:
    try:
        label_test(text)({})
    except FakeFailure as failure:
        assert failure.code == 400


@pytest.mark.parametrize("text", ["a in", "a in b", "a=b=c", "a b", "(", ",", "a,", "a in (b c)", "a>x"])
def test_a_selector_that_cannot_be_read(fake: Serve, text: str) -> None:
    assert ask(fake(FakeCluster()), "/api/v1/pods", labelSelector=text).json["reason"] == "BadRequest"


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=web", ["web"]),
        ("status.phase!=Running", ["old"]),
        ("spec.nodeName=n2", ["db"]),
        ("spec.nodeName=n1,status.phase==Running", ["web"]),
        ("metadata.namespace=elsewhere", []),
    ],
)
def test_field_selectors(fake: Serve, selector: str, names: list[str]) -> None:
    cluster = load([pod("web"), pod("old", phase="Succeeded"), pod("db", node="n2")])
    assert sorted(ask(fake(cluster), "/api/v1/pods", fieldSelector=selector).names) == names


def test_field_selectors_of_events_and_of_the_rest(fake: Serve) -> None:
    about = {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "u1"}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "namespace": "shop"},
        "involvedObject": about,
    }
    url = fake(load([event | {"reason": "BackOff", "type": "Warning"}]))
    fits = ("involvedObject.uid=u1", "reason=BackOff,type!=Normal", "involvedObject.kind=Pod,involvedObject.name=web")
    assert [ask(url, "/api/v1/events", fieldSelector=f).names for f in fits] == [["web.1"]] * 3
    refused = ask(url, "/apis/apps/v1/deployments", fieldSelector="spec.replicas=1")
    assert (refused.status, refused.json["reason"]) == (400, "BadRequest")


def test_pages_give_everything_once_in_order(fake: Serve) -> None:
    url = fake(load([pod(f"web-{n:02d}", space) for n in range(7) for space in ("a", "a-b", "b")]))
    names, token, left = list[str](), "", list[int]()
    while True:
        page = ask(url, "/api/v1/pods", limit=4, **({"continue_": token} if token else {})).json
        names += [f"{i['metadata']['namespace']}/{i['metadata']['name']}" for i in page["items"]]
        left.append(page["metadata"].get("remainingItemCount", 0))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert names == sorted(f"{space}/web-{n:02d}" for n in range(7) for space in ("a", "a-b", "b"))
    assert left == [17, 13, 9, 5, 1, 0]
    assert ask(url, "/api/v1/namespaces/a/pods").json["items"] == [
        i for i in ask(url, "/api/v1/pods").json["items"] if i["metadata"]["namespace"] == "a"
    ]


def test_how_many_remain_is_not_told_under_a_selector(fake: Serve) -> None:
    metadata = ask(
        fake(load([pod("a"), pod("b")])), "/api/v1/pods", limit=1, fieldSelector="status.phase=Running"
    ).json["metadata"]
    assert "continue" in metadata
    assert "remainingItemCount" not in metadata


def test_an_expired_token_goes_on_from_a_fresh_one(fake: Serve) -> None:
    cluster = load([pod("a"), pod("b"), pod("c")])
    url = fake(cluster)
    token = ask(url, "/api/v1/namespaces/shop/pods", limit=1).json["metadata"]["continue"]
    cluster.compact()
    refused = ask(url, "/api/v1/namespaces/shop/pods", limit=1, continue_=token)
    assert (refused.status, refused.json["reason"]) == (410, "Expired")
    assert ask(url, "/api/v1/namespaces/shop/pods", continue_=refused.json["metadata"]["continue"]).names == ["b", "c"]


@pytest.mark.parametrize("token", ["nonsense", "e30", "!!", "bnVsbA"])
def test_a_token_that_nobody_issued(fake: Serve, token: str) -> None:
    refused = ask(fake(FakeCluster()), "/api/v1/pods", continue_=token)
    assert refused.status == 400
    assert refused.json["message"].startswith("invalid continue token: ")


@given(st.text(min_size=1, max_size=20))
def test_tokens_come_back_as_they_went(key: str) -> None:
    assert decode_continue(encode_continue(7, key), compacted=6) == key + "\0"


def test_only_the_metadata(fake: Serve) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "shop"},
        "data": {"key": "value"},
    }
    accept = {"accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    seen = ask(fake(load([config])), "/api/v1/configmaps", accept).json
    assert seen["kind"] == "PartialObjectMetadataList"
    assert [set(i) for i in seen["items"]] == [{"kind", "apiVersion", "metadata"}]


def test_items_of_a_list_say_no_kind_and_one_object_does(fake: Serve) -> None:
    url = fake(load([pod("web")]))
    listed = ask(url, "/api/v1/pods").json
    assert (listed["kind"], listed["apiVersion"]) == ("PodList", "v1")
    assert "kind" not in listed["items"][0]
    one = ask(url, "/api/v1/namespaces/shop/pods/web").json
    assert (one["kind"], one["apiVersion"]) == ("Pod", "v1")
    assert one == {"kind": "Pod", "apiVersion": "v1"} | listed["items"][0]


def test_the_table_of_pods_has_the_recorded_columns(fake: Serve) -> None:
    seen = ask(fake(load([pod("web")])), "/api/v1/pods", {"accept": TABLE}).json
    assert [(c["name"], c["priority"]) for c in seen["columnDefinitions"]] == [
        ("Name", 0),
        ("Ready", 0),
        ("Status", 0),
        ("Restarts", 0),
        ("Age", 0),
        ("IP", 1),
        ("Node", 1),
        ("Nominated Node", 1),
        ("Readiness Gates", 1),
    ]
    row = seen["rows"][0]
    assert row["cells"] == ["web", "1/1", "Running", "0", row["cells"][4], "<none>", "n1", "<none>", "<none>"]
    assert row["object"]["kind"] == "PartialObjectMetadata"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (250, "4m10s"),
        (1500, "25m"),
        (25500, "7h5m"),
        (108000, "30h"),
        (273600, "3d4h"),
        (1728000, "20d"),
    ],
)
def test_ages_read_as_in_kubectl(seconds: int, shown: str) -> None:
    assert duration(seconds) == shown
