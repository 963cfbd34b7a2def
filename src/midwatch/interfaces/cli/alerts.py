import itertools
from importlib.resources import files
from typing import Annotated, Any

import typer
import yaml

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_client import DEFAULT_URL, AlertSender, Sent
from midwatch.interfaces.cli.server_client import ServerUrl
from midwatch.services.errors import Refusal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
MOST = 100_000

Type = Annotated[str, typer.Option("--type", metavar="TYPE", help="database, server, security or network.")]
All = Annotated[bool, typer.Option("--all", help="One of each kind.")]
Batch = Annotated[int, typer.Option("--batch", metavar="N", help="N of them at once.")]
Stress = Annotated[float, typer.Option("--stress", metavar="SECONDS", help="Send for this long.")]
Rate = Annotated[float, typer.Option("--rate", metavar="N", help="Alerts a second, with --stress.")]


@app.callback(epilog=command.example("midwatch alerts send --type database"))
def alerts() -> None:
    """Try a server with alerts.

    A key is read from $MIDWATCH_KEY.
    """


@app.command(
    epilog=command.example(
        "midwatch alerts send --all", "midwatch alerts send --stress 10 --rate 20 --url https://midwatch.example.com"
    )
)
def send(
    type_: Type = "",
    all_: All = False,
    batch: Batch = 1,
    stress: Stress = 0.0,
    rate: Rate = 1.0,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """Send invented alerts to a running server."""
    command.finish(_send(type_, all_, batch, stress, rate, url))


async def _send(type_: str, every: bool, batch: int, stress: float, rate: float, url: str) -> None:
    chosen = _chosen(type_, every)
    count = len(chosen) if every and batch == 1 else batch
    if stress:
        count = int(stress * rate)
    if not 0 < count <= MOST:
        raise Refusal(f"{count} alerts are not between 1 and {MOST}.", "Choose a smaller --batch, --stress or --rate")
    bodies = [
        _numbered(alert, number // len(chosen))
        for number, alert in zip(range(count), itertools.cycle(chosen), strict=False)
    ]
    sender = AlertSender(url)
    try:
        sent = await sender.send_all(bodies, rate if stress else 0.0)
    finally:
        await sender.close()
    _tell(sent, url)


def samples() -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load(files("midwatch.interfaces.cli").joinpath("samples.yaml").read_text("utf-8"))


def _chosen(type_: str, every: bool) -> list[dict[str, Any]]:
    known = samples()
    if every:
        return [alert for kind in known.values() for alert in kind]
    if type_ and type_ not in known:
        raise Refusal(f"There is no type {type_!r}.", f"One of {', '.join(known)}")
    return known[type_ or "database"][:1] if not type_ else known[type_]


def _numbered(alert: dict[str, Any], again: int) -> dict[str, Any]:
    """The same alert once more is about another host: otherwise a server would rightly take it for a repetition."""
    if not again:
        return alert
    service = f"{alert['service_name']}-{again}"
    return {**alert, "service_name": service, "title": f"{alert['title']} ({service})"}


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _tell(sent: Sent, url: str) -> None:
    typer.echo(
        f"{_plural(sum(sent.statuses.values()), 'alert')} sent to {url}: {sent.statuses[202]} accepted, "
        f"{_plural(len(sent.incidents), 'incident')}"
    )
    typer.echo(f"acknowledged in p50 {sent.percentile(0.5) * 1000:.0f} ms, p99 {sent.percentile(0.99) * 1000:.0f} ms")
    if sent.failure_count:
        raise Refusal(
            f"{sent.failure_count} were not accepted: {sent.refusal}", "Set MIDWATCH_KEY to an API key of a responder"
        )
