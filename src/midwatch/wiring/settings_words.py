"""What is wrong with a setting, in a user's words: pydantic speaks of dictionaries, tuples and instances."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

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
    """Without what was set. A name that is not known comes first: what lacks beside it was probably meant by it."""
    found = error.errors(include_url=False, include_input=False)
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
    return f": {problem['msg'].removeprefix('Value error, ')}"


def list_or_table(path: Sequence[str]) -> str:
    """For a variable that should be JSON and is none."""
    name = ".".join(path)
    return f'{name} is not valid JSON in its variable: a list is written ["one", "two"], a table {{"name": "value"}}'
