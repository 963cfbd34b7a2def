import asyncio
from typing import Annotated, Any

import typer

from midwatch.domain.investigation import Request
from midwatch.engine.investigations import investigate
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_client import AlertSender, Url
from midwatch.kit.clock import utc_now
from midwatch.kit.printable import one_line
from midwatch.services.cluster_alerts import Alerts, changes, cluster_alerts
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import connections

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Once = Annotated[bool, typer.Option("--once", help="Look once and end: exit code 1 when something is wrong.")]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=5, help="How often to look.")]


@app.callback()
def k8s() -> None:
    """Turn what is wrong in a cluster into alerts."""


@app.command()
def watch(
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    once: Once = False,
    every: Every = 60.0,
    url: Url = "",
) -> None:
    """Look again and again; print what is wrong, and with --url send it to a server as alerts.

    Reads, never writes. A key for the server is read from $MIDWATCH_KEY.
    """
    command.finish(_watch(command.settings(kubeconfig), Request(namespace=namespace), once, every, url))


async def _watch(settings: Settings, request: Request, once: bool, every: float, url: str) -> None:
    before: Alerts = {}
    sender = AlertSender(url) if url else None
    try:
        while True:
            try:
                now = await _look(settings, request, before)
                await _say(changes(before, now), before, sender)
            except Refusal as refusal:
                if once:
                    raise
                # The cluster or the server is away: what could not be said is said at the next look.
                typer.echo(f"midwatch: {one_line(refusal.reason)}", err=True)
            else:
                if once:
                    raise typer.Exit(command.Exit.PROBLEM if now else command.Exit.HEALTHY)
                before = now
            await asyncio.sleep(every)
    finally:
        if sender:
            await sender.close()


async def _look(settings: Settings, request: Request, before: Alerts) -> Alerts:
    """Each look opens the cluster anew: credentials expire, and nothing of the look before may answer.

    What an essential question got no answer about is not over: alerts of before stay. Raises Refusal when nothing else
    is known.
    """
    async with connections.open_investigation(settings) as ctx:
        found = await investigate(ctx, request)
        now = cluster_alerts(found, ctx.source)
    if not any(gap.essential for gap in found.diagnosis.gaps):
        return now
    if not now:
        raise Refusal(found.diagnosis.headline, "midwatch doctor tells whether the cluster can be read")
    return {**before, **now}


async def _say(said: list[dict[str, Any]], before: Alerts, sender: AlertSender | None) -> None:
    for alert in said:
        if alert["status"] == "resolved" or alert["dedup_key"] not in before:
            state = f"{alert['status']:9}{alert['severity']:9}"
            typer.echo(one_line(f"{utc_now():%Y-%m-%dT%H:%M:%SZ} {state}{alert['title']}"))
    if sender and said:
        sent = await sender.send_all(said)
        if sent.failure_count:
            raise Refusal(
                f"{sent.failure_count} alerts were not accepted: {sent.refusal}",
                "Set MIDWATCH_KEY to an API key of a responder",
            )
