"""What version 0.1.0 wrote (tests/golden/0.1.0/README.md) is read by this one: bundles and a store."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.flows.cluster import midwatch

GOLDEN = Path(__file__).parents[1] / "golden" / "0.1.0"
BUNDLES = tuple(sorted(path.stem for path in GOLDEN.glob("*.tgz")))
FORMER = {"nodeservices", "secretaddresses", "savedlogs", "wishes", "servicecalls", "firingalerts"}
SINCE = {"command_errors", "unread_parts"}  # formats that 0.1.0 did not have

Json = dict[str, Any]


def recorded(name: str) -> dict[str, Json]:
    """The JSON files of a bundle, by name."""
    with tarfile.open(GOLDEN / f"{name}.tgz") as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {path.partition("/")[2]: json.loads(content.read()) for path, content in files if content}


def replayed(name: str) -> Json:
    shown = midwatch("replay", str(GOLDEN / f"{name}.tgz"), "--json", environment=surroundings(name))
    assert shown.code in (0, 1), shown.err
    return shown.answer


def surroundings(name: str) -> dict[str, str]:
    """A bundle holds no settings: a site's backends are those configured here, as they were there."""
    if name != "website":
        return {}
    url = recorded(name)["evidence/E1.json"]["arguments"]["url"]
    return {
        "MIDWATCH_SITES": json.dumps([{"url": url, "services": ["analytics-service"], "namespaces": ["demo-apps"]}])
    }


def found(answer: Json) -> tuple[str, list[tuple[str, Json, list[str]]]]:
    """The verdict; of each cause the code, the subject, and the codes that it explains. Texts are each version's."""
    causes = answer["diagnosis"]["causes"]
    return answer["verdict"], [
        (c["finding"]["code"], c["finding"]["subject"], sorted(e["code"] for e in c["explains"])) for c in causes
    ]


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_gives_the_same_verdict_and_causes(name: str) -> None:
    then, now = recorded(name)["answer.json"], replayed(name)
    assert (then["schema"], now["schema"]) == ("midwatch.answer/1", "midwatch.answer/2")
    assert found(now) == found(then)
    assert found(now)[1] or now["verdict"] == "EXPECTED"
    assert now["diagnosis"]["unproved"] == 0


def test_the_bundles_hold_every_resource_that_became_a_saved_format() -> None:
    files = [file for name in BUNDLES for path, file in recorded(name).items() if path.startswith("evidence/")]
    assert {file["arguments"].get("resource") for file in files} >= FORMER


@pytest.mark.parametrize("name", BUNDLES)
def test_nothing_that_was_saved_is_missing(name: str) -> None:
    """A Gap that says so is a sign of a request that 0.1.0 put under another name."""
    gaps = replayed(name)["diagnosis"]["gaps"]
    lacking = [g for g in gaps if g["tool"] == "kubernetes_saved" and g["reason"] == "not in the bundle"]
    assert [g for g in lacking if g["arguments"]["what"] not in SINCE] == []


def test_the_schema_that_is_printed_is_version_2() -> None:
    assert json.loads(midwatch("schema").out)["properties"]["schema"]["const"] == "midwatch.answer/2"


def test_what_a_bundle_lacks_is_said() -> None:
    """A site that nothing configures has another address than the recorded one, and `doctor` cannot know it."""
    shown = midwatch("replay", str(GOLDEN / "website.tgz"))
    url = recorded("website")["evidence/E1.json"]["arguments"]["url"]
    assert (shown.code, shown.out) == (3, "")
    assert f"website.tgz. It holds website_check {url}" in shown.err
    assert "A bundle holds no settings: put sites into midwatch.yaml" in shown.err
