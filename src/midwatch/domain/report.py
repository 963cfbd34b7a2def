"""A diagnosis laid out. Terminal, Markdown, Slack and the web page render the same Report."""

from typing import Annotated, Literal

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.finding import Severity


class Text(Model, frozen=True):
    type: Literal["text"] = "text"
    text: str
    marks: str = ""


class Items(Model, frozen=True):
    type: Literal["items"] = "items"
    items: tuple[Text, ...]


class Commands(Model, frozen=True):
    type: Literal["commands"] = "commands"
    commands: tuple[str, ...]


class Grid(Model, frozen=True):
    type: Literal["grid"] = "grid"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Annotated[Text | Items | Commands | Grid, Field(discriminator="type")]


class ReportSection(Model, frozen=True):
    title: str
    blocks: tuple[Block, ...]


_WITHOUT_CAUSE = {Verdict.HEALTHY: "OK", Verdict.EXPECTED: "INFO", Verdict.CONFIRMED: "ANSWER"}


class Report(Model, frozen=True):
    """`severity` says how bad it is (None: no cause was found), `verdict` how sure that is. `source` is what was read
    (`cluster prod`), `since` when the first cause began ("" where that is not known)."""

    verdict: Verdict
    severity: Severity | None = None
    source: str = ""
    headline: str
    since: str = ""
    marks: str = ""
    sections: tuple[ReportSection, ...]

    @property
    def label(self) -> str:
        """The first word of the answer: CRITICAL, WARNING, INFO, OK, ANSWER for a fact that was asked for, or UNKNOWN
        where the evidence does not decide."""
        if self.verdict is Verdict.EXPECTED:
            return "INFO"
        if self.severity:
            return self.severity.upper()
        return _WITHOUT_CAUSE.get(self.verdict, "UNKNOWN")

    @property
    def certainty(self) -> str:
        """The verdict in small letters; "" beside OK and ANSWER, which say it."""
        return "" if self.label in ("OK", "ANSWER") else self.verdict.lower()

    @property
    def first_line(self) -> str:
        """`CRITICAL confirmed · cluster prod · shop/deployment/web: OOMKilled … · since 2026-11-28 01:28 UTC (82m)`."""
        head = f"{self.label} {self.certainty}".rstrip()
        return " · ".join(part for part in (head, self.source, self.headline, self.since) if part)
