"""Every entry of the knowledge base is found by alerts that are written as people and systems write them."""

import re
from pathlib import Path

import pytest
import yaml

from midwatch.analysis.classify import categories
from midwatch.analysis.codes import fill
from midwatch.analysis.quantities import data
from midwatch.diagnosis.alerts.match import UNKNOWN
from midwatch.diagnosis.alerts.situations import situations
from tests.diagnosis.alerts.alerts import reading

TEXTS: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "texts.yaml").read_text())
CASES = [(code, text) for code, texts in TEXTS.items() for text in texts]
TOLD_BY_CODE = {"ALT-901"}  # stated beside the situation, never instead of one


@pytest.mark.parametrize(("code", "text"), CASES, ids=[f"{code} {text[:30]}" for code, text in CASES])
def test_the_alert_finds_its_playbook(code: str, text: str) -> None:
    title, _, summary = text.partition(" // ")
    assert reading(title, summary).situation.code.code == code


@pytest.mark.parametrize(("code", "name"), [(c, n) for c, s in situations().items() for n in s.match.names])
def test_the_name_of_an_alert_decides(code: str, name: str) -> None:
    assert reading("Something is wrong", labels={"alertname": name}).situation.code.code == code


def test_every_entry_is_met_by_a_text() -> None:
    assert set(situations()) - TOLD_BY_CODE == set(TEXTS)
    assert len(TEXTS) >= 60


@pytest.mark.parametrize("code", situations())
def test_an_entry_is_whole(code: str) -> None:
    entry = situations()[code]
    assert entry.category in categories()
    assert set(entry.measure.units) <= set(data()["units"]) | {"count"}
    assert entry.code.prevent
    said = " ".join((*entry.code.check, *entry.code.fix))
    assert not re.search(r"\{(?:who|said|title)\}", said), "what a sender wrote must not get into a command"
    if code < "ALT-900":
        assert entry.code.check and entry.causes and entry.ask and entry.code.monitor
    assert "<who>" not in fill(entry.code.message, {"who": "x", "said": "y", "title": "z"})


@pytest.mark.parametrize(
    "title",
    [
        "RECOVERED: disk usage on db-1 is 12%, below 80%",
        "[OK] CPU utilization of web-1",
        "Disk usage back to normal on st-4",
        "Certificate renewed for pay.example.com",
        "Disk usage on db-1 is 12% (threshold 80%)",
        "CPU utilization on web-1 is 30%, threshold 90%",
        "Disk usage on db-1 is 0%",
    ],
)
def test_what_is_over_or_far_from_its_limit_is_no_trouble(title: str) -> None:
    assert reading(title).situation.code.code == UNKNOWN


@pytest.mark.parametrize(
    "title",
    [
        "Disk usage not back to normal on db-1: 95%",
        "Certificate of pay.example.com was not renewed, expires in 2 days",
        "Certificate renewed for pay.example.com could not be installed, the old one expires in 1 day",
        "Disk usage on db-1 is 92%",
        "Free disk space on db-1 is 12%",
        "Disk usage on db-1 is 78% (threshold 80%)",
        "OK-Corral: CPU utilization on web-1 is 97%",
    ],
)
def test_what_goes_on_keeps_its_playbook(title: str) -> None:
    assert reading(title).situation.code.code != UNKNOWN


def test_a_share_of_swap_is_not_held_against_the_whole() -> None:
    assert reading("Swap usage on db-1 is 30%").situation.code.code != UNKNOWN


@pytest.mark.parametrize(
    ("title", "labels", "said"),
    [
        ("Pod is crash looping", {"pod": "web-1", "namespace": "shop"}, "shop/pod/web-1: pod is crash looping"),
        ("Node is not ready", {"node": "worker-1"}, "node/worker-1: node is NotReady"),
        ("Node is not ready", {}, "(no host or service in the alert): node is NotReady"),
    ],
)
def test_a_message_begins_with_the_object(title: str, labels: dict[str, str], said: str) -> None:
    first, *_ = reading(title, labels=labels).findings()
    assert first.message.startswith(said) and "()" not in first.message
