"""Runs the real command against a fake API server on loopback, and gives back what a person would see."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.interfaces.cli.app import app
from tests.flows.unfilled import unfilled


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str

    @property
    def head(self) -> str:
        """The first twelve lines: what a person reads before anything else, as one line of words."""
        return " ".join(" ".join(self.out.splitlines()[:12]).split())

    @property
    def answer(self) -> dict[str, Any]:
        return json.loads(self.out)


def midwatch(*arguments: str, environment: Mapping[str, str] | None = None) -> Shown:
    surroundings = {"COLUMNS": "100", **(environment or {})}
    shown = CliRunner().invoke(app, list(arguments), prog_name="midwatch", env=surroundings)
    assert shown.exception is None or isinstance(shown.exception, SystemExit), shown.exception
    assert unfilled(shown.stdout) == []
    return Shown(shown.exit_code, shown.stdout, shown.stderr)


@dataclass(frozen=True)
class Site:
    """A served cluster; `run` adds the kubeconfig that leads to it."""

    cluster: FakeCluster
    kubeconfig: Path

    def run(self, command: str, *arguments: str) -> Shown:
        return midwatch(command, *arguments, "--kubeconfig", str(self.kubeconfig))


@contextmanager
def site(cluster: FakeCluster, folder: Path, token: str = "") -> Iterator[Site]:
    with serve(cluster) as url:
        yield Site(cluster, write_kubeconfig(folder / "kubeconfig", url, token))
    assert cluster.writes == [], "something other than GET was sent"
