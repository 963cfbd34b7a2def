"""`midwatch init` without a terminal: what it writes, refuses and checks."""

from pathlib import Path

import pytest
import yaml

from midwatch.interfaces.cli.exits import Exit
from midwatch.interfaces.cli.init import _REGION, _SITE, problem_of
from tests.flows.cluster import midwatch


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.chdir(tmp_path)


def test_options_take_the_place_of_questions(tmp_path: Path) -> None:
    shown = midwatch("init", "--set", "server.port=8351", "--set", "kubernetes.contexts=[prod]", "--file", "other.yaml")
    written = yaml.safe_load((tmp_path / "other.yaml").read_text())
    assert written == {"server": {"port": 8351}, "kubernetes": {"contexts": ["prod"]}}
    assert f"settings    {tmp_path / 'other.yaml'}" in shown.out, "doctor checks the file that was written"
    assert midwatch("init", "--yes").code == Exit.FAILED and (tmp_path / "home" / "midwatch.yaml").is_file()


def test_without_a_terminal_it_names_the_options() -> None:
    shown = midwatch("init")
    assert shown.code == Exit.FAILED and "--yes or --set SECTION.NAME=VALUE" in shown.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("server.port=http", "server.port should be a whole number."),
        ("server.prt=1", "unknown setting server.prt (did you mean port?)."),
        ("server.port", "--set server.port has no value."),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_written(tmp_path: Path, given: str, said: str) -> None:
    shown = midwatch("init", "--set", given, "--file", "other.yaml")
    assert shown.code == Exit.FAILED and said in shown.err and not (tmp_path / "other.yaml").exists()


def test_answers_are_checked() -> None:
    assert _SITE.fullmatch("https://shop.example.com/health") and not _SITE.fullmatch("shop example")
    assert _REGION.fullmatch("us-gov-west-1") and not _REGION.fullmatch("virginia")
    assert problem_of({}) == "" and "sites.0.url" in problem_of({"sites": [{"url": "ftp://x"}]})
