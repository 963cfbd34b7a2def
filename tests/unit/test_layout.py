"""The layout of an answer: the first line, the summary of several causes, and ages."""

from datetime import UTC, datetime, timedelta

import pytest

from midwatch.domain.diagnosis import Cause, Diagnosis, Verdict
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import CausalRole, Confidence, Finding, Severity
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.domain.observation import LogLines, Probe, count_text
from midwatch.domain.report import Grid, Report, ReportSection
from midwatch.domain.subject import Subject
from midwatch.reports import terminal
from midwatch.reports.ages import age, since
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown
from midwatch.reports.plain import plain

NOW = datetime(2026, 11, 28, 2, 50, tzinfo=UTC)
EVIDENCE = tuple(
    Evidence(
        id=f"E{n}",
        tool="t",
        arguments={},
        query=f"GET /{n}",
        observation=LogLines(namespace="shop", name="web-1", container="web", text="x\n"),
        taken_at=NOW,
        took_ms=1,
        sha256="",
    )
    for n in (1, 2)
)


def cause(name: str, severity: Severity, verdict: Verdict, minutes: int | None) -> Cause:
    subject = Subject(kind="Deployment", name=name, namespace="shop")
    onset = NOW - timedelta(minutes=minutes) if minutes is not None else None
    finding = Finding(
        code="K8S-201",
        subject=subject,
        owner=subject,
        title="Memory limit exceeded (OOMKilled)",
        message=f"shop/deployment/{name}: OOMKilled",
        severity=severity,
        role=CausalRole.CAUSE,
        directness=90,
        confidence=Confidence.HIGH,
        facts={},
        onset=onset,
        cites=(Citation(evidence="E1", quote="x"),),
    )
    return Cause(verdict=verdict, finding=finding, meaning="M.", check=("kubectl get pods",), monitor="up == 0")


def answer(*causes: Cause, verdict: Verdict, headline: str = "") -> CaseFile:
    headline = headline or causes[0].finding.message
    return CaseFile(
        request=Request(),
        source="cluster prod at 10.0.0.1:6443",
        evidence=EVIDENCE,
        gaps=(),
        diagnosis=Diagnosis(verdict=verdict, headline=headline, causes=causes),
    )


WEB = cause("web", Severity.CRITICAL, Verdict.CONFIRMED, 82)
CART = cause("cart", Severity.WARNING, Verdict.LIKELY, None)


def test_the_first_line_names_severity_certainty_cluster_workload_cause_and_age() -> None:
    report = compose(answer(WEB, verdict=Verdict.CONFIRMED))
    expected = (
        "CRITICAL confirmed · cluster prod · shop/deployment/web: OOMKilled · since 2026-11-28 01:28 UTC (1h22m ago)"
    )
    assert report.first_line == expected
    assert plain(report).startswith(f"{expected} [E1]\n") and markdown(report).startswith(f"# {expected} [E1]\n")


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (Verdict.HEALTHY, "OK · cluster prod · No problems found"),
        (Verdict.EXPECTED, "INFO expected · cluster prod · No problems found"),
        (Verdict.INCONCLUSIVE, "UNKNOWN inconclusive · cluster prod · No problems found"),
    ],
)
def test_without_a_cause_the_label_says_what_is_known(verdict: Verdict, line: str) -> None:
    assert compose(answer(verdict=verdict, headline="No problems found")).first_line == line


def test_what_is_expected_is_information() -> None:
    assert compose(answer(CART, verdict=Verdict.EXPECTED)).first_line.startswith("INFO expected · cluster prod · ")


def test_no_cluster_is_named_where_only_websites_were_asked() -> None:
    site = EVIDENCE[0].model_copy(
        update={"observation": Probe(url="https://shop.example", took_ms=9, text="status: 503")}
    )
    found = answer(WEB, verdict=Verdict.CONFIRMED)
    assert "cluster" not in compose(found.model_copy(update={"evidence": (site,)})).first_line
    assert "cluster prod" in compose(found.model_copy(update={"evidence": (site, *EVIDENCE)})).first_line


