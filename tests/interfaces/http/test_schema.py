"""The OpenAPI document is true: whatever it allows gets an answer that it describes, and nothing at all gets a 500."""

import asyncio
import os
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import schemathesis
import schemathesis.checks
from hypothesis import HealthCheck, settings

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.app import openapi_document
from tests.interfaces.http.house import house, listening

EXAMPLES = int(os.environ.get("MIDWATCH_API_EXAMPLES", "6"))  # of each operation; `make test-api` tries many more
MANY = 10**9
MEANING = schemathesis.checks.positive_data_acceptance  # no schema says that a time is over or a note holds only blanks
DOCUMENT = openapi_document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(path, method, op) for path, methods in DOCUMENT["paths"].items() for method, op in methods.items()]


@dataclass(frozen=True)
class Served:
    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A server with its own loop in its own thread, some incidents and an investigation in its store."""
    found, ready, over = list[Served](), threading.Event(), threading.Event()

    async def serve(folder: Path) -> None:
        # Nobody works here: a question is answered with the investigation's name as soon as patience ends.
        settings = {
            "requests_per_hour": MANY,
            "webhooks_per_hour": MANY,
            "queries_per_minute": MANY,
            "answer_within": 0.01,
        }
        async with house(folder, **settings) as here, listening(here.app) as url:
            for n in range(3):
                await here.post("/api/v1/incidents", {"title": f"t{n}", "service_name": f"s{n}"})
            found.append(Served(url, here.key(AccessRole.ADMIN)))
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve(tmp_path_factory.mktemp("schema"))))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    over.set()
    thread.join(30)


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_every_answer_is_as_documented(case: schemathesis.Case, served: Served) -> None:
    case.call_and_validate(base_url=served.url, headers=served.headers, excluded_checks=[MEANING])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_every_operation_says_what_it_is_for_and_how_it_fails(
    path: str, method: str, operation: dict[str, object]
) -> None:
    assert operation.get("summary")
    responses = operation["responses"]
    assert isinstance(responses, dict)
    assert "422" not in responses
    if path.startswith("/api"):
        assert set(responses) >= {"400", "404", "409", "413", "429", "500", "503"}
        assert operation.get("security") or path == "/api/v1/setup"
    assert (set(responses) >= {"401", "403"}) == bool(operation.get("security")), "where a key is needed, only there"


def test_every_field_of_a_request_has_its_limits() -> None:
    """A text without a greatest length would be stored however long it is."""
    for name in ("NewAlert", "Changes", "Action", "QuestionBody", "NewKey", "Setup"):
        for field, schema in DOCUMENT["components"]["schemas"][name]["properties"].items():
            for one in schema.get("anyOf", [schema]):
                bounded = {"maxLength", "enum", "format", "$ref", "pattern"} & set(one)
                assert one.get("type") != "string" or bounded, f"{name}.{field}"
