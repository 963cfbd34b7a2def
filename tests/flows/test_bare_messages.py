"""A message alone, in a file or in the question: an answer or a named gap, never a refusal."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from midwatch.interfaces.cli.app import app


def diagnosed(file: Path, text: str, *words: str) -> tuple[int, dict[str, Any]]:
    file.write_text(text)
    shown = CliRunner().invoke(app, ["diagnose", *words, "--dump", str(file), "--json"], prog_name="midwatch")
    assert shown.exit_code < 3, shown.stderr
    return shown.exit_code, json.loads(shown.stdout)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('the event: `MountVolume.SetUp failed for volume "a" : secret "tls" not found`\n', "tls"),
        ("> nslookup: can't resolve 'db.shop'\n", "db.shop"),
        ("Last State: Terminated\n  Reason: Error\n  Exit Code: 139\n", "139"),
        ('ERROR: no route to "10.0.0.7"', "10.0.0.7"),
    ],
)
def test_a_message_alone_is_answered(tmp_path: Path, text: str, said: str) -> None:
    code, answer = diagnosed(tmp_path / "p.txt", text)
    assert (code, said in answer["diagnosis"]["headline"]) == (1, True)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Nothing works since the update, we do not know why.\n", ""),
        ("Our flux capacitor is denied by the gate of us\n", "flux capacitor"),
        ("name: x\nvalue: 3\n", ""),
    ],
)
def test_what_nobody_recognises_is_a_gap(tmp_path: Path, text: str, quoted: str) -> None:
    code, answer = diagnosed(tmp_path / "p.txt", text)
    gaps = " ".join(gap["reason"] for gap in answer["diagnosis"]["gaps"])
    assert (code, answer["diagnosis"]["verdict"]) == (2, "INCONCLUSIVE")
    assert quoted in gaps
    assert "essential check" not in answer["diagnosis"]["headline"]


def test_a_line_of_failure_that_nobody_recognises_is_in_the_first_sentence(tmp_path: Path) -> None:
    _, answer = diagnosed(tmp_path / "p.txt", "Our flux capacitor is denied by the gate of us\n")
    assert "not understood: Our flux capacitor is denied" in answer["diagnosis"]["headline"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Capacity:\n cpu: 4\nAllocatable:\n cpu: 4\n", "nodes"),
        ("volumeMounts:\n- name: a\n  mountPath: /b\n", "pods"),
        ("apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  labels: {zone: a}\nspec: {}\n", "persistentvolumes"),
    ],
)
def test_of_a_kind_that_was_pasted_in_part_nobody_says_that_there_is_none(tmp_path: Path, text: str, kind: str) -> None:
    _, answer = diagnosed(tmp_path / "p.txt", text)
    reasons = {gap["arguments"].get("resource", ""): gap["reason"] for gap in answer["diagnosis"]["gaps"]}
    assert f"the dump holds no {kind}" not in reasons.values()
    assert any(reason.startswith(f"{kind} were not read") for reason in reasons.values())


def test_a_message_in_the_question_is_evidence(tmp_path: Path) -> None:
    words = "what is '0/2 nodes are available: 2 node(s) had untolerated taint {a: b}.'"
    code, answer = diagnosed(tmp_path / "p.txt", "My first line.\n", words)
    assert (code, answer["diagnosis"]["causes"][0]["finding"]["code"]) == (1, "K8S-771")


def test_a_log_with_words_of_failure_is_not_called_well(tmp_path: Path) -> None:
    text = "$ kubectl logs web-1 -n shop\nstarting\ninvalid token in the request\nready\n"
    _, answer = diagnosed(tmp_path / "p.txt", text)
    assert "no errors in" not in json.dumps(answer)
