"""Sites that answer, well or badly, over real loopback HTTP."""

import time
from urllib.parse import urlsplit

import pytest

from midwatch.integrations.website.check import LARGEST, REDIRECTS, TOTAL_S
from midwatch.integrations.website.fake import FakePage, FakeSite
from tests.integrations.website.asking import lines, named, seen, site


async def test_a_healthy_site_is_described_in_lines() -> None:
    with FakeSite().serve() as url:
        probe = await seen(url)
    said = lines(probe)
    assert (probe.status, probe.error, probe.tls_days) == (200, "", None)
    assert (said["status"], said["address"], said["content type"]) == (
        "200 OK",
        "127.0.0.1",
        "text/html; charset=utf-8",
    )
    assert said["preview"] == "<!doctype html><title>Shop</title><h1>Welcome</h1>"
    assert said["time"] == f"{probe.took_ms} ms"
    assert 0 < probe.took_ms < 2000


@pytest.mark.parametrize("status", [301, 404, 500, 502, 503, 204])
async def test_the_status_is_what_the_site_says(status: int) -> None:
    with FakeSite(FakePage(status, b"")).serve() as url:
        probe = await seen(url)
    assert (probe.status, probe.error) == (status, "")


async def test_a_site_with_a_path_and_a_question_is_asked_for_just_that() -> None:
    fake = FakeSite()
    with fake.serve() as url:
        await seen(f"{url}/status?deep=1#part", site(url))
    assert fake.asked == [(urlsplit(url).netloc, "/status?deep=1", "")]


async def test_a_slow_answer_is_timed() -> None:
    with FakeSite(FakePage(delay_s=0.3)).serve() as url:
        probe = await seen(url)
    assert 300 <= probe.took_ms < 2500
    phases = dict(part.rsplit(" ", 2)[:2] for part in lines(probe)["phases"].split(", "))
    assert list(phases) == ["dns", "connect", "wait", "page"]
    assert 300 <= int(phases["wait"]) <= probe.took_ms


async def test_redirects_are_followed_and_noted_one_by_one() -> None:
    pages = {
        "/": FakePage(302, b"", {"Location": "/login?code=abc123"}),
        "/login?code=abc123": FakePage(307, b"", {"Location": "home"}),
    }
    with FakeSite(FakePage(body=b"home"), pages).serve() as url:
        probe = await seen(f"{url}/")
    said = lines(probe)
    assert (probe.status, said["preview"]) == (200, "home")
    assert (said["redirect 1"], said["redirect 2"]) == (f"302 {url}/login?code=…", f"307 {url}/home")


async def test_a_cookie_lives_as_long_as_one_check() -> None:
    fake = FakeSite(pages={"/": FakePage(302, b"", {"Location": "/in", "Set-Cookie": "seen=1"})})
    with fake.serve() as url:
        await seen(f"{url}/")
        await seen(f"{url}/in", site(url))
    assert [cookies for _, path, cookies in fake.asked if path == "/in"] == ["seen=1", ""]


async def test_a_loop_ends() -> None:
    pages = {"/": FakePage(302, b"", {"Location": "/b"}), "/b": FakePage(302, b"", {"Location": "/"})}
    fake = FakeSite(pages=pages)
    with fake.serve() as url:
        probe = await seen(f"{url}/")
    assert (probe.error, len(fake.asked)) == ("redirects", REDIRECTS + 1)
    assert lines(probe)["error"] == f"redirects: more than 5 redirects; loop at {url}/"


@pytest.mark.parametrize(("count", "error"), [(REDIRECTS, ""), (REDIRECTS + 1, "redirects")])
async def test_five_redirects_are_followed_and_six_are_not(count: int, error: str) -> None:
    pages = {f"/{n}": FakePage(301, b"", {"Location": f"/{n + 1}"}) for n in range(count)}
    with FakeSite(pages=pages).serve() as url:
        assert (await seen(f"{url}/0", site(url))).error == error


