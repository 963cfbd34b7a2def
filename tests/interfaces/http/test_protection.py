"""What browsers, caches and proxies are told, and what they are not believed."""

import re
from collections.abc import Iterable
from pathlib import Path

import httpx2
import pytest

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http import schema_reference
from midwatch.interfaces.http.address import client_address
from midwatch.interfaces.http.app import openapi_document
from midwatch.interfaces.http.limits import Network
from midwatch.interfaces.http.reference import reference
from midwatch.settings import ServerSettings
from tests.interfaces.http.house import House, house, refused

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
WANTED = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


class TestHeaders:
    async def test_every_answer_has_them(self, here: House) -> None:
        @here.app.get("/broken")
        async def broken() -> None:
            raise RuntimeError

        asked = [
            ("GET", p)
            for p in ("/healthz", "/health", "/metrics", "/openapi.json", "/nothing", "/api/v1/incidents", "/broken")
        ]
        for method, path in [
            *asked,
            ("PUT", "/api/v1/incidents"),
            ("POST", "/webhook/generic"),
            ("OPTIONS", "/query"),
            ("HEAD", "/"),
        ]:
            answer = await here.http.request(method, path)
            assert {name: answer.headers.get(name) for name in WANTED} == WANTED, (method, path)
            assert "strict-transport-security" not in answer.headers
            assert answer.headers["x-request-id"]

    async def test_https_is_made_permanent_where_it_is_used(self, tmp_path: Path) -> None:
        async with house(tmp_path, url="https://midwatch.example.com") as here:
            assert (await here.http.get("/nothing")).headers["strict-transport-security"] == "max-age=31536000"