def test_the_severity_is_that_of_the_worst_cause_and_beside_the_verdict() -> None:
    found = answer(CART, WEB, verdict=Verdict.LIKELY)
    assert (found.diagnosis.severity, Answer.of(found).severity) == (Severity.CRITICAL, Severity.CRITICAL)
    assert Answer.of(found).verdict is Verdict.LIKELY
    assert Answer.of(answer(verdict=Verdict.HEALTHY, headline="x")).severity is None


def test_several_causes_are_one_line_each_and_each_once() -> None:
    report = compose(answer(WEB, CART, verdict=Verdict.CONFIRMED), verbose=False)
    text = plain(report)
    assert text.count("shop/deployment/web") == text.count("shop/deployment/cart") == 1
    assert "- WARNING likely · shop/deployment/cart: OOMKilled [E1]" in text
    assert "1 other independent cause\n" in text and "Details: -v" in text
    assert "kubectl get pods" not in text and "Also checked" not in text
    every = plain(compose(answer(WEB, CART, verdict=Verdict.CONFIRMED)))
    assert every.count("kubectl get pods") == 2 and "Also checked, no findings: 1 line (E2)." in every


def test_one_cause_is_spelled_out_and_what_found_nothing_needs_verbose() -> None:
    text = plain(compose(answer(WEB, verdict=Verdict.CONFIRMED), verbose=False))
    assert "    kubectl get pods" in text and "Monitor:\n    up == 0" in text
    assert "Also checked" not in text
    assert "Also checked" in plain(compose(answer(WEB, verdict=Verdict.CONFIRMED), verbose=True))


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("cluster prod at 10.0.0.1:6443", "cluster prod"),
        ("cluster prod at 10.0.0.1:6443 (eu)", "cluster prod"),
        ("Kubernetes 1.33 (staging)", "Kubernetes 1.33 (staging)"),
        ("saved cluster saved.zip (3 files, 12 objects)", "saved cluster saved.zip"),
        ("alert text only (there is no kubeconfig: name one)", "alert text only"),
        ("", ""),
    ],
)
def test_the_place_is_short(source: str, place: str) -> None:
    found = answer(WEB, verdict=Verdict.CONFIRMED).model_copy(update={"source": source})
    assert compose(found).source == place


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (4920, "1h22m"),
        (86400, "1d"),
        (100_000, "1d3h"),
        (864_000, "10d"),
    ],
)
def test_an_age_is_written_as_kubectl_does(seconds: int, text: str) -> None:
    assert age(timedelta(seconds=seconds)) == text


def test_no_age_is_claimed_where_the_time_is_not_known_or_lies_ahead() -> None:
    assert since(NOW, None) == since(NOW, NOW - timedelta(hours=1)) == "since 2026-11-28 02:50 UTC"
    assert since(None, NOW) == ""


@pytest.mark.parametrize(
    ("count", "plural", "text"),
    [
        (0, "lines", "0 lines"),
        (1, "lines", "1 line"),
        (1, "ingresses", "1 ingress"),
        (1, "networkpolicies", "1 networkpolicy"),
        (1, "endpoints", "1 endpoints"),
        (2, "pods", "2 pods"),
    ],
)
def test_one_thing_is_no_plural(count: int, plural: str, text: str) -> None:
    assert count_text(count, plural) == text


def test_a_long_name_in_a_table_is_on_a_line_of_its_own_and_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://alderbrook.cloud.example.com/#job/1010112485260230/run/15976368"
    grid = Grid(columns=("score", "job"), rows=(("1.0", f"ran at two, {address}"), ("0.8", "short")))
    report = Report(
        verdict=Verdict.HEALTHY,
        source="",
        headline="well",
        sections=(ReportSection(title="Jobs", blocks=(grid,)),),
    )
    out = terminal.console()
    out.width = 80
    terminal.show(out, report)
    lines = capsys.readouterr().out.splitlines()
    assert f"    {address}" in lines and max(map(len, lines)) <= 80
