"""A site that is down, and the cluster behind it: asked one after the other, answered as one."""

from pathlib import Path
from urllib.parse import urlsplit

from midwatch.analysis.question import Question
from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Ask
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, Investigation, Request
from midwatch.engine.gather import Gathering
from midwatch.engine.investigate import silent
from midwatch.integrations import kubernetes
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import NAMESPACE, demo
from midwatch.integrations.website.fake import FakeSite, Page
from midwatch.kit.clock import utc_now
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import scope
from midwatch.services.investigations import investigate
from midwatch.settings import KubernetesSettings, Settings, SiteSettings
from midwatch.wiring import reader, toolbox
from midwatch.wiring.questions import Surroundings
from midwatch.wiring.websites import websites
from tests.flows.unfilled import whole


async def looked_into(url: str, kubeconfig: Path, *services: str) -> tuple[Diagnosis, int]:
    """The diagnosis for a question about the site, and how many questions it took."""
    about = SiteSettings(url=url, services=services, namespaces=(NAMESPACE,))
    settings = Settings(kubernetes=KubernetesSettings(kubeconfig=kubeconfig), sites=(about,))
    opened = reader(settings)
    parts = (kubernetes.integration(opened), websites(settings, cluster=True))
    question = Question(f"is {urlsplit(url).hostname} down?")
    gathering = Gathering(toolbox(parts), Budget(), silent)
    asks = [Ask(tool="website_check", arguments={"url": url}, essential=True)]
    while await gathering.ask(asks):
        asks = [a for p in parts for a in p.wanted(gathering.evidence, question)]
    await opened.close()
    found = [p.analyse(gathering.evidence, question) for p in parts if p.analyse]
    merged = Analysis(
        findings=tuple(f for a in found for f in a.findings),
        links=tuple(link for a in found for link in a.links),
        subjects=tuple(s for a in found for s in a.subjects),
        fine=tuple(f for a in found for f in a.fine),
    )
    codes = {code: entry for p in parts for code, entry in p.codes.items()}
    named = scope(question.text, merged.subjects)
    return diagnose(merged, gathering.evidence, gathering.gaps, codes, named, question), len(gathering.evidence)


async def test_the_broken_service_is_the_cause_of_the_sites_error(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite(Page(502)).serve() as url:
        answer, _ = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "analytics-service")
    (cause, *_) = answer.causes
    assert answer.verdict == Verdict.CONFIRMED
    assert (cause.finding.code, cause.finding.owner.name) == ("K8S-110", "analytics-service")
    assert "WEB-101" in [f.code for f in cause.explains]


async def test_of_a_site_whose_services_are_well_the_error_itself_is_told(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite(Page(502)).serve() as url:
        answer, _ = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "nobody")
    assert (answer.verdict, answer.causes[0].finding.code) == (Verdict.INCONCLUSIVE, "WEB-101")


async def test_of_a_healthy_site_the_cluster_is_not_asked(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite().serve() as url:
        answer, asked = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "analytics-service")
    assert (answer.verdict, asked) == (Verdict.HEALTHY, 1)
    assert answer.ruled_out[0].text.startswith("127.0.0.1 answers 200 in ")


async def asked(question: str, settings: Settings) -> Investigation:
    around = Surroundings(settings)
    intent = around.understood(question, utc_now())
    assert isinstance(intent, Intent), intent
    request = Request(question=question, intent=intent)
    async with around.opened(request) as ctx:
        return whole(await investigate(ctx, request))


async def test_a_question_in_words_reaches_site_and_cluster(tmp_path: Path) -> None:
    """Example 2: the site does not load; the service behind it is broken; one report says both."""
    with serve(demo()) as cluster, FakeSite(Page(502)).serve() as url:
        site = SiteSettings(url=url, services=("analytics-service",), namespaces=(NAMESPACE,))
        settings = Settings(
            kubernetes=KubernetesSettings(kubeconfig=write_kubeconfig(tmp_path / "kubeconfig", cluster)), sites=(site,)
        )
        found = await asked("the website is not loading", settings)
    assert found.diagnosis.verdict == Verdict.CONFIRMED
    assert found.diagnosis.causes[0].finding.owner.name == "analytics-service"
    assert "WEB-101" in [f.code for f in found.diagnosis.causes[0].explains]


async def test_all_sites_are_checked_without_a_cluster(tmp_path: Path) -> None:
    """Example 3: each site that is well is said to be; the one that is not, too."""
    nobody = KubernetesSettings(kubeconfig=tmp_path / "none")
    with FakeSite(Page(200)).serve() as well, FakeSite(Page(503)).serve() as down:
        settings = Settings(kubernetes=nobody, sites=(SiteSettings(url=well), SiteSettings(url=down)))
        found = await asked("do a health check on our production websites", settings)
    assert [c.finding.code for c in found.diagnosis.causes] == ["WEB-101"]
    assert any("200" in claim.text for claim in found.diagnosis.ruled_out)
