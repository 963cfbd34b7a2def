"""What stands in a text outside of any command and is no table and no description: journals of nodes, logs of programs
that nothing names, and lines that nobody understands."""

import re
from collections.abc import Iterator, Sequence

from midwatch.analysis.failure_words import speaks_of_failure
from midwatch.integrations.kubernetes.text.parse_result import ParsedLog
from midwatch.integrations.kubernetes.text.shapes import LONGEST, is_log_line, is_sentence, journal, kernel

Lines = Sequence[tuple[int, str]]
# Rulers, headings of Markdown and of helm, and what kubectl says of an order that it carried out.
_NO_OUTPUT = re.compile(
    r"[\W_]*|#{1,6} .*|==> .*|[a-z0-9./-]{1,300} (?:created|configured|unchanged|deleted|patched|scaled|restarted|"
    r"labeled|annotated|(?:already )?(?:un)?cordoned|drained|evicted)|(?:evicting|deleting) pod .*|Waiting for .*"
)
# `web-7d9f-x2x9k app {"level":…`, as stern and a selector's many pods have it.
_PREFIX = re.compile(
    r"(?P<pod>[a-z0-9][a-z0-9.-]{0,240}-[a-z0-9]{1,10}) (?P<box>[a-z0-9][a-z0-9-]{0,62}) "
    r"(?=\{\"|\d{4}[-/]\d\d|[IWEF]\d{4} |\[\d{4}|(?:level|time|ts)=)"
)
# What a terminal viewer of clusters writes at the end of a log.
_STREAM = re.compile(
    r"Stream closed EOF for (?P<namespace>[a-z0-9-]{1,63})/(?P<pod>[a-z0-9.-]{1,253}) \((?P<box>[a-z0-9-]{1,63})\)"
)
_KERNEL_UNIT = "kernel"
_QUOTED = 120  # letters of a line that is quoted


def journals(lines: Lines) -> tuple[list[ParsedLog], set[int]]:
    """The lines of each unit of each node as one log, and the numbers of the lines that were taken."""
    found: dict[tuple[str, str], list[str]] = {}
    used: set[int] = set()
    for number, line in lines:
        whose = journal(line) or (("", _KERNEL_UNIT) if kernel(line) else None)
        if whose:
            found.setdefault(whose, []).append(line)
            used.add(number)
    made = [
        ParsedLog("", host or "not-named", unit, False, "\n".join(text), "Node") for (host, unit), text in found.items()
    ]
    return made, used


def prefixed_logs(lines: Lines) -> tuple[list[ParsedLog], set[int]]:
    """The lines that stern or a viewer put a pod and its container before, as one log each."""
    found: dict[tuple[str, str], list[str]] = {}
    used: set[int] = set()
    for number, line in lines:
        if match := _PREFIX.match(line[:LONGEST]):
            found.setdefault((match["pod"], match["box"]), []).append(line[match.end() :])
            used.add(number)
    return [ParsedLog("", pod, box, False, "\n".join(text)) for (pod, box), text in found.items()], used


def bare_logs(lines: Lines, name: str, *, whole: bool) -> tuple[list[ParsedLog], set[int]]:
    """Runs of lines that begin with a log line: up to a sentence of a person behind an empty line, or its end.

    `whole`: nothing else is in the text, and all of it is the log.
    """
    if whole and any(is_log_line(line) for _, line in lines):
        return [_log(lines, name)], {number for number, _ in lines}
    found: list[ParsedLog] = []
    used: set[int] = set()
    for run in _runs(lines):
        found.append(_log(run, f"{name} line {run[0][0]}" if run[0][0] > 1 else name))
        used |= {number for number, _ in run}
    return found, used


def is_log(lines: Lines) -> bool:
    """Whether most of the lines begin as a log's do: then what they say is the log's, whatever it sounds like."""
    said = [line for _, line in lines if line.strip()]
    return len(said) > 1 and sum(map(is_log_line, said)) * 2 > len(said)


def _log(lines: Lines, name: str) -> ParsedLog:
    for _, line in lines[-3:]:
        if match := _STREAM.search(line[:LONGEST]):
            text = "\n".join(line for _, line in lines).strip("\n")
            return ParsedLog(match["namespace"], match["pod"], match["box"], False, text)
    return ParsedLog("", name, "", False, "\n".join(line for _, line in lines).strip("\n"), "Log")


def _runs(lines: Lines) -> Iterator[Lines]:
    run: list[tuple[int, str]] = []
    for number, line in lines:
        if not run and not is_log_line(line):
            continue
        if run and is_sentence(line) and not run[-1][1].strip():
            yield run
            run = []
            continue
        run.append((number, line))
    if run:
        yield run


def not_understood(lines: Lines, used: set[int]) -> Iterator[tuple[int, str]]:
    """First line and what to say of each run of lines that is neither read nor a sentence."""
    run: list[tuple[int, str]] = []
    for number, line in [*lines, (-1, "")]:
        if (
            line.strip()
            and number not in used
            and not _NO_OUTPUT.fullmatch(line[:400])
            and not is_sentence(line.strip())
        ):
            run.append((number, line))
        elif run and (number in used or not line.strip() or number < 0):
            yield run[0][0], _unread(run)
            run = []


def _unread(run: Lines) -> str:
    """With the first line that speaks of a failure, as nobody judged it."""
    said = f"{len(run)} line{'s' * (len(run) > 1)} from here not understood"
    suspect = next((line.strip() for _, line in run if speaks_of_failure(line[:LONGEST])), "")
    return f"{said}: {suspect[:_QUOTED]}" if suspect else f"{said}: not read"
