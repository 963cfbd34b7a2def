"""What a probe is read as, and how trouble behind a site explains the site's."""

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.analyse import analyse as analyse_cluster
from midwatch.diagnosis.kubernetes.analyzers.opening_requests import opening
from midwatch.diagnosis.kubernetes.area import AREA as KUBERNETES
from midwatch.diagnosis.kubernetes.codes import CODES as CLUSTER_CODES
from midwatch.diagnosis.websites.analyse import analyse as analyse_site
from midwatch.diagnosis.websites.area import AREA as WEBSITES
from midwatch.diagnosis.websites.codes import CODES
from midwatch.domain.capabilities import Area
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.evidence import Evidence, ToolRequest
from midwatch.domain.finding import Analysis, CausalRole, Confidence, Severity
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.observation import Probe
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.engine.analyst import Case
from midwatch.integrations.website.objects.site import Sites, SiteSettings
from midwatch.integrations.website.objects.sites import NO_DNS, backends
from midwatch.integrations.website.transport import names_can_resolve
from midwatch.integrations.website.visit import Visit
from midwatch.reasoning.citations import Library
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import scope
from tests.integrations.kubernetes import situation
from tests.integrations.kubernetes.network_world import deployment, pod, service
from tests.integrations.website.asking import NOW, evidence, reading

URL = "https://shop.example"
SITES = (SiteSettings(url="shop.example", services=("cart",), namespaces=("shop",)),)


def probe(**seen: Any) -> Probe:
    """As a check writes it."""
    visit = Visit(URL, **({"took_ms": 245, "phases": "dns 5 ms, wait 240 ms", "reason": "", "status": 200} | seen))
    return visit.probe(NOW)


def failed(error: str, said: str = "it failed") -> Probe:
    return probe(status=0, error=error, error_said=said)


def with_tls(days: int | None, problem: str = "") -> Probe:
    """The certificate as lines: what a check would have written."""
    base = failed("tls", problem) if problem else probe()
    given = {
        "issuer": "CN=Authority",
        "starts": "2026-01-01T00:00:00+00:00",
        "expires": "2026-12-01T00:00:00+00:00",
        "days left": str(days),
    }
    lines = "".join(f"certificate {k}: {v}\n" for k, v in given.items()) + (
        f"certificate problem: {problem}: so\n" if problem else ""
    )
    return base.model_copy(update={"text": base.text + lines, "tls_days": days, "tls_problem": problem})


def codes(analysis: Analysis) -> list[str]:
    return [f.code for f in analysis.findings]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (probe(), []),
        (probe(took_ms=3000), []),
        (probe(took_ms=3001), ["WEB-103"]),
        (probe(status=204), []),
        (probe(status=301), []),
        (probe(status=400), ["WEB-107"]),
        (probe(status=401), ["WEB-114"]),
        (probe(status=403), ["WEB-114"]),
        (probe(status=404), ["WEB-107"]),
        (probe(status=429), ["WEB-114"]),
        (probe(status=499, took_ms=9000), ["WEB-107", "WEB-103"]),
        (probe(status=500), ["WEB-101"]),
        (probe(status=504, took_ms=9000), ["WEB-101"]),
        (probe(error="timeout", took_ms=10_001), ["WEB-103"]),
        (probe(status=200, error="protocol", error_said="it broke off"), ["WEB-110"]),
        (probe(status=302, error="redirects", error_said="no page"), ["WEB-106"]),
        (failed("dns", "shop.example: unknown"), ["WEB-102"]),
        (failed("connect"), ["WEB-108"]),
        (failed("timeout"), ["WEB-109"]),
        (failed("protocol"), ["WEB-110"]),
        (failed("redirects"), ["WEB-106"]),
        (with_tls(15), []),
        (with_tls(14), ["WEB-105"]),
        (with_tls(0), ["WEB-105"]),
        (with_tls(-1, "expired"), ["WEB-104"]),
        (with_tls(-1, "untrusted"), ["WEB-104"]),
        (with_tls(40, "early"), ["WEB-104"]),
        (with_tls(40, "name"), ["WEB-112"]),
        (with_tls(40, "untrusted"), ["WEB-113"]),
        (with_tls(None, "handshake"), ["WEB-115"]),
        (probe(redirects=["301 http://shop.example (leaves https)"]), ["WEB-111"]),
    ],
)
def test_a_probe_is_read_as(seen: Probe, expected: list[str]) -> None:
    found = reading(seen)
    assert codes(found) == expected
    library = Library([evidence(seen)])
    assert library.proved_findings(found.findings) == (list(found.findings), 0), "each quotation stands in the probe"
    assert all("<" not in f.message for f in found.findings), "each fact of a message is known"
    assert all(library.proves(c) for f in found.fine for c in f.cites)


