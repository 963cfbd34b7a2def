"""CORS: pages of other origins are let in where the settings name them, and never with a browser's own credentials."""

from pathlib import Path

import pytest

from midwatch.interfaces.http.app import openapi_document
from tests.interfaces.http.house import house

APP, OTHER = "https://app.example.com", "https://other.example.com"
PATHS = ("/api/v1/incidents", "/nothing", "/healthz")


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


@pytest.mark.parametrize("path", PATHS)
async def test_by_default_no_page_is_let_in(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as here:
        for answer in (
            await here.http.get(path, headers={"Origin": APP}),
            await here.http.options(path, headers=preflight(APP)),
        ):
            assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_a_named_origin_is_let_in_and_no_other(tmp_path: Path, path: str) -> None:
    """Also to read why it is refused; without a cookie, whatever happens."""
    async with house(tmp_path, cors_origins=(APP,)) as here:
        asked = await here.http.options(path, headers=preflight(APP))
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == APP
        assert "authorization" in asked.headers["access-control-allow-headers"].lower()
        answer = await here.http.get(path, headers={"Origin": APP})
        assert answer.headers["access-control-allow-origin"] == APP
        assert answer.headers["vary"] == "Origin"
        assert (await here.http.options(path, headers=preflight(OTHER))).status_code == 400
        refused = await here.http.get(path, headers={"Origin": OTHER})
        assert "access-control-allow-origin" not in refused.headers
        assert not any("access-control-allow-credentials" in one.headers for one in (asked, answer, refused))


async def test_every_origin_without_credentials(tmp_path: Path) -> None:
    async with house(tmp_path, cors_origins=("*",)) as here:
        answer = await here.http.get("/healthz", headers={"Origin": OTHER, "Cookie": "session=1"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_an_open_server_refuses_pages_all_the_same(tmp_path: Path) -> None:
    """Without a key, who asks is known by the machine alone, and a page is not its user."""
    async with house(tmp_path, open_access=True, cors_origins=(APP,)) as here:
        answer = await here.http.get("/api/v1/incidents", headers={"Origin": APP})
    assert answer.status_code == 401


async def test_each_method_of_the_api_is_allowed(tmp_path: Path) -> None:
    methods = {method.upper() for path in openapi_document()["paths"].values() for method in path}
    async with house(tmp_path, cors_origins=(APP,)) as here:
        for method in methods:
            assert (await here.http.options("/query", headers=preflight(APP, method))).status_code == 200, method
