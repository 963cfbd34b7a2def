"""A body that names no source is found by its own fields: each example by exactly one source, and by no other."""

import json

import pytest

from midwatch.services.alertfiles import recognised_source
from tests.integrations.examples import body, names
from tests.plugged import alert_sources

SOURCES = sorted(alert_sources())
EXAMPLES = [(source, name) for source in SOURCES for name in names(source)]


@pytest.mark.parametrize(("source", "name"), EXAMPLES, ids=lambda x: x)
def test_an_example_is_recognised_by_its_source_alone(source: str, name: str) -> None:
    document = json.loads(body(source, name))
    claims = {inbox.source for inbox in alert_sources().values() if inbox.recognises and inbox.recognises(document)}
    assert claims == ({source} - {"generic"})
    assert recognised_source(body(source, name), alert_sources()).source == source


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"Disk full on db-1",
        b"[critical] disk full",
        b'{"event": "x", "messages": []}',
        b"\xff\xfe",
        b"[" * 90_000,
    ],
)
def test_what_no_source_knows_is_generic(text: bytes) -> None:
    assert recognised_source(text, alert_sources()).source == "generic"


def test_a_body_of_sentrys_plug_in_without_an_event_id() -> None:
    document = json.loads(body("sentry", "plugin"))
    del document["event"]["event_id"]
    assert recognised_source(json.dumps(document).encode(), alert_sources()).source == "sentry"
