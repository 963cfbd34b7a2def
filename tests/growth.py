"""Hostile texts for a regular expression, made from itself, and whether its time grows faster than the text."""

import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice, pairwise
from re import _parser as parser  # pyright: ignore[reportAttributeAccessIssue]
from time import perf_counter, process_time
from typing import Any

from tests.expressions import Expression

UNITS = (
    *(
        "a",
        "f",
        "7",
        "X",
        "/",
        "\\",
        ".",
        "-",
        "_",
        " ",
        "\t",
        '"',
        "'",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "<",
        "=",
        ":",
        "@",
        ",",
        ";",
        "\n",
    ),
    *(
        "a.",
        "a/",
        "a:",
        "a=",
        "a-",
        '"a',
        '\\"',
        '{"a":',
        "ab ",
        "a1",
        "0x",
        "7.",
        "7:",
        "://",
        "a@",
        "é",
        "\u200b",
        "\x1b[",
        "A b_c-1.",
        "a\n",
    ),
)
_MEMBERS = "a7Xf/.-_ \t\\\"'=:@,[]{}()<>|;+%#?\n"  # characters of which a class is tried with those that it holds
_MANY = 60  # a repetition of as many may cost as much as one without end
_PREFIXES = 24  # ways that lead to one repetition
_TRIES = 4  # a machine under load is slow at times, an expression always
_FLOOR = 0.003  # seconds; what takes less is cheap, however it grows
_TOLD = 0.04  # seconds of CPU that are measured: some systems count them in steps of 4 ms
_ENDLESS = 0.4  # seconds of CPU for one use: no text of some thousand characters needs them
_TIMES = 16  # how much longer the long text is
# how much more than ×16 time it may take: squared growth takes ×256, one that is bounded at 160 characters up to ×50
_FASTER = 5.5


def units(pattern: re.Pattern[Any], *, thorough: bool = True) -> Iterator[tuple[str, str]]:
    """Pairs of a beginning and of what is repeated behind it, for each repetition of the expression."""
    for before, tree in islice(_repeats(parser.parse(pattern.pattern, pattern.flags & ~re.LOCALE)), 400):
        members = _members(tree)[: 10 if thorough else 3]
        pairs = ("".join(pair) for pair in pairwise(members)) if thorough else ()
        for part in dict.fromkeys([*members, _sample(tree), *pairs]):
            if part:
                yield "", part
                yield before, part
                yield "", before + part
                if thorough:
                    yield "", before + part * 7


