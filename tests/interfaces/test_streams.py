"""What only a process of its own shows: pipes that close, disks that are full, locales without Unicode, Ctrl-C."""

import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import runs, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.interfaces.cli.exits import Exit

PATIENCE_S = 60.0
COMMAND = [sys.executable, "-m", "midwatch"]
ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Of a user whose kubeconfig leads to a cluster with one broken application."""
    folder = tmp_path_factory.mktemp("user")
    scene = Scene()
    scene.namespace("shop")
    scene.namespace("bank")
    deploy(scene, App("loans", "bank", "loans:1", 1, 8080))
    deploy(scene, App("web", "shop", "pay:1", 1, 8080, fault=runs.image_pull()))
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("MIDWATCH_", "KUBE", "LC_", "LANG", "XDG_"))}
    with serve(scene.cluster) as url:
        config = write_kubeconfig(folder / "kubeconfig", url)
        yield kept | {"HOME": str(folder), "KUBECONFIG": str(config), "COLUMNS": "100"}


def run(environment: Mapping[str, str], folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *words], env={**environment, **more}, cwd=folder, capture_output=True, timeout=PATIENCE_S
    )


def test_a_closed_pipe_keeps_the_code_and_the_file(environment: dict[str, str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = ("diagnose", "-n", "bank", "--bundle", "saved.tgz")
    with os.fdopen(writer, "wb") as out:
        shown = subprocess.run(
            [*COMMAND, *words], env=environment, cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, timeout=PATIENCE_S
        )
    assert (shown.returncode, shown.stderr) == (Exit.HEALTHY, b"")
    with tarfile.open(tmp_path / "saved.tgz") as saved:
        assert "midwatch-bundle/answer.json" in saved.getnames()


def test_a_watch_ends_when_its_reader_has_left(environment: dict[str, str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as out:
        shown = subprocess.run(
            [*COMMAND, "k8s", "watch", "--every", "5"], env=environment, cwd=tmp_path, stdout=out, timeout=PATIENCE_S
        )
    assert shown.returncode == Exit.HEALTHY


@pytest.mark.parametrize("words", [("diagnose", "-n", "shop"), ("schema",), ("--help",)])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_sentence(words: tuple[str, ...], environment: dict[str, str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        shown = subprocess.run(
            [*COMMAND, *words], env=environment, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S
        )
    assert shown.returncode == Exit.FAILED
    assert shown.stderr.startswith(b"midwatch: standard output: No space left on device.")
    assert b"Traceback" not in shown.stderr and b"Exception ignored" not in shown.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_bundle_on_a_full_disk_is_one_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    shown = run(environment, tmp_path, "bundle", "/dev/full", "-n", "shop")
    assert shown.returncode == Exit.FAILED
    assert shown.stderr.startswith(b"midwatch: /dev/full cannot be written: No space left on device.")


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (ASCII, ("diagnose", "-n", "shop")),
        (ASCII, ("ask", "why is web slow")),
        ({"PYTHONIOENCODING": "ascii"}, ("diagnose", "-n", "shop", "--markdown")),
        ({"PYTHONIOENCODING": "latin-1"}, ("diagnose", "n\udcff\xe4 web")),
    ],
)
def test_a_locale_without_unicode_replaces_text(
    locale: dict[str, str], words: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    shown = run(environment, tmp_path, *words, **locale)
    assert shown.returncode == Exit.PROBLEM, shown.stderr
    assert b"Internal error" not in shown.stderr and shown.stdout


def test_the_environment_of_a_machine_in_english(environment: dict[str, str], tmp_path: Path) -> None:
    shown = run(environment, tmp_path, "diagnose", "-n", "shop", LC_ALL="C")
    assert shown.returncode == Exit.PROBLEM and "·" in shown.stdout.decode()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_changes_nothing(stream: str, environment: dict[str, str], tmp_path: Path) -> None:
    number = {"stdout": 1, "stderr": 2}[stream]
    script = f'exec {number}>&-; exec "$@"'
    shown = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *COMMAND, "diagnose", "-n", "shop", "--bundle", "b.tgz"],
        env=environment, cwd=tmp_path, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert shown.returncode == Exit.PROBLEM
    assert tarfile.is_tarfile(tmp_path / "b.tgz")


def test_ctrl_c_is_130_without_a_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    watching = subprocess.Popen(
        [*COMMAND, "k8s", "watch"], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert watching.stdout and b"Z firing   critical shop/deployment/web: " in watching.stdout.readline()
        time.sleep(0.2)
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=PATIENCE_S)
    finally:
        watching.kill()
        watching.wait()
    assert (watching.returncode, err) == (Exit.INTERRUPTED, b"")


def test_a_fault_of_midwatch_is_one_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    code = "import sys, midwatch.__main__ as m; sys.excepthook = m.report_internal_error; {}['password=hunter2pw']"
    for asked, lines in (("", 2), ("1", 5)):
        shown = subprocess.run(
            [sys.executable, "-c", code], env={**environment, "MIDWATCH_TRACEBACK": asked}, cwd=tmp_path,
            capture_output=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert shown.returncode == Exit.FAILED
        assert shown.stderr.startswith(b"midwatch: Internal error: KeyError")
        assert b"hunter2pw" not in shown.stderr
        assert (len(shown.stderr.splitlines()) == 2) == (lines == 2)


def test_version_and_help_cost_next_to_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom midwatch.__main__ import main\nsys.argv[1:] = ['--help']\n"
        "try: main()\nexcept SystemExit: sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, timeout=PATIENCE_S
    )
    loaded = shown.stderr.decode().split()
    assert not {"pydantic", "rich", "yaml", "httpx2", "asyncio"} & set(loaded)
