"""kubectl's answers against the API objects of the same cluster: everything that is read must stand in the object,
nothing is invented."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME

SAVED = Path(__file__).parent / "saved"
NOW = datetime(2026, 11, 21, 5, 37, 47, tzinfo=UTC)
ANSWERS = sorted((SAVED / "kubectl").glob("*.txt"))


def recorded() -> dict[tuple[str, str, str], Any]:
    found: dict[tuple[str, str, str], Any] = {}
    for path in (SAVED / "objects").glob("*.json"):
        for item in json.loads(path.read_text())["items"]:
            meta = item["metadata"]
            found[item["kind"], meta.get("namespace", ""), meta["name"]] = plain(item)
    return found


def plain(obj: dict[str, Any]) -> Any:
    """The object as Midwatch decodes it, without the fields nobody reads."""
    return msgspec.to_builtins(msgspec.convert(obj, BY_NAME[obj["kind"]].type, strict=False))


def strange(part: Any, whole: Any, where: str = "") -> list[str]:
    """The places in `part` that `whole` does not have."""
    if isinstance(part, dict) and isinstance(whole, dict):
        inner, outer = cast(dict[str, Any], part), cast(dict[str, Any], whole)
        return [found for name, value in inner.items() for found in strange(value, outer.get(name), f"{where}.{name}")]
    if isinstance(part, list) and isinstance(whole, list):
        items, others = cast(list[Any], part), cast(list[Any], whole)
        return [f"{where}: {item}" for item in items if not any(not strange(item, other) for other in others)]
    return [] if part == whole or (part in ({}, []) and whole is None) else [f"{where}: {part!r} is not {whole!r}"]


def read(path: Path) -> text.Parsed:
    parsed = text.read(path.read_text(), name=path.name, now=NOW)
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("path", [p for p in ANSWERS if "events" not in p.name], ids=lambda p: p.stem)
def test_what_is_read_stands_in_the_object(path: Path) -> None:
    known = recorded()
    compared = 0
    for obj in read(path).objects:
        meta = obj["metadata"]
        if obj["kind"] in ("Event", "Endpoints"):
            continue
        whole = known[obj["kind"], meta.get("namespace", ""), meta["name"]]
        said = plain(obj)
        if path.name.startswith("kubectl get"):
            del said["metadata"]["creationTimestamp"]  # made of an age, which is rounded
        assert not strange(said, whole)
        compared += 1
    assert compared


def test_a_description_is_nearly_the_whole_spec() -> None:
    path = SAVED / "kubectl" / "kubectl describe pod -n sched -l app=wrong-selector.txt"
    pod = next(o for o in read(path).objects if o["kind"] == "Pod")
    whole = recorded()["Pod", "sched", pod["metadata"]["name"]]
    assert plain(pod)["spec"]["tolerations"] == whole["spec"]["tolerations"]
    assert plain(pod)["spec"]["nodeSelector"] == whole["spec"]["nodeSelector"]
    assert plain(pod)["metadata"]["labels"] == whole["metadata"]["labels"]


def test_events_of_a_table_are_those_of_the_cluster() -> None:
    path = SAVED / "kubectl" / "kubectl get events -n quota.txt"
    known = {
        (o["involvedObject"]["name"], o["reason"], o["message"]) for o in recorded().values() if "involvedObject" in o
    }
    parsed = read(path)
    said = {(o["involvedObject"]["name"], o["reason"], o["message"]) for o in parsed.objects}
    assert len(parsed.objects) == 50
    assert said <= known
    assert parsed.lists == [("events", "quota")]


def test_event_times_are_near_the_recorded_ones() -> None:
    path = SAVED / "kubectl" / "kubectl describe pvc -n storage.txt"
    event = next(o for o in read(path).objects if o.get("reason") == "ExternalProvisioning")
    assert (event["count"], event["firstTimestamp"], event["lastTimestamp"]) == (
        9,
        "2026-11-21T05:35:56Z",
        "2026-11-21T05:37:43Z",
    )
