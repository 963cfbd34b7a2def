import asyncio
from typing import Annotated, Any

import typer

from midwatch.domain.investigation import Request
from midwatch.engine.investigations import investigate
from midwatch.interfaces.cli import columns, command, streams
from midwatch.interfaces.cli.alert_client import AlertSender, Url
from midwatch.interfaces.cli.forms import Presentation
from midwatch.interfaces.cli.place import Place
from midwatch.kit.clock import utc_now
from midwatch.kit.printable import one_line
from midwatch.services.cluster_alerts import Alerts, changes, cluster_alerts
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import connections

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Once = Annotated[
    bool,
    typer.Option(
        "--once", help="Look once and end: exit code 1 when something is wrong, 2 when not everything could be read."
    ),
]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=5, help="How often to look.")]


@app.callback(epilog=command.example("midwatch k8s watch --once -n shop"))
def k8s() -> None:
    """Turn what is wrong in a cluster into alerts."""


@app.command(
    epilog=command.example("midwatch k8s watch --context prod", "midwatch k8s watch --url https://midwatch.example.com")
)
def watch(
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespaces = None,
    all_namespaces: command.Everywhere = False,
    once: Once = False,
    every: Every = 60.0,
    url: Url = "",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print no alerts; failures still are.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Also print a line for each look.")] = False,
) -> None:
    """Look again and again; print what is wrong, and with --url send it to a server as alerts.

    Reads, never writes. A key for the server is read from $MIDWATCH_KEY.
    """
    place = Place(command.namespaces_of(namespace, all_namespaces), tuple(context or ()), "", kubeconfig)
    shown = Presentation.of(None, json=False, markdown=False, quiet=quiet, verbose=verbose)
    settings = command.settings(kubeconfig)
    command.finish(_watch(settings, place.with_defaults(settings), once, every, url, shown))


async def _watch(settings: Settings, place: Place, once: bool, every: float, url: str, shown: Presentation) -> None:
    before: Alerts = {}
    sender = AlertSender(url) if url else None
    try:
        if once:
            raise typer.Exit(await _once(settings, place, sender, shown))
        while True:
            try:
                now = await _look(settings, place, before)
                await _say(changes(before, now), before, now, sender, shown)
            except Refusal as refusal:
                # The cluster or the server is away: what could not be said is said at the next look.
                command.note(refusal.reason)
            else:
                before = now
            if not streams.has_reader():
                return
            await asyncio.sleep(every)
    finally:
        if sender:
            await sender.close()


async def _once(settings: Settings, place: Place, sender: AlertSender | None, shown: Presentation) -> command.Exit:
    try:
        now = await _look(settings, place, {})
    except _PartlyRead as refusal:
        command.print_refusal(refusal)
        return command.Exit.UNKNOWN
    await _say(changes({}, now), {}, now, sender, shown)
    return command.Exit.PROBLEM if now else command.Exit.HEALTHY


class _PartlyRead(Refusal):
    """No problem was found, and an essential question got no answer."""


async def _look(settings: Settings, place: Place, before: Alerts) -> Alerts:
    """Each look opens the cluster anew: credentials expire, and nothing of the look before may answer.

    What an essential question got no answer about is not over: alerts of before stay. Raises Refusal when nothing else
    is known.
    """
    now, unread = Alerts(), ""
    for context in place.contexts or ("",):
        async with connections.open_investigation(settings, context=context) as ctx:
            for namespace in place.namespaces:
                found = await investigate(ctx, Request(namespace=namespace))
                now |= cluster_alerts(found, ctx.source)
                if any(gap.essential for gap in found.diagnosis.gaps):
                    unread = found.diagnosis.headline
    if not unread:
        return now
    if not now:
        raise _PartlyRead(unread, "midwatch doctor shows whether the cluster can be read")
    return {**before, **now}


async def _say(
    said: list[dict[str, Any]], before: Alerts, now: Alerts, sender: AlertSender | None, shown: Presentation
) -> None:
    at = f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    for alert in () if shown.quiet else said:
        if alert["status"] == "resolved" or alert["dedup_key"] not in before:
            state = f"{alert['status']:9}{alert['severity']:9}"
            typer.echo(columns.wrap(one_line(f"{at} {state}{alert['title']}")))
    if shown.verbose:
        typer.echo(f"{at} checked  {len(now)} alert{'s' * (len(now) != 1)} firing")
    if sender and said:
        sent = await sender.send_all(said)
        if sent.failure_count:
            raise Refusal(
                f"{sent.failure_count} alert{'s' * (sent.failure_count != 1)} not accepted: {sent.refusal}",
                "Set MIDWATCH_KEY to an API key of a responder",
            )