@pytest.mark.parametrize(
    ("said", "sure"),
    [("Name or service not known", Confidence.MEDIUM), (f"Name or service not known; {NO_DNS}", Confidence.LOW)],
)
def test_a_failed_lookup_of_one_machine_is_no_proof(said: str, sure: Confidence) -> None:
    (found,) = reading(failed("dns", f"shop.example: {said}")).findings
    assert found.confidence is sure and "on this machine" in found.message


def test_whether_any_name_can_be_resolved(tmp_path: Path) -> None:
    resolver, unknown = tmp_path / "resolv.conf", socket.gaierror(socket.EAI_NONAME, "unknown")
    assert not names_can_resolve(unknown, resolver)
    resolver.write_text("# nameserver 192.0.2.1\n")
    assert not names_can_resolve(unknown, resolver)
    resolver.write_text("search example\nnameserver 192.0.2.1\n")
    assert names_can_resolve(unknown, resolver)
    assert not names_can_resolve(socket.gaierror(socket.EAI_AGAIN, "try again"), resolver)


def test_a_healthy_site_is_fine() -> None:
    assert [f.text for f in reading(with_tls(80)).fine] == [
        "shop.example: HTTP 200 in 245 ms",
        "shop.example: TLS certificate valid for 80 more days",
    ]


@pytest.mark.parametrize(
    "seen", [probe(status=502), probe(took_ms=4000), failed("dns"), probe(error="timeout"), probe(status=404)]
)
def test_a_site_in_trouble_is_not_fine(seen: Probe) -> None:
    assert reading(seen).fine == ()


def test_the_last_probe_of_an_address_counts() -> None:
    assert codes(reading(probe(status=502), probe())) == []


def test_a_site_has_its_own_limit_for_slowness() -> None:
    sites = [SiteSettings(url="shop.example", slow_ms=200)]
    (found,) = reading(probe(), sites=sites).findings
    assert found.message == "shop.example: slow response: 245 ms (dns 5 ms, wait 240 ms); limit 200 ms"


def test_trouble_of_a_site_that_is_not_critical_is_a_warning() -> None:
    sites = [SiteSettings(url="shop.example", critical=False)]
    assert [f.severity for f in reading(probe(status=502)).findings] == [Severity.CRITICAL]
    assert [f.severity for f in reading(probe(status=502), sites=sites).findings] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("seen", "place"),
    [
        (probe(status=502), ("shop.example", "443")),
        (failed("connect", "http://login.example:8080/in: connection refused"), ("login.example", "8080")),
        (failed("timeout", "https://[2001:db8::1]/: no connection within 3 s"), ("[2001:db8::1]", "443")),
        (failed("dns", "login.example: Name or service not known"), ("login.example", "443")),
        (failed("dns", "$(reboot): Name or service not known"), ("shop.example", "443")),
        (failed("connect", "https://$(reboot)/: connection refused"), ("shop.example", "443")),
    ],
)
def test_commands_are_about_the_place_of_the_trouble(seen: Probe, place: tuple[str, str]) -> None:
    (found,) = reading(seen).findings
    assert (found.facts["host"], found.facts["port"]) == place


def test_an_authority_that_is_only_unknown_here_is_less_sure() -> None:
    assert [f.confidence for f in reading(with_tls(40, "untrusted")).findings] == [Confidence.MEDIUM]
    assert [f.confidence for f in reading(with_tls(40, "name")).findings] == [Confidence.HIGH]


def test_what_an_address_holds_cannot_act_in_a_command() -> None:
    seen = probe(status=502).model_copy(update={"url": "https://shop.example/$(reboot);x"})
    (found,) = reading(seen).findings
    assert found.facts["url"] == "'https://shop.example/$(reboot);x'"


def test_codes_are_complete() -> None:
    assert all(c.check and c.prevent for c in CODES.values())
    assert all(c.fix for c in CODES.values() if c.role is CausalRole.CAUSE)
    assert not set(CODES) & set(CLUSTER_CODES)


def broken_shop(*more: dict[str, Any]) -> list[Evidence]:
    """A Deployment whose pods miss their ConfigMap, and the Service before it."""
    waiting = {
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "cart-config" not found'}}
    }
    sick = pod(
        "cart-1",
        "cart",
        ready=False,
        owner="ReplicaSet/cart-abc",
        container={"envFrom": [{"configMapRef": {"name": "cart-config"}}]},
    )
    sick["status"] |= {
        "phase": "Pending",
        "containerStatuses": [{"name": "app", "ready": False, "restartCount": 0, **waiting}],
    }
    replicas = {
        "kind": "ReplicaSet",
        "metadata": {"name": "cart-abc", "namespace": "shop"},
        "spec": {"replicas": 1},
        "status": {},
    }
    replicas["metadata"] |= {"ownerReferences": [{"kind": "Deployment", "name": "cart", "controller": True}]}
    return situation.evidence([sick, replicas, deployment("cart"), service("cart", "cart"), *more])


