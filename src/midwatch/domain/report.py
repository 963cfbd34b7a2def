"""A diagnosis laid out. Terminal, Markdown, Slack and the web page render the same Report."""

from typing import Annotated, Literal

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.diagnosis import Verdict


class Text(Model):
    type: Literal["text"] = "text"
    text: str
    marks: str = ""


class Items(Model):
    type: Literal["items"] = "items"
    items: tuple[Text, ...]


class Commands(Model):
    type: Literal["commands"] = "commands"
    commands: tuple[str, ...]


class Grid(Model):
    type: Literal["grid"] = "grid"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Annotated[Text | Items | Commands | Grid, Field(discriminator="type")]


class Section(Model):
    title: str
    blocks: tuple[Block, ...]


class Report(Model):
    verdict: Verdict
    headline: str
    sections: tuple[Section, ...]
