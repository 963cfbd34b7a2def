"""A site that is down, and the cluster behind it: asked one after the other, answered as one."""

from pathlib import Path
from urllib.parse import urlsplit

from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import CaseFile, Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import NAMESPACE, demo
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.integrations.website.fake import FakePage, FakeSite
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.kit.clock import utc_now
from midwatch.settings import Settings
from midwatch.wiring.connections import Connections
from midwatch.wiring.questions import understand_question
from tests.flows.unfilled import whole
from tests.plugged import settings as composed


async def looked_into(url: str, kubeconfig: Path, *services: str) -> tuple[Diagnosis, int]:
    """The diagnosis for a question about the site, and how many questions it took."""
    about = SiteSettings(url=url, services=services, namespaces=(NAMESPACE,))
    settings = composed(kubernetes=KubernetesSettings(kubeconfig=kubeconfig), sites=(about,))
    intent = Intent(topic="website", entities=(("site", (url,)),))
    async with Connections(settings).investigation(
        Request(question=f"is {urlsplit(url).hostname} down?", intent=intent)
    ) as ctx:
        found = await investigate(ctx, Request(question=f"is {urlsplit(url).hostname} down?", intent=intent))
    return found.diagnosis, len(found.evidence)


async def test_the_broken_service_is_the_cause_of_the_sites_error(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite(FakePage(502)).serve() as url:
        answer, _ = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "analytics-service")
    (cause, *_) = answer.causes
    assert answer.verdict == Verdict.CONFIRMED
    assert (cause.finding.code, cause.finding.owner.name) == ("K8S-110", "analytics-service")
    assert "WEB-101" in [f.code for f in cause.explains]


async def test_of_a_site_whose_services_are_well_the_error_itself_is_told(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite(FakePage(502)).serve() as url:
        answer, _ = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "nobody")
    (own,) = [cause for cause in answer.causes if cause.finding.code == "WEB-101"]
    assert own.verdict == Verdict.INCONCLUSIVE
    assert not any(f.code == "WEB-101" for cause in answer.causes for f in cause.explains)


async def test_of_a_healthy_site_the_cluster_is_not_asked(tmp_path: Path) -> None:
    with serve(demo()) as cluster, FakeSite().serve() as url:
        answer, asked = await looked_into(url, write_kubeconfig(tmp_path / "kubeconfig", cluster), "analytics-service")
    assert (answer.verdict, asked) == (Verdict.HEALTHY, 1)
    assert answer.ruled_out[0].text.startswith("127.0.0.1: HTTP 200 in ")


async def asked(question: str, settings: Settings) -> CaseFile:
    connections = Connections(settings)
    intent = understand_question(connections, question, utc_now())
    assert isinstance(intent, Intent), intent
    request = Request(question=question, intent=intent)
    async with connections.investigation(request) as ctx:
        return whole(await investigate(ctx, request))


async def test_a_question_in_words_reaches_site_and_cluster(tmp_path: Path) -> None:
    """Example 2: the site does not load; the service behind it is broken; one report says both."""
    with serve(demo()) as cluster, FakeSite(FakePage(502)).serve() as url:
        site = SiteSettings(url=url, services=("analytics-service",), namespaces=(NAMESPACE,))
        settings = composed(
            kubernetes=KubernetesSettings(kubeconfig=write_kubeconfig(tmp_path / "kubeconfig", cluster)), sites=(site,)
        )
        found = await asked("the website is not loading", settings)
    assert found.diagnosis.verdict == Verdict.CONFIRMED
    assert found.diagnosis.causes[0].finding.owner.name == "analytics-service"
    assert "WEB-101" in [f.code for f in found.diagnosis.causes[0].explains]


async def test_all_sites_are_checked_without_a_cluster(tmp_path: Path) -> None:
    """Example 3: each site that is well is said to be; the one that is not, too."""
    nobody = KubernetesSettings(kubeconfig=tmp_path / "none")
    with FakeSite(FakePage(200)).serve() as well, FakeSite(FakePage(503)).serve() as down:
        settings = composed(kubernetes=nobody, sites=(SiteSettings(url=well), SiteSettings(url=down)))
        found = await asked("do a health check on our production websites", settings)
    assert [c.finding.code for c in found.diagnosis.causes] == ["WEB-101"]
    assert any("200" in claim.text for claim in found.diagnosis.ruled_out)