@pytest.mark.parametrize("location", ["myapp://open", "http://[", "javascript:alert(1)"])
async def test_a_redirect_to_no_page_is_said(location: str) -> None:
    with FakeSite(FakePage(302, b"", {"Location": location})).serve() as url:
        probe = await seen(url)
    assert (probe.status, probe.error) == (302, "redirects")


async def test_an_endless_body_is_left_after_64_kib() -> None:
    fake = FakeSite(FakePage(body=b"x" * 1000, endless=True))
    with fake.serve() as url:
        probe = await seen(url)
    assert lines(probe)["size"] == f"more than {LARGEST} bytes, the rest was not read"
    assert (probe.status, probe.error) == (200, "")


async def test_a_body_that_drips_is_left_when_the_time_is_up() -> None:
    started = time.monotonic()
    with FakeSite(FakePage(body=b"drip" * 100, drip_s=0.2)).serve() as url:
        probe = await seen(url)
    assert (probe.status, probe.error) == (200, "timeout")
    assert lines(probe)["preview"].startswith("dripdrip")
    assert TOTAL_S <= time.monotonic() - started < TOTAL_S + 5


async def test_a_stream_of_events_is_not_waited_for() -> None:
    with FakeSite(
        FakePage(body=b"data: 1\n\n", drip_s=0.5, headers={"Content-Type": "text/event-stream"})
    ).serve() as url:
        probe = await seen(url)
    assert (probe.status, probe.error) == (200, "")


async def test_a_packed_body_is_not_unpacked() -> None:
    with FakeSite(FakePage(body=b"\x1f\x8b\x08bomb", headers={"Content-Encoding": "gzip"})).serve() as url:
        said = lines(await seen(url))
    assert said["content encoding"] == "gzip"
    assert "preview" not in said


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol"),
        (b"\x00\x01\x02\xff" * 50, "protocol"),
        (b"", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "protocol"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(300)) + b"\r\n",
            "protocol",
        ),
    ],
    ids=["ssh", "garbage", "nothing", "half", "huge headers"],
)
async def test_what_is_not_http_is_said(raw: bytes, error: str) -> None:
    with FakeSite(FakePage(raw=raw)).serve() as url:
        probe = await seen(url)
    assert probe.error == error


async def test_a_page_cannot_forge_a_line() -> None:
    with FakeSite(FakePage(404, b"\r\nstatus: 200 OK\r\ntime: 1 ms\x1b[2J\x00")).serve() as url:
        probe = await seen(url)
    assert [line for line in probe.text.splitlines() if line.startswith("status")] == ["status: 404 Not Found"]
    assert all(c.isprintable() or c == "\n" for c in probe.text)


async def test_secrets_of_a_page_are_cut_out() -> None:
    with FakeSite(FakePage(500, b"could not log in: password=hunter22secret")).serve() as url:
        probe = await seen(url)
    assert "hunter22secret" not in probe.text


async def test_secrets_in_an_address_are_cut_out() -> None:
    with FakeSite().serve() as url:
        probe = await seen(f"{url}/?api_key=sk1234567890abcdef&page=2", site(url))
    assert "sk1234567890abcdef" not in probe.text + probe.url
    assert "page=2" in probe.url


async def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    with FakeSite().serve() as url:
        pass
    closed = await seen(url)
    assert (closed.status, closed.error) == (0, "connect")
    assert "refused" in lines(closed)["error"]
    unknown = await seen("https://nothing.invalid")
    assert (unknown.status, unknown.error) == (0, "dns")


async def test_another_address_of_the_name_is_tried() -> None:
    with FakeSite().serve() as url:
        there = url.replace("127.0.0.1", "shop.example")
        probe = await seen(there, resolve=named({"shop.example": ["127.0.0.2", "127.0.0.1"]}))
    assert (probe.status, lines(probe)["address"]) == (200, "127.0.0.1")


async def test_a_name_without_addresses_is_unknown() -> None:
    assert (await seen("https://shop.example", resolve=named({"shop.example": []}))).error == "dns"
