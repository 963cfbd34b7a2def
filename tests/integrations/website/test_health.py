"""What the doctor is told of each configured site."""

from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.fake import FakePage, FakeSite
from midwatch.integrations.website.health import health
from midwatch.integrations.website.objects.site import SiteSettings
from tests.integrations.website.asking import site


async def states(*sites: SiteSettings) -> list[tuple[str, str]]:
    return [(h.state, h.detail) for h in await health(sites, Checker(sites))]


async def test_no_site_is_missing_not_wrong() -> None:
    assert await states() == [("missing", "no sites configured")]


async def test_each_site_has_its_line() -> None:
    with FakeSite().serve() as well, FakeSite(FakePage(503)).serve() as ill:
        found = await states(
            site(well), site(ill), SiteSettings(url="http://169.254.169.254"), SiteSettings(url="nothing.invalid")
        )
    assert [state for state, _ in found] == ["ok", "failed", "refused", "failed"]
    assert found[0][1].startswith("HTTP 200 in ")
    assert found[1][1].startswith("HTTP 503 in ")
    assert found[2][1] == "refused: 169.254.169.254 is link-local"
    assert found[3][1].startswith("dns: nothing.invalid: ")


async def test_a_site_without_services_is_told_what_that_means() -> None:
    with FakeSite().serve() as url:
        given = (site(url), site(url, services=["cart"], namespaces=["shop"]))
        found = await health(given, Checker(given))
    assert ["no services" in h.hint for h in found] == [True, False]
