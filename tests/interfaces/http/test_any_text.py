"""Any text at all is taken at the door: kept with a mark where it cannot be kept, or refused in one sentence; never a
fault."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midwatch.interfaces.http.access import Rates
from midwatch.kit.storable import storable
from tests.interfaces.http.house import House

ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=20) | st.sampled_from(
    ["a\0b", "\ud800", "x\udfffy", "😀\0", "\\u0000"]
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=ANY, other=ANY)
@pytest.mark.parametrize("path", ["/webhook/generic", "/alerts", "/api/v1/investigations", "/api/v1/keys"])
async def test_every_text_is_taken_or_refused(here: House, path: str, one: str, other: str) -> None:
    here.app.state.rates = Rates(here.ctx)
    said = {
        "/webhook/generic": {
            "title": one,
            "id": other,
            "fingerprint": other,
            "labels": {one: other},
            "description": other,
            other: one,
        },
        "/alerts": {"title": one, "description": other},
        "/api/v1/investigations": {"question": one},
        "/api/v1/keys": {"name": one, "role": "viewer"},
    }[path]
    answer = await here.ask(
        "POST", path, content=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 201, 202, 400), answer.text


@pytest.mark.parametrize("title", ["disk\0full", "a\ud800b", "\\u0000 as six signs"])
async def test_an_alert_with_such_a_sign_becomes_an_incident(here: House, title: str) -> None:
    """Not refused: who sends it cannot do otherwise, and something is wrong."""
    body = json.dumps({"title": f"lost {title}", "id": title, "labels": {"host": title}}).encode()
    answer = await here.ask("POST", "/webhook/generic", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202 and answer.json()["data"]["outcome"] == "accepted", answer.text
    (incident,) = (await here.get("/api/v1/incidents"))["items"]
    assert "\0" not in incident["title"] and storable(incident["title"]) == incident["title"]
