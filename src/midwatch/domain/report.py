"""A diagnosis as a report. Terminal, Markdown, Slack and the web page render the same Report."""

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
    """The sections of a report. `severity` is that of the worst cause (None: no cause was found), `verdict` the
    certainty. `source` is the system that was read (`cluster prod`), `since` the start of the first cause ("" if
    unknown)."""

    verdict: Verdict
    severity: Severity | None = None
    source: str = ""
    headline: str
    since: str = ""
    marks: str = ""
    sections: tuple[ReportSection, ...]

    @property
    def label(self) -> str:
        """The first word of the answer: CRITICAL, WARNING, INFO, OK, ANSWER for a requested fact, or UNKNOWN where the
        evidence does not decide."""
        if self.verdict is Verdict.EXPECTED:
            return "INFO"
        if self.severity:
            return self.severity.upper()
        return _WITHOUT_CAUSE.get(self.verdict, "UNKNOWN")

    @property
    def certainty(self) -> str:
        """The verdict in lower case; "" beside OK and ANSWER, which already state it."""
        return "" if self.label in ("OK", "ANSWER") else self.verdict.lower()

    @property
    def first_line(self) -> str:
        """First line of the report: `CRITICAL confirmed · cluster prod · shop/deployment/web: OOMKilled … · since
        2026-11-28 01:28 UTC (82m)`."""
        head = f"{self.label} {self.certainty}".rstrip()
        return " · ".join(part for part in (head, self.source, self.headline, self.since) if part)
