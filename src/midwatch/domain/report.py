"""A diagnosis laid out. Terminal, Markdown, Slack and the web page render the same Report."""

from typing import Annotated, Literal

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.diagnosis import Verdict


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


class Report(Model, frozen=True):
    verdict: Verdict
    headline: str
    marks: str = ""
    sections: tuple[ReportSection, ...]