def together(sites: Sequence[SiteSettings], seen: Probe, *more: dict[str, Any]) -> tuple[Analysis, list[Evidence]]:
    cluster = broken_shop(*more)
    item = evidence(seen, len(cluster) + 1)
    parts = [analyse_cluster(cluster), analyse_site(sites, [*cluster, item], Question())]
    merged = Analysis(
        findings=tuple(f for p in parts for f in p.findings),
        links=tuple(link for p in parts for link in p.links),
        subjects=tuple(s for p in parts for s in p.subjects),
    )
    return merged, [*cluster, item]


def test_a_broken_workload_explains_the_sites_server_error() -> None:
    merged, _ = together(SITES, probe(status=502, reason="Bad Gateway"))
    found = chains(merged.findings, merged.links)
    assert [c.root.code for c in found] == ["K8S-101"]
    assert "WEB-101" in [f.code for f in found[0].explains]


@pytest.mark.parametrize(
    ("host", "tied"), [("shop.example", True), ("*.example", True), ("*.shop.example", False), ("", False)]
)
def test_an_ingress_for_the_host_ties_what_nobody_configured(host: str, tied: bool) -> None:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"number": 80}}}}
    rule = {"http": {"paths": [path]}} | ({"host": host} if host else {})
    ingress = {"kind": "Ingress", "metadata": {"name": "front", "namespace": "shop"}, "spec": {"rules": [rule]}}
    merged, _ = together((), probe(status=503), ingress)
    roots = [c.root.code for c in chains(merged.findings, merged.links)]
    assert ("WEB-101" not in roots) == tied
    assert "K8S-101" in roots


def test_without_the_configuration_nothing_ties_them() -> None:
    merged, _ = together((), probe(status=502))
    assert {c.root.code for c in chains(merged.findings, merged.links)} == {"K8S-101", "WEB-101"}


def test_an_expired_certificate_is_a_cause_of_its_own() -> None:
    merged, _ = together(SITES, with_tls(-1, "expired"))
    assert {c.root.code for c in chains(merged.findings, merged.links)} == {"K8S-101", "WEB-104"}


def test_a_question_about_the_site_is_answered_with_what_is_behind_it() -> None:
    merged, seen = together(SITES, probe(status=502))
    about = scope("why is shop.example down?", merged.subjects)
    assert about.named == (Subject(kind="Website", name="shop.example"),)
    answer = diagnose(merged, seen, (), {**CLUSTER_CODES, **CODES}, about)
    assert (answer.verdict, answer.causes[0].finding.code) == (Verdict.CONFIRMED, "K8S-101")


def behind(namespace: str) -> tuple[ToolRequest, ...]:
    return opening(Question(namespace=namespace))


@pytest.mark.parametrize(
    "seen", [probe(status=502), probe(took_ms=9000), failed("timeout"), failed("connect"), probe(status=404)]
)
def test_a_site_in_trouble_leads_on_to_its_namespaces(seen: Probe) -> None:
    asks = case(KUBERNETES).next_requests([evidence(seen)])
    assert {a.arguments["namespace"] for a in asks if a.arguments.get("namespace")} == {"shop"}
    assert [a.key for a in asks] == [a.key for a in behind("shop")]
    assert {a.why for a in asks} == {"behind shop.example"}


def case(*others: Area) -> Case:
    return Case(Request(intent=Intent(topic="website")), (WEBSITES.configure(WEBSITES, Sites(SITES)), *others))


@pytest.mark.parametrize("seen", [probe(), with_tls(-1, "expired"), failed("dns"), probe(status=401), with_tls(3)])
def test_a_site_that_says_itself_what_is_wrong_leads_nowhere(seen: Probe) -> None:
    assert case(KUBERNETES).next_requests([evidence(seen)]) == ()


def test_without_a_cluster_a_site_leads_nowhere() -> None:
    assert case().next_requests([evidence(probe(status=502))]) == ()


def test_what_is_behind_a_host_is_known_from_all_its_sites() -> None:
    sites = [
        SiteSettings(url="shop.example", services=("cart", "auth"), namespaces=("shop",)),
        SiteSettings(url="https://shop.example/api", services=("api", "cart"), namespaces=("api", "shop")),
        SiteSettings(url="other.example"),
    ]
    assert backends(sites, "Shop.Example") == (("cart", "auth", "api"), ("shop", "api"))
    assert backends(sites, "nobody.example") == ((), ())


def test_every_code_is_named_by_a_test() -> None:
    named = set(re.findall(r"WEB-\d{3}", Path(__file__).read_text()))
    assert named == set(CODES)


def test_the_certificate_of_another_host_names_it() -> None:
    """After a redirect the certificate is not that of the configured site."""
    (found,) = reading(with_tls(-1, "expired")).findings
    assert found.message == "shop.example: TLS certificate expired on 2026-12-01"
    seen = with_tls(-1, "expired").model_copy(update={"error": "tls"})
    elsewhere = seen.model_copy(update={"text": seen.text.replace("tls: ", "tls: https://login.example/: ")})
    (found,) = reading(elsewhere).findings
    assert found.message == "shop.example: TLS certificate of login.example expired on 2026-12-01"
