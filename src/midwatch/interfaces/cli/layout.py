import sys

from midwatch.domain.investigation import Investigation
from midwatch.domain.markdown import markdown
from midwatch.engine.compose import compose
from midwatch.interfaces.cli import terminal


def show(found: Investigation, form: str) -> None:
    """Prints the report for people to read: as Markdown, or laid out for a terminal."""
    if form == "markdown":
        sys.stdout.write(markdown(compose(found)))
    else:
        terminal.show(terminal.console(), compose(found))
