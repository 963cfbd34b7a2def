"""Answers of AWS that are none, over real HTTP: a gap of one sentence, in bounded time and memory; never a
traceback."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count, cycle, repeat
from typing import Any
from urllib.parse import parse_qs

import pytest

from midwatch.domain.evidence import Evidence, Gap
from midwatch.integrations.aws.bounds import BoundedBody
from midwatch.integrations.aws.client import PAGES, Aws
from midwatch.integrations.aws.fake import FakeAws, environment
from midwatch.integrations.aws.fake.app import app
from midwatch.integrations.aws.health import health
from midwatch.integrations.aws.settings import AwsSettings
from midwatch.integrations.aws.tools import tools
from midwatch.kit.loopback import serve
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox
from tests.integrations.aws.account import NAT, PACE, Clock, account

HOUR = {"gateway": NAT, "start": "2026-10-16T02:00:00Z", "end": "2026-10-16T03:00:00Z"}
TOOLS: dict[str, dict[str, Any]] = {"aws_nat_metrics": HOUR, "aws_nat_gateways": {}, "aws_flow_talkers": HOUR}
DEEP = b"[" * 100_000
Body = Callable[[str], bytes | None]


def xml(action: str, inner: str) -> bytes:
    return f'<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inner}</{action}Response>'.encode()


@asynccontextmanager
async def aws(
    body: Body, monkeypatch: pytest.MonkeyPatch, world: FakeAws | None = None
) -> AsyncIterator[tuple[Aws, FakeAws]]:
    """An account that answers an action with `body`, or as the fake does where that is None."""
    made = world or account()
    real = app(made)

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        first = await receive()
        headers = dict(scope.get("headers", ()))
        action = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
        action = action or parse_qs(first.get("body", b"").decode()).get("Action", [""])[0]
        content = body(action)
        if content is None:
            given = iter([first])
            return await real(scope, lambda: _next(given, receive), send)
        made.calls[action] += 1
        kind = b"application/x-amz-json-1.1" if b"x-amz-target" in headers else b"text/xml"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        return await send({"type": "http.response.body", "body": content})

    with serve(handle) as url:
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        yield Aws(AwsSettings(region="us-east-1"), Clock(), PACE), made


async def _next(given: Any, receive: Any) -> Any:
    return next(given, None) or await receive()


async def ask(opened: Aws, tool: str) -> Evidence | Gap:
    return await Toolbox(tools(opened), (guard, limit(), redact), Clock()).call(tool, TOOLS[tool])


def check(answer: Evidence | Gap, name: str = "") -> None:
    assert isinstance(answer, Gap), (name, answer)
    assert answer.reason.isprintable() and 20 < len(answer.reason) < 600 and "no tool is called" not in answer.reason, (
        answer.reason
    )


ANYTHING: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "list": b"[]",
    "number": b"7",
    "html": b"<html><body>Log in</body></html>",
    "deep": DEEP,
    "deep xml": b"<a>" * 20_000,
    "binary": b"\xff\xfe\x00",
    "entities": b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
}


async def test_what_is_no_answer_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """One account for all of them: the SDK takes a second to make its clients."""
    now = b""
    async with aws(lambda _: now, monkeypatch) as (opened, _):
        for name, content in ANYTHING.items():
            now = content
            for tool in TOOLS:
                check(await ask(opened, tool), name)
            assert {line.name for line in await health(opened) if line.state == "ok"} == set(), name


def result(**fields: Any) -> bytes:
    return json.dumps(
        {
            "MetricDataResults": [
                {"Id": "m0", "Timestamps": [1_760_580_000], "Values": [1.0], "StatusCode": "Complete"} | fields
            ]
        }
    ).encode()


METRICS: dict[str, bytes] = {
    "results a text": b'{"MetricDataResults": "x"}',
    "results null": b'{"MetricDataResults": [null]}',
    "results numbers": b'{"MetricDataResults": [1]}',
    "no id": json.dumps({"MetricDataResults": [{"Values": []}]}).encode(),
    "another id": result(Id="m99"),
    "id a number": result(Id=7),
    "id a text": result(Id="mx"),
    "fewer times": result(Timestamps=[]),
    "times of texts": result(Timestamps=["never"]),
    "times far away": result(Timestamps=[1e30]),
    "values of texts": result(Values=["many"]),
    "values null": result(Values=[None]),
    "values a dict": result(Values={"a": 1}),
    "values a number": result(Values=7),
}


async def test_metrics_of_another_shape_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    now = b""
    async with aws(lambda action: now if action == "GetMetricData" else None, monkeypatch) as (opened, _):
        for name, content in METRICS.items():
            now = content
            check(await ask(opened, "aws_nat_metrics"), name)


LOGS: dict[str, tuple[str, bytes]] = {
    "no query id": ("StartQuery", b"{}"),
    "rows a text": ("GetQueryResults", b'{"status": "Complete", "results": ["x"]}'),
    "rows null": ("GetQueryResults", b'{"status": "Complete", "results": [null]}'),
    "cells without a field": ("GetQueryResults", b'{"status": "Complete", "results": [[{"value": "x"}]]}'),
    "bytes a text": ("GetQueryResults", b'{"status": "Complete", "results": [[{"field": "total", "value": "many"}]]}'),
    "bytes infinite": (
        "GetQueryResults",
        b'{"status": "Complete", "results": [[{"field": "total", "value": "1e999"}]]}',
    ),
    "scanned a text": (
        "GetQueryResults",
        b'{"status": "Complete", "results": [], "statistics": {"bytesScanned": "x"}}',
    ),
    "status a number": ("GetQueryResults", b'{"status": 7, "results": []}'),
    "no id of a gateway": (
        "DescribeNatGateways",
        xml("DescribeNatGateways", "<natGatewaySet><item><state>x</state></item></natGatewaySet>"),
    ),
    "time of a gateway": (
        "DescribeNatGateways",
        xml(
            "DescribeNatGateways",
            "<natGatewaySet><item><natGatewayId>n</natGatewayId><createTime>soon</createTime></item></natGatewaySet>",
        ),
    ),
    "two gateways": (
        "DescribeNatGateways",
        xml(
            "DescribeNatGateways",
            "<natGatewaySet><item><natGatewayId>a</natGatewayId></item><item><natGatewayId>b</natGatewayId></item></natGatewaySet>",
        ),
    ),
    "a log of another resource": (
        "DescribeFlowLogs",
        xml(
            "DescribeFlowLogs",
            "<flowLogSet><item><resourceId>other</resourceId><logGroupName>g</logGroupName></item></flowLogSet>",
        ),
    ),
}


async def test_flow_logs_of_another_shape_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, now = "", b""
    async with aws(lambda action: now if action == broken else None, monkeypatch) as (opened, _):
        for name, case in LOGS.items():
            broken, now = case
            check(await ask(opened, "aws_flow_talkers"), name)


async def test_pages_without_an_end_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: Iterator[str] = iter(())
    page = lambda: xml("DescribeNatGateways", f"<natGatewaySet/><nextToken>{next(tokens)}</nextToken>")  # noqa: E731
    async with aws(lambda action: page() if action == "DescribeNatGateways" else None, monkeypatch) as (opened, world):
        for given, most in (
            (repeat("again"), 2),
            (cycle("ab"), 3),
            (map(str, count()), PAGES),
            (repeat("x" * 100_000), 1),
        ):
            tokens = given
            world.calls.clear()
            answer = await ask(opened, "aws_nat_gateways")
            check(answer)
            assert isinstance(answer, Gap) and "same page twice" in answer.reason
            assert world.calls["DescribeNatGateways"] <= most


async def test_an_answer_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with aws(lambda _: b" " * 40_000_000, monkeypatch) as (opened, _):
        started = time.process_time()
        answer = await ask(opened, "aws_nat_gateways")
        check(answer)
        assert isinstance(answer, Gap) and "more than 33554432 bytes" in answer.reason
        assert time.process_time() - started < 10


def test_an_answer_without_an_end_is_given_up() -> None:
    class Drip:
        closed = False
        read = 0

        def read1(self, amount: int, decode_content: bool) -> bytes:
            self.read += 1
            return b"x"

        def close(self) -> None:
            self.closed = True

    class Answers:
        def __init__(self) -> None:
            self.raw = Drip()

    class Session:
        given = Answers()

        def send(self, request: Any) -> Answers:
            return self.given

    class Request:
        url, stream_output = "https://ec2.example", False

    with pytest.raises(Exception, match="Read timeout"):
        BoundedBody(Session(), seconds=0.0).send(Request())
    assert Session.given.raw.closed and Session.given.raw.read <= 1


async def test_errors_are_one_printable_line(monkeypatch: pytest.MonkeyPatch) -> None:
    world = account()
    async with aws(lambda _: None, monkeypatch, world) as (opened, _):
        for code in ("RequestExpired", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "\x1b[2J", "x" * 10_000):
            world.fail("GetMetricData", code, 400, "\x1b[2Jwiped\nHEALTHY {service} " + "y" * 100_000, 1)
            check(await ask(opened, "aws_nat_metrics"), code)


async def test_hostile_names_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    world = account()
    world.gateways[0].tags["Name"] = "x$(id)`;\u202e'"
    async with aws(lambda _: None, monkeypatch, world) as (opened, _):
        assert isinstance(await ask(opened, "aws_nat_gateways"), Evidence)
