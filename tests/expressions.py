"""Every regular expression of the product: those that modules and their data files hold compiled, and those that stand
in a call."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import midwatch

_CALLS = frozenset(["compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"])
_METHODS = frozenset(["search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"])
_SKIPPED = ("midwatch.store.migrations.", "midwatch.interfaces.cli.__main__")


@dataclass(frozen=True)
class Expression:
    """`where` is the module that holds it (and the name); `methods` are how it is used, as far as a name tells.

    An expression in a table or a data file is used as one that looks through the whole text: that is the dearest use.
    """

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str] = frozenset(["finditer"])


@dataclass(frozen=True)
class Inventory:
    """`unread` are the calls whose expression is made at run time, as `module: source`."""

    expressions: tuple[Expression, ...]
    unread: frozenset[str]


@cache
def inventory() -> Inventory:
    found: dict[tuple[str | bytes, int], list[Expression]] = defaultdict(list)
    unread: set[str] = set()
    for module in modules():
        source = Path(inspect.getfile(module)).read_text()
        tree = ast.parse(source)
        uses = _uses(tree)
        for name, value in list(vars(module).items()):
            for pattern in _held(value, {}):
                direct = uses.get(name) if isinstance(value, re.Pattern) else None
                _note(found, Expression(f"{module.__name__}.{name}", pattern, *([direct] if direct else [])))
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            _called(module, call, found, unread)
    merged = (_merged(some) for some in found.values())
    return Inventory(tuple(sorted(merged, key=lambda e: e.where)), frozenset(unread))


def held(where: str, value: object) -> list[Expression]:
    """Those of a value that no module holds."""
    return [Expression(where, pattern) for pattern in _held(value, {})]


def modules() -> list[ModuleType]:
    names = (m.name for m in pkgutil.walk_packages(midwatch.__path__, "midwatch.") if not m.name.endswith("__main__"))
    return [importlib.import_module(name) for name in names if not name.startswith(_SKIPPED)]


def _note(found: dict[tuple[str | bytes, int], list[Expression]], one: Expression) -> None:
    found[one.pattern.pattern, one.pattern.flags].append(one)


def _merged(some: list[Expression]) -> Expression:
    return Expression(some[0].where, some[0].pattern, frozenset().union(*(one.methods for one in some)))


def _uses(tree: ast.AST) -> Mapping[str, frozenset[str]]:
    """The methods that are called of each name."""
    uses: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _METHODS:
            uses[node.value.id].add(node.attr)
    return {name: frozenset(methods) for name, methods in uses.items()}


def _called(
    module: ModuleType, call: ast.Call, found: dict[tuple[str | bytes, int], list[Expression]], unread: set[str]
) -> None:
    of = call.func
    if not (
        isinstance(of, ast.Attribute)
        and isinstance(of.value, ast.Name)
        and of.value.id == "re"
        and of.attr in _CALLS
        and call.args
    ):
        return
    try:
        value = eval(compile(ast.Expression(call.args[0]), "<expression>", "eval"), vars(module))
        flags = next(
            (
                eval(compile(ast.Expression(k.value), "<flags>", "eval"), vars(module))
                for k in call.keywords
                if k.arg == "flags"
            ),
            0,
        )
    except NameError:
        unread.add(f"{module.__name__}: {ast.unparse(call.args[0])}")
        return
    if of.attr != "compile" and isinstance(value, str):
        _note(found, Expression(f"{module.__name__}:{call.lineno}", re.compile(value, flags), frozenset([of.attr])))


def _held(value: Any, seen: dict[int, Any]) -> Iterator[re.Pattern[Any]]:
    """The compiled expressions a value holds, however deep; what a function without parameters reads once (a data file)
    too."""
    if id(value) in seen or isinstance(value, (str, bytes, int, float, ModuleType)):
        return
    seen[id(value)] = value  # kept, so that no id is given twice
    if isinstance(value, re.Pattern):
        yield value
    else:
        for part in _parts(value):
            yield from _held(part, seen)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (*value.keys(), *value.values())
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from value
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif is_dataclass(value) and not isinstance(value, type) and _ours(type(value)):
        yield from (getattr(value, name) for name in value.__dataclass_fields__)
        yield from (getattr(value, name) for name, of in vars(type(value)).items() if _compiled_late(of))
    elif _ours(value):
        yield from _own_parts(value)


def _own_parts(value: Any) -> Iterator[Any]:
    """Of a class, of a function, and of one that keeps what it read."""
    if hasattr(value, "cache_info"):
        yield from () if inspect.signature(value).parameters else (value(),)
    elif isinstance(value, FunctionType):
        yield from (cell.cell_contents for cell in value.__closure__ or () if _filled(cell))
        yield from value.__defaults__ or ()
    elif isinstance(value, type):
        yield from vars(value).values()


def _compiled_late(of: Any) -> bool:
    return isinstance(of, cached_property) and "re.Pattern" in str(inspect.signature(of.func).return_annotation)


def _ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("midwatch")


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