async def own_page(here: House, path: str) -> str:
    """The text of a page, after it was checked that it needs nothing from elsewhere and leads nowhere in vain."""
    answer = await here.http.get(path, headers=BROWSER)
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text and "style=" not in answer.text and "//" not in answer.text.replace("://", "")
    (policy,) = answer.headers.get_list("content-security-policy")
    assert (
        "default-src 'none'" in policy
        and "style-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
    )
    assert not re.search(r"https?:", policy)
    for target in set(re.findall(r'(?:href|src)="([^"#][^"]*)"', answer.text)):
        assert (await here.http.get(target)).status_code == 200, target
    ids = re.findall(r' id="([^"]*)"', answer.text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', answer.text)) <= set(ids)
    return answer.text


class TestPages:
    """`/`, `/docs` and `/redoc`"""

    async def test_the_start_page_leads_to_the_others_and_holds_nothing_of_the_store(self, here: House) -> None:
        await here.post("/api/v1/incidents", {"title": "canary-title", "service_name": "canary-service"})
        page = await own_page(here, "/")
        assert {"/docs", "/redoc", "/openapi.json", "/health", "/metrics"} <= set(re.findall(r'href="([^"]*)"', page))
        assert "canary" not in page and here.secrets[AccessRole.RESPONDER] not in page

    async def test_programs_get_the_links_as_json(self, here: House) -> None:
        for accept in ("*/*", "application/json", ""):
            answer = await here.http.get("/", headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["vary"] == "Accept"
            assert answer.json()["version"] == openapi_document()["info"]["version"]
            for link in answer.json()["links"]:
                assert (await here.http.get(link)).status_code == 200, link
        assert (await here.http.head("/")).status_code == 200, "what some load balancers ask"

    async def test_the_overview_holds_every_operation(self, here: House) -> None:
        page = await own_page(here, "/docs")
        for path, methods in openapi_document()["paths"].items():
            assert page.count(f">{path}<") == len(methods), path

    async def test_the_reference_holds_every_operation_and_schema(self, here: House) -> None:
        page, document = await own_page(here, "/redoc"), openapi_document()
        for path, methods in document["paths"].items():
            assert page.count(f">{path}<") == len(methods), path
        for name, schema in document["components"]["schemas"].items():
            section = page.partition(f'<section id="schema-{name}">')[2].partition("</section>")[0]
            assert section, name
            for field in schema.get("properties", ()):
                assert f"<td>{field}</td>" in section, f"{name}.{field}"
        created = page.partition("<h3>Create an incident")[2].partition("</section>")[0]
        assert '<a href="#schema-AlertSeverity">' in created and ">Ok[Incident]</a>" in created

    @pytest.mark.parametrize("text", ["<script>x</script>", '"><img src=x>', "a `<b>` c"])
    def test_what_the_document_says_is_text(self, text: str) -> None:
        field = {"type": "string", "description": text}
        entry = {
            "tags": ["t"],
            "summary": text,
            "description": text,
            "operationId": "o",
            "parameters": [{"name": text, "in": "query", "schema": {"enum": [text]}, "required": False}],
            "responses": {"200": {"description": text}},
        }
        document = {
            "info": {"title": text, "description": text, "version": "1"},
            "paths": {"/p": {"get": entry}},
            "components": {"schemas": {"S": {"description": text, "properties": {text: field}}}},
        }
        for page in (reference(document), schema_reference.reference(document)):
            assert "<script" not in page and "<img" not in page and "<b>" not in page

    async def test_a_browser_gets_an_icon(self, here: House) -> None:
        answer = await here.http.get("/favicon.ico")
        assert answer.headers["content-type"] == "image/svg+xml" and answer.text.startswith("<svg")

    async def test_only_assets_are_kept_by_caches(self, here: House) -> None:
        answer = await here.http.get("/static/reference.css")
        assert (
            answer.headers["cache-control"].startswith("public")
            and answer.headers["x-content-type-options"] == "nosniff"
        )
        assert (await here.http.get("/docs")).headers["cache-control"] == "no-store"


def networks(*texts: str) -> tuple[Network, ...]:
    return ServerSettings.model_validate({"proxies": texts}).proxies


def believed(peer: str, headers: Iterable[tuple[str, str]], *proxies: str, header: str = "x-forwarded-for") -> str:
    return client_address(peer, [(n.encode(), v.encode()) for n, v in headers], networks(*proxies), header)


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "address"),
        [
            (["198.51.100.7"], "198.51.100.7"),
            (["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (["203.0.113.9", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            (["198.51.100.7:4711"], "198.51.100.7"),
            (["[2001:db8::7]:4711"], "2001:db8::/64"),
            (["2001:db8::7"], "2001:db8::/64"),
            (["203.0.113.9, unknown"], "10.0.0.1"),
            (["203.0.113.9,"], "10.0.0.1"),
            ([""], "10.0.0.1"),
            ([], "10.0.0.1"),
            (["10.0.0.3, 10.0.0.2"], "10.0.0.1"),
            (["a" * 5000], "10.0.0.1"),
            (["203.0.113.9, " + "10.0.0.2, " * 100 + "10.0.0.2"], "10.0.0.1"),
        ],
    )
    def test_the_last_one_that_is_no_proxy_counts(self, given: list[str], address: str) -> None:
        assert believed("10.0.0.1", [("x-forwarded-for", value) for value in given], "10.0.0.0/8") == address

    def test_of_nobody_else_it_is_believed(self) -> None:
        spoofed = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9")]
        assert believed("127.0.0.1", spoofed) == "127.0.0.1"
        assert believed("192.0.2.1", spoofed, "10.0.0.0/8") == "192.0.2.1"
        assert believed("10.0.0.1", spoofed[1:], "10.0.0.0/8") == "10.0.0.1", "only the header that the proxy writes"

    def test_the_standard_header(self) -> None:
        given = [
            ("forwarded", 'for=203.0.113.9, for="198.51.100.7:80";proto=https;by=10.0.0.1'),
            ("x-forwarded-for", "192.0.2.1"),
        ]
        assert believed("10.0.0.1", given, "10.0.0.1", header="forwarded") == "198.51.100.7"
        assert believed("10.0.0.1", [("forwarded", "proto=https")], "10.0.0.1", header="forwarded") == "10.0.0.1"
        assert believed("::ffff:10.0.0.1", given, "10.0.0.1", header="forwarded") == "198.51.100.7"

    @pytest.mark.parametrize(("proxies", "statuses"), [([], [401, 401, 429]), (["127.0.0.1"], [401, 401, 401])])
    async def test_rates_count_it(self, tmp_path: Path, proxies: list[str], statuses: list[int]) -> None:
        """Who changes a header with each guess is one client, unless a proxy says that they are several."""
        async with house(tmp_path, requests_per_hour=2, proxies=proxies) as here:
            found = list[int]()
            for number in range(3):
                headers = {
                    "Authorization": "Bearer mw_guess",
                    "X-Forwarded-For": f"198.51.100.{number}",
                    "X-Forwarded-Proto": "https",
                }
                found.append((await here.http.get("/api/v1/incidents", headers=headers)).status_code)
            assert found == statuses

    @pytest.mark.parametrize("wrong", ["proxy.example.com", "10.0.0.1/8", "*"])
    def test_what_is_no_network_is_refused(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="proxies"):
            networks(wrong)


FOREIGN = {
    "another name": {"Host": "evil.example"},
    "a name that begins alike": {"Host": "127.0.0.1.evil.example"},
    "a page from elsewhere": {"Origin": "https://evil.example"},
    "no origin to speak of": {"Origin": "null"},
    "a page of another port": {"Host": "127.0.0.1:8350", "Origin": "http://127.0.0.1:3000"},
    "a browser on another site": {"Sec-Fetch-Site": "cross-site"},
    "a browser on a neighbour": {"Sec-Fetch-Site": "same-site"},
    "a proxy": {"X-Forwarded-For": "203.0.113.9"},
    "another proxy": {"Via": "1.1 evil"},
}
FORMS = (
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
)
OPEN_PATHS = [
    ("GET", "/api/v1/incidents"),
    ("GET", "/api/v1/investigations/inv_1/events"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/tools"),
    ("POST", "/webhook/generic"),
    ("PUT", "/webhook/generic"),
    ("POST", "/webhook/generic/test"),
    ("POST", "/alerts"),
    ("POST", "/query"),
    ("POST", "/api/v1/keys"),
    ("POST", "/api/v1/incidents/inc_1/acknowledge"),
]


class TestOpen:
    """`--open` asks for no key: nothing that a web page in this machine's browser can send may pass for its user."""

    @pytest.mark.parametrize("how", FOREIGN)
    async def test_nothing_comes_from_elsewhere(self, tmp_path: Path, how: str) -> None:
        async with house(tmp_path, open_access=True) as here:
            for method, path in OPEN_PATHS:
                body = b'{"title": "t", "prompt": "p", "name": "n"}' if method != "GET" else None
                headers = {"Content-Type": "application/json"} | FOREIGN[how]
                refused(await here.http.request(method, path, content=body, headers=headers), 401, "own machine")
            assert await here.tally() == {"incidents": 0}

    @pytest.mark.parametrize("kind", FORMS)
    async def test_a_form_posts_nothing(self, tmp_path: Path, kind: str) -> None:
        async with house(tmp_path, open_access=True) as here:
            for path in ("/webhook/generic", "/alerts", "/api/v1/keys", "/api/v1/incidents/inc_1/acknowledge"):
                refused(
                    await here.http.post(path, content=b'{"title": "t"}', headers={"Content-Type": kind}), 401, "form"
                )
            assert await here.tally() == {"incidents": 0}

    async def test_what_is_from_here_is_taken(self, tmp_path: Path) -> None:
        async with house(tmp_path, open_access=True) as here:
            for headers in (
                {},
                {"Host": "localhost:8350", "Origin": "http://localhost:8350", "Sec-Fetch-Site": "same-origin"},
            ):
                answer = await here.http.post("/webhook/generic", json={"title": "t"}, headers=headers)
                assert answer.status_code == 202, answer.text
            assert (await here.http.get("/docs", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200

    async def test_with_keys_a_browser_has_nothing_to_send(self, here: House) -> None:
        """There are no cookies, and no answer tells a browser that another page may read it."""
        for method in ("GET", "POST", "OPTIONS"):
            headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
            answer = await here.http.request(method, "/api/v1/incidents", headers=headers | here.key(AccessRole.ADMIN))
            assert "set-cookie" not in answer.headers
            assert not [name for name in answer.headers if name.startswith("access-control-")]
        cookie = {"Cookie": f"key={here.secrets[AccessRole.ADMIN]}"}
        refused(await here.http.get("/api/v1/incidents", headers=cookie), 401)


async def test_no_way_in_without_a_key(here: House) -> None:
    """Every path of the API, as it is described: what needs no key is this list and nothing else."""
    free = set[str]()
    for path, methods in openapi_document()["paths"].items():
        for method in methods:
            answer = await here.http.request(method, re.sub(r"\{\w+\}", "generic", path), json={})
            if answer.status_code != 401:
                free.add(f"{method.upper()} {path}")
    assert free == {"GET /healthz", "GET /readyz", "GET /health", "GET /metrics", "POST /api/v1/setup"}
    elsewhere = httpx2.ASGITransport(here.app, client=("192.0.2.7", 5000))
    async with httpx2.AsyncClient(transport=elsewhere, base_url="http://127.0.0.1") as other:
        refused(await other.post("/api/v1/setup", json={"token": "x", "name": "x"}), 401)
