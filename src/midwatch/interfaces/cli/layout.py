import sys

from midwatch.domain.investigation import CaseFile
from midwatch.reports import terminal
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown


def show(found: CaseFile, form: str, *, verbose: bool = False) -> None:
    """Prints the report for people to read: as Markdown, or laid out for a terminal, where several causes are one line
    each without `verbose`."""
    if form == "markdown":
        sys.stdout.write(markdown(compose(found)))
    else:
        terminal.show(terminal.console(), compose(found, verbose=verbose))
