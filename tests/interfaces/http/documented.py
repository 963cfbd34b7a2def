"""The OpenAPI document, and a server that has to keep to it."""

import asyncio
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import schemathesis
import schemathesis.checks

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.app import openapi_document
from tests.interfaces.http.house import house, listening

MANY = 10**9
MEANING = schemathesis.checks.positive_data_acceptance  # no schema says that a time is over or a note holds only blanks
DOCUMENT = openapi_document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


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
