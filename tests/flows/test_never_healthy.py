"""HEALTHY is the answer of somebody who looked: every topic, with nothing answered, all refused, nothing there, and a
spike left over."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.diagnosis.traffic.topics import (
    JOB_TOPICS,
    JOBS,
    JOBS_OF_CLIENT,
    NAT_COMPARE,
    NAT_GATEWAYS,
    NAT_PATTERNS,
    NAT_SPIKE,
    NAT_TOPICS,
    NAT_TRAFFIC,
)
from midwatch.diagnosis.websites.topics import WEBSITE, WEBSITES
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, CaseFile, Request
from midwatch.domain.window import Window
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.website.fake import FakePage, FakeSite
from midwatch.integrations.website.objects.site import Sites, SiteSettings
from midwatch.services.errors import Refusal
from midwatch.wiring.connections import Connections
from tests.flows.cluster import site
from tests.flows.traffic import TWO, Night, night
from tests.flows.unfilled import whole
from tests.plugged import AREAS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOPICS = [topic.id for area in AREAS for topic in area.topics]
WINDOW = Window(TWO - HOUR, TWO + HOUR)
SITE = "http://127.0.0.1:9"  # nobody listens at the discard port


def intent(topic: str) -> Intent:
    against = Window(WINDOW.since - DAY, WINDOW.until - DAY) if topic == NAT_COMPARE else None
    names = {"client": ("Alderbrook",)} if topic == JOBS_OF_CLIENT else {}
    names |= {"site": ("127.0.0.1",)} if topic == WEBSITE else {}
    windowed = topic in NAT_TOPICS | JOB_TOPICS
    return Intent(topic=topic, window=WINDOW if windowed else None, against=against).with_entity(names)


def nothing_answered(here: Night) -> None:
    here.cluster.trouble("*", status=503)
    here.aws.throttle("GetMetricData")
    here.aws.throttle("DescribeNatGateways")


def all_refused(here: Night) -> None:
    here.cluster.forbid("*")
    for action in ("cloudwatch:GetMetricData", "ec2:DescribeNatGateways", "logs:StartQuery", "ec2:DescribeFlowLogs"):
        here.aws.deny(action)


def nothing_there(here: Night) -> None:
    for name in fake.NAMESPACES:
        here.cluster.remove("namespaces", "", name)
    here.aws.gateways.clear()
    here.aws.metrics.clear()


def no_point(here: Night) -> None:
    here.aws.metrics.clear()


def spike_left(here: Night) -> None:
    here.sends([(at, size * 5) for at, size in fake.burst(TWO)])


async def told(here: Night, topic: str, sites: tuple[str, ...] = (SITE,), **more: object) -> CaseFile | str:
    """The answer, or the one sentence of a refusal."""
    settings = here.connections.settings.having(Sites(tuple(SiteSettings(url=s) for s in sites)), Budget(seconds=20))
    settings = settings.model_copy(update=more)
    request = Request(question="", intent=intent(topic))
    try:
        async with Connections(settings).investigation(request) as ctx:
            return whole(await investigate(ctx, request))
    except Refusal as refusal:
        return refusal.reason


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        yield made


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("situation", [all_refused, nothing_there])
async def test_no_topic_is_healthy(here: Night, topic: str, situation: Callable[[Night], None]) -> None:
    situation(here)
    found = await told(here, topic)
    if isinstance(found, str):
        assert found
        return
    assert found.diagnosis.verdict is Verdict.INCONCLUSIVE, found.diagnosis.headline
    assert found.diagnosis.causes or any(g.essential for g in found.diagnosis.gaps), (
        "what could not be looked at is said"
    )


@pytest.mark.parametrize("topic", TOPICS)
async def test_no_topic_is_healthy_when_nothing_answers(here: Night, topic: str) -> None:
    nothing_answered(here)
    found = await told(here, topic, budget=Budget(seconds=1))
    assert isinstance(found, str) or found.diagnosis.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("topic", sorted(NAT_TOPICS))
@pytest.mark.parametrize("situation", [spike_left, no_point])
async def test_no_traffic_is_healthy_with_a_spike_left_over_or_without_a_point(
    here: Night, topic: str, situation: Callable[[Night], None]
) -> None:
    situation(here)
    found = await told(here, topic)
    assert not isinstance(found, str) and found.diagnosis.verdict is Verdict.INCONCLUSIVE


async def test_a_refusal_is_not_told_as_there_being_none(here: Night) -> None:
    here.aws.deny("cloudwatch:GetMetricData")
    found = await told(here, NAT_SPIKE)
    assert not isinstance(found, str)
    assert not [g for g in found.diagnosis.gaps if "AWS shows none" in g.reason], "one is configured, and AWS shows it"


async def test_without_a_site_no_website_is_healthy(here: Night) -> None:
    for topic in (WEBSITE, WEBSITES):
        found = await told(here, topic, sites=())
        assert isinstance(found, str) or found.diagnosis.verdict is Verdict.INCONCLUSIVE


async def test_a_gateway_that_failed_is_no_healthy_gateway(here: Night) -> None:
    here.aws.gateways[0] = replace(here.aws.gateways[0], state="failed")
    found = await told(here, NAT_GATEWAYS)
    assert not isinstance(found, str)
    assert [c.finding.code for c in found.diagnosis.causes] == ["TRF-112"]


@pytest.mark.parametrize("topic", [NAT_SPIKE, NAT_TRAFFIC, NAT_PATTERNS, NAT_COMPARE, NAT_GATEWAYS, JOBS])
async def test_a_quiet_night_is_healthy(here: Night, topic: str) -> None:
    found = await told(here, topic)
    assert not isinstance(found, str) and found.diagnosis.verdict is Verdict.HEALTHY


async def test_a_site_that_answers_is_healthy(here: Night) -> None:
    with FakeSite(FakePage(200)).serve() as url:
        found = await told(here, WEBSITES, sites=(url,))
    assert not isinstance(found, str) and found.diagnosis.verdict is Verdict.HEALTHY


def shop(*, replicas: int = 1) -> Scene:
    scene = Scene()
    scene.namespace("shop")
    scene.namespace("quiet")
    if replicas:
        deploy(scene, App("web", "shop", "web:1", replicas, 8080))
    return scene


@pytest.mark.parametrize(
    ("scene", "refuse", "arguments", "verdict", "said"),
    [
        (shop(), "", ("-n", "shop"), "HEALTHY", "No problems found"),
        (shop(), "", (), "HEALTHY", "No problems found"),
        (shop(), "", ("-n", "quiet"), "INCONCLUSIVE", "no pod and no workload in namespace quiet"),
        (shop(replicas=0), "", (), "INCONCLUSIVE", "no pod and no workload in this cluster"),
        (shop(), "*", ("-n", "shop"), "", "Nothing could be read"),
        (shop(), "pods", ("-n", "shop"), "INCONCLUSIVE", "pods"),
        (shop(), "ingresses", ("-n", "shop", "is any ingress broken?"), "INCONCLUSIVE", "ingresses"),
        (
            shop(),
            "networkpolicies",
            ("-n", "shop", "does a network policy block web?"),
            "INCONCLUSIVE",
            "networkpolicies",
        ),
        (shop(), "nodes", ("are all nodes well?",), "INCONCLUSIVE", "nodes"),
        (shop(), "ingresses", ("-n", "shop", "is web well?"), "HEALTHY", "No problems found"),
        (
            shop(),
            "",
            ("-n", "shop", "is the check-out-api well?"),
            "INCONCLUSIVE",
            "check-out-api not found in the checked objects",
        ),
    ],
)
def test_a_cluster(
    scene: Scene, refuse: str, arguments: tuple[str, ...], verdict: str, said: str, tmp_path: Path
) -> None:
    if refuse:
        scene.cluster.forbid(refuse)
    with site(scene.cluster, tmp_path) as here:
        shown = here.run("diagnose", *arguments)
    label = {"HEALTHY": "OK ", "INCONCLUSIVE": "UNKNOWN inconclusive ", "": ""}[verdict]
    assert shown.head.startswith(label), shown.head
    assert said in " ".join((shown.out + shown.err).split())