@cache
def texts(start: str, unit: str, size: int) -> tuple[str, ...]:
    text = (start + unit * (size // len(unit) + 1))[:size]
    return text, text + "\x00"


def superlinear(
    expression: Expression, size: int, common: Iterable[str] = UNITS, *, thorough: bool = True
) -> Iterator[str]:
    """The units over which the time of an expression grows faster than the text; `size` is the longest text in
    characters."""
    pattern = expression.pattern
    hostile = [("", unit) for unit in common] if repeats(pattern) else []
    for start, unit in dict.fromkeys([*hostile, *units(pattern, thorough=thorough)]):
        for method in sorted(expression.methods):
            for ending in (1, 0) if thorough else (1,):
                if _grows(pattern, method, start, unit, size, ending):
                    yield f"{method} of {start!r} and {unit!r} repeated, {'an odd end' if ending else 'no end'}"


def repeats(pattern: re.Pattern[Any]) -> bool:
    return next(_repeats(parser.parse(pattern.pattern, pattern.flags)), None) is not None


def _grows(pattern: re.Pattern[Any], method: str, start: str, unit: str, size: int, ending: int) -> bool:
    long, short = (texts(start, unit, n)[ending] for n in (size, size // _TIMES))
    for _ in range(_TRIES):
        began = perf_counter()
        if not _used(pattern, method, long):
            return True
        if perf_counter() - began < _FLOOR:  # the clock on the wall never shows less than the CPU took
            return False
    took = _time(pattern, method, long)
    return took > _FLOOR and took / _time(pattern, method, short) > _TIMES * _FASTER


@contextmanager
def _ended(seconds: float) -> Iterator[None]:
    """Ends what takes more CPU: an expression looks for signals as it goes."""

    def end(number: int, frame: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _time(pattern: re.Pattern[Any], method: str, text: str) -> float:
    """Seconds of CPU of one use, of as many as a clock of some milliseconds can tell apart."""
    count, start = 0, process_time()
    while (took := process_time() - start) < _TOLD:
        count += 1
        _used(pattern, method, text)
    return took / count


def _used(pattern: re.Pattern[Any], method: str, text: str) -> bool:
    """Uses the expression once; False when that had to be ended."""
    used: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    with _ended(_ENDLESS):
        if method in ("sub", "subn"):
            getattr(pattern, method)(used[:0], used)
        elif method == "finditer":
            for _ in pattern.finditer(used):
                pass
        else:
            getattr(pattern, method)(used)
        return True
    return False


# -- the tree of an expression, as the compiler of Python sees it


def _repeats(tree: Any) -> Iterator[tuple[str, Any]]:
    """Each repetition that can be long: a text that leads to it, and what it repeats."""
    yield from islice(_walk(tree, ""), 2000)


def _walk(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    for op, argument in tree:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, inner = argument
            if most == parser.MAXREPEAT or most >= _MANY:
                yield before, inner
        for inner in _inner(name, argument):
            yield from _walk(inner, before)
        before += _sample([(op, argument)])


def _inner(name: str, argument: Any) -> list[Any]:
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [argument[2]]
    if name == "SUBPATTERN":
        return [argument[3]]
    if name == "ATOMIC_GROUP":
        return [argument]
    if name == "BRANCH":
        return list(argument[1])
    if name in ("ASSERT", "ASSERT_NOT"):
        return [argument[1]]
    return []


def _sample(tree: Any) -> str:
    """A short text that fits, more or less."""
    return "".join(_fit(str(op), argument) for op, argument in tree)


def _fit(name: str, argument: Any) -> str:
    if name == "LITERAL":
        return chr(argument)
    if name in ("NOT_LITERAL", "ANY", "IN"):
        return next(iter(_of(name, argument)), "")
    if name in ("ASSERT", "ASSERT_NOT"):
        return ""
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _sample(argument[2]) * (argument[0] or (1 if argument[1] == parser.MAXREPEAT else 0))
    inner = _inner(name, argument)
    return _sample(inner[0]) if inner else ""


def _members(tree: Any) -> list[str]:
    """One character for each kind that a repetition takes."""
    found = [c for op, argument in tree for c in _each(str(op), argument)]
    return list(dict.fromkeys(found))[:10]


def _each(name: str, argument: Any) -> list[str]:
    if name == "LITERAL":
        return [chr(argument)]
    if name in ("NOT_LITERAL", "ANY", "IN"):
        return _of(name, argument)
    return [c for inner in _inner(name, argument) for c in _members(inner)]


def _of(name: str, argument: Any) -> list[str]:
    if name == "ANY":
        return ["a", "7", "/", " "]
    if name == "NOT_LITERAL":
        return [c for c in "a7/ " if ord(c) != argument]
    signs = [(str(op), value) for op, value in argument]
    negated = signs[0][0] == "NEGATE"
    own = [chr(v) for op, v in signs if op == "LITERAL"] if not negated else []
    candidates = [*_MEMBERS, *own]
    return [c for c in dict.fromkeys(candidates) if any(_holds(op, v, c) for op, v in signs) != negated][:12]


def _holds(op: str, value: Any, char: str) -> bool:
    if op == "LITERAL":
        return ord(char) == value
    if op == "RANGE":
        return value[0] <= ord(char) <= value[1]
    tests = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
    kind = str(value).removeprefix("CATEGORY_") if op == "CATEGORY" else ""
    return tests.get(kind, False) if not kind.startswith("NOT_") else not tests[kind.removeprefix("NOT_")]
