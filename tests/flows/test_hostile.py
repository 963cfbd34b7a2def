"""Hostile logs beside a broken application: it is still found, at about the same cost, and what was cut is said."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows.cluster import Shown, midwatch, site
from tests.growth import UNITS

LINE = 32_000  # characters of each line
PODS = 4  # a log is read to 512 KiB
BROKEN = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\nKeyError: 'DATABASE_URL'\n"
WORDS = (
    "connect to a",
    "refused a.",
    "host=a port=7 ",
    "open/a",
    "errorpars",
    "ignore -",
    "failed took 1",
    "lookup a ",
    "a: ",
)


def scene(log: Callable[[str], str], size: int = LINE) -> Scene:
    """The broken application, and pods in trouble that log a line for each unit."""
    found = Scene()
    found.namespace("shop")
    deploy(found, App("web", "shop", "web:7", 2, 8080, fault=runs.crash_loop(BROKEN)))
    units = [unit for unit in (*UNITS, *WORDS) if "\n" not in unit]
    for pod in range(PODS):
        text = "".join((log(unit) * (size // len(log(unit)) + 1))[:size] + "\n" for unit in units[pod::PODS])
        deploy(found, App(f"noise{pod}", "shop", "noise:1", 1, fault=runs.crash_loop(text, exit_code=2)))
    return found


def costs(where: Scene, folder: Path) -> tuple[Shown, float]:
    with site(where.cluster, folder) as here:
        began = process_time()
        shown = here.run("diagnose", "-A", "--json")
        return shown, process_time() - began


def about_web(shown: Shown) -> list[object]:
    causes = [c["finding"] for c in shown.answer["diagnosis"]["causes"]]
    return [(f["code"], f["title"], f["facts"]) for f in causes if "web" in str(f["subject"])]


def test_hostile_lines_neither_hide_a_broken_application_nor_cost_more_than_others(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain, usual = costs(scene(lambda _: "served a page to somebody. "), tmp_path / "plain")
    hostile, took = costs(scene(lambda unit: unit), tmp_path)
    assert about_web(hostile) == about_web(plain)
    assert about_web(plain)
    assert hostile.answer["diagnosis"]["unproved"] == 0
    assert took < 3 * usual + 2.0  # seconds of CPU


def _pasted(size: int, folder: Path) -> Shown:
    """A pasted log with one line of that many hex digits before the error."""
    said = "$ kubectl logs web-7f9c-abcde -n shop\n" + "deadbeef" * (size // 8) + f"\n{BROKEN}"
    table = "$ kubectl get pods -n shop\nNAME             READY   STATUS             RESTARTS      AGE\n"
    row = "web-7f9c-abcde   0/1     CrashLoopBackOff   5 (1m ago)    10m\n\n"
    path = folder / "paste.txt"
    path.write_text(table + row + said)
    began = process_time()
    shown = midwatch("diagnose", "--dump", str(path), "--json")
    assert process_time() - began < 5.0 + size / 1e6  # seconds of CPU
    return shown


def test_a_pasted_line_of_a_million_hex_digits_does_not_hide_the_error_below_it(tmp_path: Path) -> None:
    shown = _pasted(1_000_000, tmp_path)
    assert "DATABASE_URL" in shown.out


@pytest.mark.long
def test_a_pasted_line_of_ten_million_hex_digits_does_not_hide_the_error_below_it(tmp_path: Path) -> None:
    shown = _pasted(10_000_000, tmp_path)
    assert "DATABASE_URL" in shown.out


def test_a_question_of_a_hundred_thousand_characters_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with site(scene(lambda _: "ok ").cluster, tmp_path) as here:
        shown = here.run("diagnose", "why is it " * 10_000)
    assert shown.code == 3
    assert "The question has 100,000 characters; at most 10,000 are read." in shown.err
