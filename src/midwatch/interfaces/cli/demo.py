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
    "payment-service": "its configuration file is missing",
    "analytics-service": "its image does not exist",
    "memory-hog": "it wants more memory than it may have",
    "cpu-intensive": "it wants more processor than it may have",
    "broken-database": "nobody gave it a password",
    "frontend-app": "somebody scaled it to nothing",
    "orphan-service": "a Service that selects no pod",
    "healthy-app": "there is nothing wrong with it",
}
TOUR = (
    ("midwatch diagnose", "the cluster of your kubeconfig"),
    ('midwatch ask "why is checkout slow" -n shop', "a question in words"),
    ("midwatch demo traffic", "what caused the NAT spike at 2am: cluster and AWS together"),
    ("midwatch diagnose --dump must-gather.tar.gz", "what somebody saved"),
    ("kubectl describe pod web-1 | midwatch diagnose --dump -", "what somebody pasted"),
    ("midwatch bundle incident.tgz -n shop", "all evidence in one file, secrets cut out"),
    ("midwatch doctor", "what is reachable and permitted"),
)


@app.command(epilog=command.example("midwatch demo", "midwatch demo traffic"))
def demo(
    story: Annotated[
        DemoStory, typer.Argument(metavar="[STORY]", help="apps: eight broken applications; traffic: a night.")
    ] = DemoStory.APPS,
) -> None:
    """Demo: broken applications, investigated on this machine.

    Starts an API server in memory on the loopback interface (for traffic: an AWS account too), looks at it as it would
    look at yours, and ends. Needs no cluster, no key and no network.
    """
    tell: Callable[[], Coroutine[None, None, None]] = _demo
    if story is DemoStory.TRAFFIC:
        tell = import_module("midwatch.interfaces.cli.demo_traffic").demo_traffic
    command.finish(tell())


async def _demo() -> None:
    out = terminal.console()
    with tempfile.TemporaryDirectory() as folder, serve(made_up()) as url:
        kubeconfig = write_kubeconfig(Path(folder) / "kubeconfig", url, namespace=NAMESPACE, context="demo")
        out.print(f"A cluster made up in memory answers at {url} as a real API server would.")
        out.print(f"In its namespace {NAMESPACE} live {len(APPS)} applications. Looking at each, read-only:\n")
        async with connections.open_investigation(command.settings(str(kubeconfig))) as ctx:
            for name, story in APPS.items():
                terminal.lay(out, _line(name, story, await _look(ctx, name)))
            found = await _look(ctx, next(iter(APPS)))
    out.print(f"\nThe whole answer for {next(iter(APPS))}:\n", style="bold")
    terminal.show(out, compose(found))
    _tour(out)


async def _look(ctx: InvestigationContext, name: str) -> CaseFile:
    with terminal.console(stderr=True).status(f"looking at {name}"):
        return await investigate(ctx, Request(question=name, namespace=NAMESPACE))


def _line(name: str, story: str, found: CaseFile) -> Table:
    report = compose(found)
    line = Table.grid(padding=(0, 1))
    line.add_column(width=19)
    line.add_column()
    line.add_row(Text(name, style="bold"), Text(f"({story})", style="dim"))
    label = Text.assemble((f" {report.label} ", terminal.STYLES[report.label]), f" {report.certainty}")
    line.add_row(label, Text(terminal.plain(report.headline)))
    return line


def _tour(out: Console) -> None:
    out.print("\nWhat to try next\n", style="bold cyan")
    table = Table.grid(padding=(0, 2))
    for example, meaning in TOUR:
        table.add_row(Text(f"  {example}", style="green"), meaning)
    out.print(table)
