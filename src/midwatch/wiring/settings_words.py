"""What is wrong with a setting, in a user's words: pydantic speaks of dictionaries, tuples and instances."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

_SHORTEST = 3  # characters of a value that is cut out of a message: what is shorter is part of ordinary words
# Of an address that ends after its scheme: no secret, and the words of a validator name schemes themselves.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
# Kinds of errors whose text is pydantic's, which repeats no value; all others have the words of a validator.
_PYDANTIC_WORDS = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}

_LIST = 'should be a list (in a variable: ["one", "two"])'
_TABLE = "should have names and values below it"
# By the type of the error; the limits are filled in.
_WORDS = {
    "missing": "is missing",
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "path_type": "should be the path of a file",
    "string_type": "should be a text",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_parsing_size": "should be a whole number of fewer digits",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "finite_number": "should be a finite number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "greater_than": "should be more than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "less_than_equal": "should be at most {le}",
    "literal_error": "should be {expected}",
    "ip_v4_network": "should be an address or a network (10.0.0.0/8)",
    "ip_v6_network": "should be an address or a network (10.0.0.0/8)",
}


def first_problem(error: ValidationError) -> ErrorDetails:
    """With what was set, so that it can be cut out of a validator's words. A name that is not known comes first: what
    lacks beside it was probably meant by it."""
    found = error.errors(include_url=False)
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def path_of(problem: ErrorDetails) -> tuple[str, ...]:
    """The names that lead to the setting; pydantic goes on with the branches of a union."""
    names: list[str] = []
    for part in map(str, problem["loc"]):
        if "[" in part:
            break
        names.append(part)
    return tuple(names)


def words_of(problem: ErrorDetails) -> str:
    """What follows the name of the setting: " should be …", or ": …"."""
    limits: dict[str, Any] = problem.get("ctx", {})
    if problem["type"] in _WORDS:
        return f" {_WORDS[problem['type']].format_map(limits)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f": {message if problem['type'] in _PYDANTIC_WORDS else _without(message, problem['input'])}"


def _without(message: str, given: object) -> str:
    """A validator's text, without what was set. A longer value first: it may hold a shorter one."""
    for text in sorted(set(_texts(given)), key=len, reverse=True):
        message = message.replace(text, "…")
    return message


def _texts(given: object) -> Iterator[str]:
    if isinstance(given, SecretStr):
        given = given.get_secret_value()
    if isinstance(given, str | bytes):
        text = given if isinstance(given, str) else given.decode(errors="replace")
        ordinary = len(text.strip()) < _SHORTEST or _SCHEME.fullmatch(text.strip())
        yield from () if ordinary else (text, repr(text)[1:-1], text.strip())
    elif isinstance(given, Mapping):
        yield from (text for inner in cast("Mapping[Any, Any]", given).values() for text in _texts(inner))
    elif isinstance(given, list | tuple | set):
        yield from (text for inner in cast("Iterable[Any]", given) for text in _texts(inner))
    elif isinstance(given, BaseModel):
        yield from (text for _, inner in given for text in _texts(inner))


def list_or_table(path: Sequence[str]) -> str:
    """For a variable that should be JSON and is none."""
    name = ".".join(path)
    return f'{name} is not valid JSON in its variable: a list is written ["one", "two"], a table {{"name": "value"}}'
