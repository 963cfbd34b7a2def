"""What holds for every inbox: whatever comes, `parse` answers and `verify` at most says Forged; nothing over-long or
secret is kept."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import SignatureInvalid
from midwatch.domain.sender import SenderSettings
from midwatch.wiring.registry import registry
from tests.integrations.examples import NOW, ROOT, body, delivered, fake_sender, hook, names
from tests.plugged import alert_sources

SOURCES = sorted(alert_sources())
EXAMPLES = [(source, name) for source in SOURCES for name in names(source)]
SENDERS = (
    SenderSettings(),
    SenderSettings(secrets=(SecretStr("s"),), topics=("arn:aws:sns:eu-north-1:210987654321:harbour-alarms",)),
    SenderSettings(
        tokens=(SecretStr("t"),),
        fields={"title": "a.b.0", "status": "/a/~1", "labels.x": "a"},
        values={"a": "resolved"},
    ),
)
WRONG = (None, True, -1, 1e308, "\ud800", [[]], {"a": {"b": []}}, [None, 1, "a", {"id": 1}])
KEYS = sorted({key for source, name in EXAMPLES for key in re.findall(r'"(\w[\w -]*)":', body(source, name).decode())})
HEADERS = (
    *(
        "authorization",
        "x-midwatch-token",
        "x-midwatch-signature",
        "x-midwatch-timestamp",
        "x-pagerduty-signature",
        "x-webhook-id",
    ),
    *(
        "x-grafana-alerting-signature",
        "x-grafana-alerting-timestamp",
        "sentry-hook-signature",
        "sentry-hook-resource",
        "request-id",
    ),
    "x-amz-sns-message-id",
    *(name.lower() for source in SOURCES for name in fake_sender(source).send(b"{}", NOW).headers),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=6)
    ),
)


def check(delivery: Delivery) -> None:
    """One kind of answer, within the limits, and fit for a database that takes neither NUL nor half a character."""
    told = [
        bool(delivery.alerts or delivery.comments),
        bool(delivery.confirm),
        bool(delivery.ignored),
        bool(delivery.unknown),
    ]
    assert sum(told) == 1, delivery
    assert len(delivery.alerts) <= 1000
    assert "\x00" not in delivery.model_dump_json()
    for alert in delivery.alerts:
        assert alert.title
        assert alert.fingerprint
        assert len(alert.title) <= 1024
        assert len(alert.labels) <= 200
        assert len(alert.details) <= 200
        assert (alert.ends_at is not None) == (alert.status == "resolved")
        for text in (alert.summary, *alert.labels.values(), *alert.details.values()):
            assert len(text.encode()) <= 64 * 1024


def ask(source: str, raw: bytes, headers: dict[str, str] | None = None, certificate: bytes = b"") -> None:
    for sender in SENDERS:
        one = hook(raw, headers, certificate, token="tt")
        check(alert_sources()[source].parse(one, sender))
        try:
            alert_sources()[source].verify(one, sender)
        except SignatureInvalid as forged:
            assert str(forged).endswith(".")
        try:
            alert_sources()[source].certificate_url(one)
        except SignatureInvalid as forged:
            assert str(forged).endswith(".")


def test_every_source_is_found_by_its_folder() -> None:
    assert len(SOURCES) >= 8
    assert set(SOURCES) == {path.parent.name for path in ROOT.glob("*/alerts.py")}
    assert all(names(source) for source in SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_documented_and_has_a_manifest(source: str) -> None:
    assert f"/webhook/{source}" in alert_sources()[source].setup()
    module = import_module(f"midwatch.integrations.{source}.integration")
    assert registry().integrations[source] is module.INTEGRATION
    assert module.INTEGRATION.title == alert_sources()[source].title


@pytest.mark.parametrize("source", SOURCES)
def test_it_takes_what_its_sender_sends(source: str) -> None:
    """And says by which settings: those of its fake sender are among them, and so is nothing that does not count."""
    sender, inbox = fake_sender(source), alert_sources()[source]
    used = {name for name in ("secrets", "tokens", "topics") if getattr(sender.settings, name)}
    assert used <= set(inbox.authenticates_by) <= {"secrets", "tokens", "topics"}
    for name in names(source):
        sent = sender.send(body(source, name), NOW)
        headers = {header.lower(): value for header, value in sent.headers.items()}
        one = hook(sent.body, headers, token=sent.token)
        pem = sender.certificates.get(inbox.certificate_url(one), b"")
        inbox.verify(hook(sent.body, headers, pem, sent.token), sender.settings)
        with pytest.raises(SignatureInvalid):
            inbox.verify(hook(sent.body, {}, b"", ""), sender.settings)


@pytest.mark.parametrize("source", SOURCES)
@given(raw=st.binary(max_size=200), headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=30)))
@settings(max_examples=60, deadline=None)
def test_any_bytes_get_an_answer(source: str, raw: bytes, headers: dict[str, str]) -> None:
    ask(source, raw, headers, certificate=raw)


@pytest.mark.parametrize("source", SOURCES)
@given(document=JSON)
@settings(max_examples=150, deadline=None)
def test_any_json_gets_an_answer(source: str, document: Any) -> None:
    ask(source, json.dumps(document).encode(errors="surrogatepass"))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("depth", [90, 900, 100_000])
def test_what_is_nested_deep_gets_an_answer(source: str, depth: int) -> None:
    ask(source, b"[" * depth + b"]" * depth)
    for key in ("title", "alerts", "event", "Message", "labels", "custom_details"):
        ask(source, b'{"title":"t","%s":' % key.encode() + b'{"a":' * depth + b"1" + b"}" * (depth + 1))


def mutations(value: Any) -> Iterator[Any]:
    """The document with each key dropped, and with each value replaced by one of another type."""
    if isinstance(value, dict):
        for key in value:
            rest = {k: v for k, v in value.items() if k != key}
            yield rest
            yield from ({**value, key: wrong} for wrong in WRONG)
            yield from ({**value, key: inner} for inner in mutations(value[key]))
    elif isinstance(value, list):
        for n, entry in enumerate(value):
            yield value[:n] + value[n + 1 :]
            yield from ([*value[:n], wrong, *value[n + 1 :]] for wrong in WRONG)
            yield from ([*value[:n], inner, *value[n + 1 :]] for inner in mutations(entry))


@pytest.mark.parametrize(("source", "name"), EXAMPLES, ids=lambda x: x)
def test_an_example_with_any_field_dropped_or_of_another_type_gets_an_answer(source: str, name: str) -> None:
    inbox, sender = alert_sources()[source], SENDERS[1]
    document = json.loads(body(source, name))
    for changed in mutations(document):
        check(inbox.parse(hook(json.dumps(changed).encode()), sender))
    if isinstance(
        message := (document if isinstance(document, dict) else {}).get("Message"), str
    ) and message.startswith("{"):
        for changed in mutations(json.loads(message)):
            check(inbox.parse(hook(json.dumps({**document, "Message": json.dumps(changed)}).encode()), sender))


@pytest.mark.parametrize(("source", "name"), EXAMPLES, ids=lambda x: x)
def test_no_secret_of_an_example_is_kept(source: str, name: str) -> None:
    assert "canary" not in delivered(source, name).model_dump_json()


@pytest.mark.parametrize(("source", "name"), EXAMPLES, ids=lambda x: x)
def test_the_same_payload_is_the_same_delivery(source: str, name: str) -> None:
    assert delivered(source, name) == delivered(source, name)


def test_over_long_content_is_cut_and_counted() -> None:
    item = {
        "status": "firing",
        "labels": {"alertname": "Long"} | {f"l{n}": "v" for n in range(300)},
        "annotations": {"description": "ä" * 200_000},
    }
    raw = json.dumps({"alerts": [item] + [{"labels": {"alertname": str(n)}} for n in range(1500)]}).encode()
    found = alert_sources()["alertmanager"].parse(hook(raw), SenderSettings())
    assert (len(found.alerts), found.omitted) == (1000, 501)
    assert len(found.alerts[0].labels) == 200
    assert found.alerts[0].summary.endswith("… [cut]")
    assert len(found.alerts[0].summary.encode()) <= 64 * 1024


def test_hidden_signs_and_secrets_are_cut_out_of_every_text() -> None:
    text = "\u202eesrever\u200b password=tidewater1 \x1b[31mred\x00"
    raw = json.dumps(
        {
            "title": text,
            "labels": {"a": text, "api_key": "tidewater2"},
            "custom_details": {"b": {"password": "tidewater3"}},
            "link": "https://u:tidewater4@x.example/",
        }
    )
    (alert,) = alert_sources()["generic"].parse(hook(raw.encode()), SenderSettings()).alerts
    assert alert.title == "esrever password=[REDACTED:secret] red"
    assert alert.labels == {"a": alert.title, "api_key": "[REDACTED:api_key]"}
    assert "tidewater" not in alert.model_dump_json()


@pytest.mark.parametrize(
    "text",
    ["eyJ-" * 16_000, "bearer " * 9_000, "password" + " " * 60_000, "://a:b" * 10_000],
    ids=["jwt", "bearer", "name", "url"],
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    assert (
        len(
            alert_sources()["generic"]
            .parse(hook(json.dumps({"title": "t", "description": text}).encode()), SenderSettings())
            .alerts
        )
        == 1
    )
