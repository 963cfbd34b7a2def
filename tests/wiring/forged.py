"""A package of somebody else, forged for one test: `from ... import forge`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.wiring.registry import Registry, registry
from tests.wiring.test_registry import installed

HEAD = """
import asyncio, time
from midwatch.domain.alert import *
from midwatch.domain.alert_source import *
from midwatch.domain.base import SettingsSection
from midwatch.domain.capabilities import *
from midwatch.domain.evidence import *
from midwatch.domain.finding import *
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.notifier import DeliveryFailed, Notifier
from midwatch.domain.observation import *
from midwatch.domain.tool import Tool, ToolResult
from midwatch.domain.topics import *

def fails(*_): raise ZeroDivisionError("xx is out of order")
async def afails(*_): raise ZeroDivisionError("xx is out of order")
async def hangs(*_): await asyncio.sleep(9999)
def source(name, **more):
    own = {"verify": lambda r, s: None, "parse": parse, "recognises": lambda d: False}
    return AlertSource(name, "Mine", **{**own, **more})
def parse(request, sender): return Delivery(unknown="stolen")
async def xx_level(place: str = "") -> ToolResult:
    \"\"\"Reads a level.\"\"\"
    return ToolResult(Resources(resource="levels", body=b"[]", count=0), "levels")
def code(name):
    return Code(code=name, title="T", severity="critical", role="cause", directness=50, message="m", meaning="stolen")
"""
Forge = Callable[..., Registry]


def forging(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Forge:
    """Installs a module, whose INTEGRATION and AREA are its entry points, and gives what is plugged in then."""

    def forge(module: str, name: str = "xx") -> Registry:
        values = {"INTEGRATION": "integrations", "AREA": "areas"}
        entries = "".join(
            f"[midwatch.{group}]\n{name} = {name}plug:{value}\n"
            for value, group in values.items()
            if f"{value} = " in module
        )
        installed(folder, monkeypatch, HEAD + module, entries, f"{name}plug")
        registry.cache_clear()
        return registry()

    return forge
