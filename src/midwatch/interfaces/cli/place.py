"""Where a command looks: clusters or a dump, and namespaces."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

import typer

from midwatch.domain.refusal import Refusal
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.settings import Settings

Selector = Annotated[
    str,
    typer.Option(
        "-l", "--selector", metavar="LABELS", help="Look into the workloads with these labels, as kubectl's -l."
    ),
]
Since = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="DURATION",
        help="Period of a traffic question, or of the logs and events of a cluster: 30m, 6h, 2d, 1w.",
    ),
]
_DURATION = re.compile(r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")


@dataclass(frozen=True)
class Place:
    """`namespaces` has "" for all of them; no `namespaces` and no `contexts` are those of the settings."""

    namespaces: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    dump: str = ""
    kubeconfig: str = ""

    def __post_init__(self) -> None:
        """Raises Refusal for a dump beside a context."""
        if self.dump and self.contexts:
            raise Refusal("--dump and --context do not go together.", "A dump is read as it is; leave --context out")

    def with_defaults(self, settings: Settings) -> "Place":
        """With the namespace of the settings where no flag names one; a dump is read whole then."""
        default = "" if self.dump else settings.of(KubernetesSettings).namespace
        return replace(self, namespaces=self.namespaces or (default,))

    def require_single(self, flag: str) -> None:
        """Raises Refusal where `flag` can only have one investigation and there would be several."""
        for option, several in (("--context", self.contexts), ("-n", self.namespaces)):
            if len(several) > 1:
                raise Refusal(f"{flag} saves one investigation.", f"Give one {option}")


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `1h30m`, `2d`, `1w`; raises Refusal for anything else, and for nothing at all."""
    match = _DURATION.fullmatch(text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0,) * 5
    found = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not found:
        raise Refusal(f"--since {text!r} is not a valid duration.", "Write it as 30m, 6h, 2d or 1w")
    return found
