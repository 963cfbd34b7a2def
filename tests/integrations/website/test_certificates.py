"""Sites over real loopback HTTPS, with certificates that are well, old, young, strange or somebody else's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from midwatch.integrations.website.certificate import parse_certificate
from midwatch.integrations.website.fake import FakePage, FakeSite, issue
from midwatch.kit.clock import utc_now
from tests.integrations.website.asking import lines, named, refusal, seen, site

DAY = timedelta(days=1)


def today() -> datetime:
    """TLS libraries look at the real clock, so these certificates do as well."""
    return utc_now().replace(microsecond=0)


async def test_a_valid_certificate_is_described(tmp_path: Path) -> None:
    until = today() + 90 * DAY + timedelta(hours=1)
    papers = issue(tmp_path, until)
    with FakeSite().serve(papers.server()) as url:
        probe = await seen(url, site(url, ca_file=papers.certificate), now=today())
    said = lines(probe)
    assert (probe.status, probe.error, probe.tls_problem, probe.tls_days) == (200, "", "", 90)
    assert (said["certificate issuer"], said["certificate names"]) == ("CN=Fake Site", "localhost, 127.0.0.1")
    assert said["certificate expires"] == until.isoformat()


async def test_an_expired_certificate_says_when(tmp_path: Path) -> None:
    expired = today() - 3 * DAY - timedelta(hours=1)
    papers = issue(tmp_path, expired)
    fake = FakeSite()
    with fake.serve(papers.server()) as url:
        probe = await seen(url, site(url, ca_file=papers.certificate), now=today())
    assert (probe.status, probe.error, probe.tls_problem, probe.tls_days) == (0, "tls", "expired", -4)
    assert lines(probe)["certificate expires"] == expired.isoformat()
    assert fake.asked == [], "nothing is sent to a site that proves nothing"


async def test_an_expired_certificate_of_nobody_known_is_dated_as_well(tmp_path: Path) -> None:
    with FakeSite().serve(issue(tmp_path, today() - DAY).server()) as url:
        probe = await seen(url, now=today())
    assert (probe.tls_problem, probe.tls_days) == ("untrusted", -1)


async def test_a_certificate_of_tomorrow_is_early(tmp_path: Path) -> None:
    papers = issue(tmp_path, today() + 30 * DAY, starts=today() + DAY)
    with FakeSite().serve(papers.server()) as url:
        assert (await seen(url, site(url, ca_file=papers.certificate), now=today())).tls_problem == "early"


async def test_a_certificate_of_another_host_is_told_apart(tmp_path: Path) -> None:
    papers = issue(tmp_path, today() + 30 * DAY, names=("other.example",))
    with FakeSite().serve(papers.server()) as url:
        probe = await seen(url, site(url, ca_file=papers.certificate), now=today())
    assert (probe.error, probe.tls_problem, lines(probe)["certificate names"]) == ("tls", "name", "other.example")


async def test_a_certificate_nobody_vouches_for_is_told_apart(tmp_path: Path) -> None:
    with FakeSite().serve(issue(tmp_path, today() + 30 * DAY).server()) as url:
        probe = await seen(url, now=today())
    assert (probe.error, probe.tls_problem) == ("tls", "untrusted")
    assert probe.tls_days in (29, 30)


async def test_the_name_is_what_the_certificate_is_checked_against(tmp_path: Path) -> None:
    """The connection goes to an address; the certificate has to be that of the name."""
    papers = issue(tmp_path, today() + 30 * DAY, names=("shop.example",))
    fake = FakeSite()
    with fake.serve(papers.server()) as url:
        there = url.replace("127.0.0.1", "shop.example")
        probe = await seen(
            there, site(there, ca_file=papers.certificate), resolve=named({"shop.example": ["127.0.0.1"]}), now=today()
        )
    assert (probe.status, probe.error) == (200, "")


async def test_plain_http_at_a_port_for_https_is_said() -> None:
    with FakeSite(FakePage()).serve() as url:
        probe = await seen(url.replace("http:", "https:"), site(url))
    assert (probe.error, probe.tls_problem, probe.tls_days) == ("tls", "handshake", None)


async def test_leaving_https_is_noted_and_the_certificate_kept(tmp_path: Path) -> None:
    papers = issue(tmp_path, today() + 30 * DAY)
    with FakeSite().serve() as plain, FakeSite(FakePage(301, b"", {"Location": plain})).serve(papers.server()) as url:
        probe = await seen(url, site(url, ca_file=papers.certificate), site(plain), now=today())
    assert lines(probe)["redirect 1"] == f"301 {plain} (leaves https)"
    assert (probe.status, probe.tls_days is not None) == (200, True)


async def test_an_authority_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    assert "cannot read ca_file" in await refusal(
        "https://localhost", site("https://localhost", ca_file=tmp_path / "none.pem")
    )


@pytest.mark.parametrize("der", [None, b"", b"0\x82garbage"])
def test_what_is_no_certificate_is_none(der: bytes | None) -> None:
    assert parse_certificate(der) is None


def test_days_are_whole_and_below_zero_when_it_is_over(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    papers = issue(tmp_path, moment)
    pem = papers.certificate.read_text()
    found = parse_certificate(__import__("ssl").PEM_cert_to_DER_cert(pem))
    assert found is not None
    assert [found.days(moment + timedelta(hours=h)) for h in (-25, -1, 0, 1)] == [1, 0, 0, -1]
