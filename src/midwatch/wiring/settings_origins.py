"""Where each setting comes from: which variable or file is in force, and which ones it wins over. Never a value."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from typing import cast

import yaml
from pydantic import BaseModel

from midwatch.settings import in_environment, other_variables
from midwatch.wiring.settings_files import setting_places

_PREFIX = "MIDWATCH_"


@dataclass(frozen=True)
class SettingOrigin:
    """`origin` is in force; it wins over `overridden`. Without an origin the default is in force."""

    setting: str
    origin: str = ""
    overridden: tuple[str, ...] = ()


def origins(composed: type[BaseModel], *, defaults: bool = False) -> list[SettingOrigin]:
    """Of each setting that is set, in the order of their names; with `defaults` of all that there are."""
    found: dict[str, list[str]] = {}
    for setting, origin in (*_own_variables(composed), *_other_variables(composed), *_files(), *_elsewhere(composed)):
        found.setdefault(setting, []).append(origin)
    if defaults:
        for setting in _names(composed):
            if not any(one == setting or one.startswith(f"{setting}.") for one in found):
                found[setting] = []
    return [SettingOrigin(name, *_split(places)) for name, places in sorted(found.items())]


def unused_variables() -> Iterator[tuple[str, str]]:
    """Variables of other programs that are set and that nothing reads; with a clause that says so."""
    listed = other_programs()
    for name in in_environment(listed["not_used_yet"]):
        yield name, f"set, not used yet ({listed['not_used_yet'][name]})"
    for name in in_environment(listed["no_effect"]):
        yield name, f"set, no effect: {listed['no_effect'][name]}"


@cache
def other_programs() -> Mapping[str, Mapping[str, str]]:
    """By `not_used_yet` and `no_effect`: each variable, and whose it is or why it has no effect."""
    text = resources("midwatch.wiring").joinpath("other_programs.yaml").read_text("utf-8")
    return cast("Mapping[str, Mapping[str, str]]", yaml.load(text, Loader=yaml.CSafeLoader))


def _split(places: list[str]) -> tuple[str, tuple[str, ...]]:
    return (places[0], tuple(places[1:])) if places else ("", ())


def _own_variables(composed: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name in sorted(os.environ):
        path = name.lower().removeprefix(_PREFIX.lower()).split("__")
        if name.upper().startswith(_PREFIX) and path[0] in composed.model_fields:
            yield ".".join(path), name


def _other_variables(composed: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for path, _, also in other_variables(composed):
        yield from ((".".join(path), name) for name in in_environment(also.variables))


def _elsewhere(composed: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for path, _, also in other_variables(composed):
        yield from ((".".join(path), name) for name in in_environment(also.elsewhere))


def _files() -> Iterator[tuple[str, str]]:
    yield from ((".".join(path), place) for path, place in setting_places())


def _names(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and "root" not in inner.model_fields:
            yield from _names(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}"
