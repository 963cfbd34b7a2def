"""Messages of the command line are plain sentences with a next step that fits."""

from pathlib import Path

import pytest

from midwatch.interfaces.cli.exits import Exit
from midwatch.interfaces.cli.place import duration
from tests.flows.cluster import midwatch


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_a_file_that_is_no_backup_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "hello.zip").write_text("hello")
    shown = midwatch("admin", "restore", "hello.zip")
    assert "hello.zip is not a backup of midwatch, or is damaged." in shown.err and "zip file" not in shown.err


def test_a_second_key_of_a_name_is_said(tmp_path: Path) -> None:
    first = midwatch("admin", "create", "me", "--new-store")
    second = midwatch("admin", "create", "me")
    assert "exists already" not in first.err and "A key called me exists already" in second.err
    assert second.code == Exit.HEALTHY and second.out != first.out


@pytest.mark.parametrize(
    "words", [("serve", "--port", "0"), ("worker",), ("admin", "create", "me"), ("admin", "restore", "x.zip")]
)
def test_a_home_that_cannot_be_written_has_one_wording(words: tuple[str, ...]) -> None:
    shown = midwatch(*words, environment={"MIDWATCH_HOME": "/proc/midwatch"})
    assert shown.code == Exit.FAILED
    assert "The store cannot be written in /proc/midwatch: /proc is read-only." in shown.err
    assert "Set MIDWATCH_HOME to a folder that can be written" in shown.err


def test_yaml_that_is_not_valid_is_named_with_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text("server:\n  port: [\n")
    assert f"not valid YAML in {tmp_path / 'midwatch.yaml'}, line 3" in midwatch("doctor").err


def test_an_address_of_another_machine_is_no_port_in_use() -> None:
    shown = midwatch("serve", "--host", "192.0.2.1", "--port", "0")
    assert shown.code == Exit.FAILED and "192.0.2.1 is not an address of this machine." in shown.err
    assert "port is in use" not in shown.err


def test_a_period_can_be_weeks() -> None:
    assert duration("1w").days == 7 and duration("1w2d").days == 9


def test_the_list_of_commands_is_not_cut() -> None:
    listed = midwatch("-h", environment={"COLUMNS": "80"}).out.partition("Commands:")[2].partition("Exit codes")[0]
    assert "..." not in listed and "…" not in listed
