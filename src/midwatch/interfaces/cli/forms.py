"""How an answer is printed: the options that every command with an answer has."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NamedTuple

import typer

from midwatch.domain.refusal import Refusal


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    MARKDOWN = "markdown"


Output = Annotated[
    Form | None,
    typer.Option("-o", "--output", metavar="FORMAT", help="text (the default), json, yaml or markdown."),
]
Json = Annotated[bool, typer.Option("--json", help="Same as -o json (see midwatch schema).")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Same as -o markdown.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print the first line only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print everything, also what was checked and is well.")]


class SharedPlace(NamedTuple):
    """An answer among those of `several` clusters; it `begins` those of one."""

    several: bool = False
    begins: bool = False


@dataclass(frozen=True)
class Presentation:
    """`quiet` and `verbose` are about text and Markdown: JSON and YAML are always whole."""

    form: Form = Form.TEXT
    quiet: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, output: Form | None, *, json: bool, markdown: bool, quiet: bool, verbose: bool) -> "Presentation":
        """Raises Refusal for options that contradict each other."""
        given = {"-o " + output: output} if output else {}
        given |= {"--json": Form.JSON} if json else {}
        given |= {"--markdown": Form.MARKDOWN} if markdown else {}
        if len(set(given.values())) > 1:
            raise Refusal(f"{' and '.join(given)} contradict each other.", "Choose one output format")
        if quiet and verbose:
            raise Refusal("-q and -v contradict each other.", "Choose one of them")
        form = next(iter(given.values()), Form.TEXT)
        if quiet and form in (Form.JSON, Form.YAML):
            raise Refusal(f"-q and {next(iter(given))} contradict each other.", "Print the first line as text")
        return cls(form, quiet, verbose)
