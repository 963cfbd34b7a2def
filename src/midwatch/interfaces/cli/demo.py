import tempfile
from collections.abc import Callable, Coroutine
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from midwatch.domain.investigation import CaseFile, Request
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import NAMESPACE
from midwatch.integrations.kubernetes.fake.demo import demo as made_up
from midwatch.interfaces.cli import command
from midwatch.reports import terminal
from midwatch.reports.compose import compose
from midwatch.wiring import connections

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class DemoStory(StrEnum):
    APPS = "apps"
    TRAFFIC = "traffic"


APPS = {
    "payment-service": "config file missing",
    "analytics-service": "image tag does not exist",
    "memory-hog": "memory limit too low",
    "cpu-intensive": "CPU limit too low",
    "broken-database": "required environment variable missing",
    "frontend-app": "scaled to 0 replicas",
    "orphan-service": "selector matches no pods",
    "healthy-app": "no fault",
}
TOUR = (
    ("midwatch diagnose", "the current context of your kubeconfig"),
    ('midwatch ask "why is checkout slow" -n shop', "a question"),
    ("midwatch demo traffic", "a NAT traffic spike at 2 a.m., in a fake cluster and a fake AWS account"),
    ("midwatch diagnose --dump must-gather.tar.gz", "a saved cluster"),
    ("kubectl describe pod web-1 | midwatch diagnose --dump -", "pasted output of kubectl"),
    ("midwatch bundle incident.tgz -n shop", "all evidence in one redacted file"),
    ("midwatch doctor", "configuration, reachability and permissions"),
)


@app.command(epilog=command.example("midwatch demo", "midwatch demo traffic"))
def demo(
    story: Annotated[
        DemoStory, typer.Argument(metavar="[STORY]", help="apps: eight broken applications; traffic: a night.")
    ] = DemoStory.APPS,
) -> None:
    """Demo: broken applications, investigated on this machine.

    Starts a fake API server on the loopback interface (for traffic also a fake AWS account), diagnoses it with
    read-only requests, and stops it. Needs no cluster, no key and no network.
    """
    tell: Callable[[], Coroutine[None, None, None]] = _demo
    if story is DemoStory.TRAFFIC:
        tell = import_module("midwatch.interfaces.cli.demo_traffic").demo_traffic
    command.finish(tell())


async def _demo() -> None:
    out = terminal.console()
    with tempfile.TemporaryDirectory() as folder, serve(made_up()) as url:
        kubeconfig = write_kubeconfig(Path(folder) / "kubeconfig", url, namespace=NAMESPACE, context="demo")
        out.print(f"Fake API server: {url}")
        out.print(f"Namespace {NAMESPACE}: {len(APPS)} applications. Each is diagnosed with read-only requests:\n")
        async with connections.open_investigation(command.settings(str(kubeconfig))) as ctx:
            for name, story in APPS.items():
                terminal.lay(out, _line(name, story, await _look(ctx, name)))
            found = await _look(ctx, next(iter(APPS)))
    out.print(f"\nFull answer for {next(iter(APPS))}:\n", style="bold")
    terminal.show(out, compose(found, verbose=False))
    _tour(out)


async def _look(ctx: InvestigationContext, name: str) -> CaseFile:
    with terminal.console(stderr=True).status(f"diagnosing {name}"):
        return await investigate(ctx, Request(question=name, namespace=NAMESPACE))


def _line(name: str, story: str, found: CaseFile) -> Table:
    report = compose(found)
    line = Table.grid(padding=(0, 1))
    line.add_column(width=20)
    line.add_column()
    line.add_row(Text(name, style="bold"), Text(f"({story})", style="dim"))
    label = Text.assemble((f" {report.label} ", terminal.STYLES[report.label]), f" {report.certainty}")
    line.add_row(label, Text(terminal.plain(report.headline)))
    return line


def _tour(out: Console) -> None:
    """Commands are never broken: they are there to be copied."""
    out.print("\nNext commands\n", style="bold cyan")
    for example, meaning in TOUR:
        out.print(Text(f"  # {meaning}", style="dim"), soft_wrap=True)
        out.print(Text(f"  {example}", style="green"), soft_wrap=True)
