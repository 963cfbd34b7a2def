"""A question must not make Midwatch look into its own network, or carry a secret."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from midwatch.domain.tool import ToolError
from midwatch.integrations.website.addresses import kind, refusal_of
from midwatch.integrations.website.fake import FakePage, FakeSite
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import host
from midwatch.integrations.website.target import target
from tests.integrations.website.asking import as_json, ask, named, refusal, seen, site


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/", "loopback"),
        ("http://localhost:6443/", "loopback"),
        ("http://2130706433/", "loopback"),
        ("http://0x7f000001/", "loopback"),
        ("http://127.1/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "loopback"),
        ("http://[::ffff:7f00:1]/", "loopback"),
        ("http://[64:ff9b::a9fe:a9fe]/", "link-local"),
        ("http://[2002:a00:1::]/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("http://10.0.0.1/", "private"),
        ("http://172.16.0.1/", "private"),
        ("http://192.168.1.1/", "private"),
        ("http://[fd00:ec2::254]/", "private"),
        ("http://100.64.0.1/", "reserved"),
        ("http://0.0.0.0/", "unspecified"),
        ("http://[::]/", "unspecified"),
        ("http://224.0.0.1/", "multicast"),
        ("http://[ff02::1]/", "multicast"),
    ],
)
async def test_an_internal_address_is_refused_however_it_is_written(url: str, why: str) -> None:
    said = await refusal(url)
    assert said.startswith("refused: ")
    assert why in said


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "ws://example.com"]
)
async def test_only_http_is_asked(url: str) -> None:
    assert "unsupported scheme" in await refusal(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "https://",
        "http://[",
        "https://a b/",
        "https://shop.example/\r\nX: y",
        "x" * 3000,
        "a:b:c",
        "http://0177.0.0.1/",
    ],
)
async def test_what_is_no_address_is_refused(url: str) -> None:
    assert "invalid URL" in await refusal(url)


async def test_credentials_in_an_address_are_refused_and_kept_nowhere() -> None:
    answer = await ask("https://anna:hunter22@shop.example/")
    assert "hunter22" not in as_json(answer)
    assert "refused" in as_json(answer)


async def test_credentials_without_a_scheme_are_refused_too() -> None:
    assert "hunter22" not in await refusal("anna:hunter22@shop.example")


async def test_a_redirect_into_the_network_is_refused() -> None:
    for location in (
        "http://169.254.169.254/latest/",
        "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]:1/",
        "//2130706433:1/",
    ):
        with FakeSite(FakePage(302, b"", {"Location": location})).serve() as url:
            assert (await refusal(url, site(url))).startswith("refused: ")


async def test_a_redirect_with_credentials_is_refused() -> None:
    with FakeSite(FakePage(302, b"", {"Location": "https://a:hunter22@shop.example/"})).serve() as url:
        answer = await ask(url, site(url))
    assert "hunter22" not in as_json(answer)
    assert "user name or password" in as_json(answer)


async def test_one_internal_address_among_public_ones_is_enough() -> None:
    names = named({"shop.example": ["93.184.215.14", "10.1.2.3"]})
    assert "10.1.2.3" in await refusal("https://shop.example", resolve=names)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name service that changes its mind: the first answer is allowed, each later one would not be."""
    answers = [["127.0.0.1"]]

    async def changing(host: str, port: int) -> list[str]:
        return answers.pop(0) if answers else ["169.254.169.254"]

    fake = FakeSite()
    with fake.serve() as url:
        there = url.replace("127.0.0.1", "shop.example")
        assert (await seen(there, resolve=changing)).status == 200
    assert [host for host, _, _ in fake.asked] == [there.removeprefix("http://")]


async def test_each_hop_is_looked_up_and_checked_again() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def changing(host: str, port: int) -> list[str]:
        return answers.pop(0)

    with FakeSite(pages={"/": FakePage(302, b"", {"Location": "/b"})}).serve() as url:
        there = f"{url.replace('127.0.0.1', 'shop.example')}/"
        assert "status: 200" not in as_json(await ask(there, site(url), resolve=changing))


async def test_a_configured_site_may_be_internal_at_its_own_port_only() -> None:
    with FakeSite().serve() as url, FakeSite().serve() as other:
        assert (await seen(url, site(url))).status == 200
        assert "127.0.0.1 is loopback" in await refusal(other, site(url))


async def test_metadata_of_the_cloud_is_refused_even_when_it_is_configured() -> None:
    url = "http://169.254.169.254/latest/"
    said = await refusal(url, site(url))
    assert said == "refused: 169.254.169.254 is link-local"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = FakeSite(FakePage(200, b"proxy"))
    with proxy.serve() as between, FakeSite(FakePage(200, b"site")).serve() as url:
        monkeypatch.setenv("HTTP_PROXY", between)
        monkeypatch.setenv("ALL_PROXY", between)
        assert "preview: site" in (await seen(url)).text
    assert proxy.asked == []


@given(st.ip_addresses())
def test_only_addresses_of_the_public_internet_pass(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not kind(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_counts_as_itself(address: ipaddress.IPv4Address) -> None:
    for outer in (
        f"::ffff:{address}",
        str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))),
    ):
        assert bool(kind(outer)) == bool(kind(str(address)))


@given(st.ip_addresses())
def test_what_is_configured_opens_no_more_than_the_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    opened = kind(str(address)) and not refusal_of(str(address), meant=True)
    assert not opened or not (address.is_multicast or address.is_link_local or address.is_unspecified)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = target(text)
    except ToolError:
        return
    assert found.scheme in ("http", "https")
    assert found.host
    assert not found.userinfo


@given(st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z]{2,6}){0,2}(:[0-9]{1,4})?(/[a-z]*)?", fullmatch=True))
def test_a_configured_site_is_found_by_the_host_that_is_asked(url: str) -> None:
    try:
        found = target(url)
    except ToolError:
        return
    assert host(SiteSettings(url=url).url) == found.host


@pytest.mark.parametrize("url", ["https://a:b@shop.example", "ftp://shop.example", "", "shop.example x"])
def test_a_site_that_could_never_be_asked_is_no_setting(url: str) -> None:
    with pytest.raises(ValidationError):
        SiteSettings(url=url)


def test_services_without_a_namespace_are_no_setting() -> None:
    with pytest.raises(ValidationError, match="namespaces is required"):
        SiteSettings(url="shop.example", services=("cart",))
