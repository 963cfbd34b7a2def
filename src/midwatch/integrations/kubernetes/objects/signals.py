"""Which of our signals a name speaks of. The names are data: signals.yaml."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_BREAKS = re.compile(r"[-.:\s]")
_JOINT = re.compile("_")
_LONGEST = 200  # letters of a name; no monitoring system has longer ones


@dataclass(frozen=True)
class Signal:
    """`joined` says how several series of one entity become one: sum, max or min; `counter`: it only counts up."""

    name: str
    unit: str = ""
    joined: str = "max"
    counter: bool = False


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    signal: str
    unit: str
    joined: str


@cache
def _data() -> dict[str, Any]:
    return yaml.load(
        files("midwatch.integrations.kubernetes.objects").joinpath("signals.yaml").read_text("utf-8"),
        Loader=yaml.CSafeLoader,
    )


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_Rule(re.compile(e["name"]), e["signal"], e.get("unit", ""), e["joined"]) for e in _data()["signals"])


@cache
def _units() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(e["name"]), e["unit"]) for e in _data()["units"])


@lru_cache(maxsize=4096)
def signal(name: str) -> Signal | None:
    """None for a name that none of our signals goes by; exporters put words of their own before the signal."""
    low = _BREAKS.sub("_", name.strip().lower())
    endings = (low[at:] for at in (0, *(m.end() for m in _JOINT.finditer(low)))) if len(low) <= _LONGEST else ()
    return next((found for ending in endings if (found := _exact(ending, low))), None)


@lru_cache(maxsize=4096)
def _exact(ending: str, whole: str) -> Signal | None:
    for rule in _rules():
        if found := rule.pattern.fullmatch(ending):
            unit = rule.unit or next((unit for pattern, unit in _units() if pattern.fullmatch(ending)), "")
            known = rule.signal.replace("{q}", found.groupdict().get("q") or "")
            return Signal(known, unit, rule.joined, whole.endswith("_total"))
    return None


def entity(labels: Mapping[str, str]) -> tuple[str, str]:
    """Name and role of what a series is about; ("", "") when no label names it."""
    for entry in _data()["entities"]:
        if name := _first(labels, entry["labels"]):
            return name, entry["role"]
    return "", ""


def namespace(labels: Mapping[str, str]) -> str:
    return _first(labels, _data()["namespaces"])


def _first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


@lru_cache(maxsize=1024)
def alert_concern(text: str) -> str:
    """What an alert is about: loss (of packets), slow, or "" for anything else."""
    patterns: Mapping[str, str] = _data()["alerts"]
    return next((name for name in ("loss", "slow") if re.search(patterns[name], text)), "")
