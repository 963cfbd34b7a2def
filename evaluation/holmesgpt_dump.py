"""A case of HolmesGPT's tests as the folder a person would have saved: kubectl's output and the logs, each under its
command."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

_TOOLS = Path(__file__).with_name("holmesgpt_tools.yaml")
_TYPED = ("kubectl ", "helm ", "argocd ", "kube-lineage ")
_FAILED = re.compile(r"Command `[^\n]*` failed with return code \d+\n?(?:Output:\n?)?")
_STREAMS = re.compile(r"\A\s*stdout:[ ]?\n?|\n?stderr:\s*\"?\s*\Z")
_ABOUT = re.compile(r"for ([a-z0-9][a-z0-9.-]+):?")
_RFC = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_ISO = re.compile(r"\b(20\d\d-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Recording:
    """One call of a tool: its name, its parameters, the command line as far as it was recorded, and what was
    printed."""

    tool: str
    params: Mapping[str, str]
    invocation: str
    text: str

    @property
    def command(self) -> str:
        """ "" for a tool that runs no command line."""
        if self.invocation.startswith(_TYPED):
            return self.invocation.replace("kube-lineage ", "kubectl lineage ", 1)
        return _filled(_commands().get(self.tool, ""), self.params)


def save(case: Path, folder: Path) -> None:
    """The files are as old as the newest time that any recording speaks of."""
    recordings = list(_recordings(case))
    saved = _saved_at(recordings)
    for name, text in _files(recordings, alert(case)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if saved:
            os.utime(path, (saved.timestamp(), saved.timestamp()))


def alert(case: Path) -> Json:
    """The alert a case is about, in the words of whoever sent it; {} for a question."""
    path = case / "issue_data.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    return found if isinstance(found, dict) else {}


def _recordings(case: Path) -> Iterator[Recording]:
    for path in sorted(case.glob("*.txt")):
        first, _, rest = path.read_text(errors="replace").partition("\n")
        asked = json.loads(first)
        second, _, after = rest.partition("\n")
        told: Json = {}
        if second.startswith('{"schema_version"'):
            with suppress(ValueError):
                told, rest = json.loads(second), after
        params = {**(told.get("params") or {}), **(asked.get("match_params") or {})}
        text = _printed(rest if rest.strip() else str(told.get("error") or ""))
        yield Recording(
            asked["tool_name"], {k: str(v) for k, v in params.items() if v}, told.get("invocation") or "", text
        )


def _printed(text: str) -> str:
    """Without the names of the streams, the quotes around them, and the recorder's word about the return code."""
    text = _FAILED.sub("", _STREAMS.sub("", _STREAMS.sub("", text)), count=1)
    bare = text.strip()
    if bare.startswith('"data": "'):
        text = bare.removeprefix('"data": "').replace("\\n", "\n").replace("\\t", "\t")
    elif bare.startswith('"'):
        text = bare.removeprefix('"').removesuffix('"')
    return text.replace('\\"', '"') if '\\"' in text and '"' not in text.replace('\\"', "") else text


def _files(recordings: list[Recording], told: Json) -> Iterator[tuple[str, str]]:
    """Name → text."""
    for number, one in enumerate(recordings, 1):
        if one.tool == "kubectl_get_yaml" and one.text.startswith("apiVersion:"):
            yield f"{number:02d}.yaml", one.text
        elif one.command and one.text.strip():
            yield f"{number:02d}.txt", f"$ {one.command}\n{one.text.rstrip()}\n"
        elif not one.command and one.text.strip() and not one.tool.startswith("fetch_finding"):
            yield f"{number:02d}-{one.tool}.txt", one.text
    if events := list(_events(told)):
        yield "events.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": events}, indent=1)


def _events(told: Json) -> Iterator[Json]:
    """The tables of events that an alert carries, as the API writes them."""
    for part in told.get("evidence") or ():
        if part.get("enrichment_type") != "k8s_events":
            continue
        about = _ABOUT.search(str(part.get("data", "")))
        kind = "Pod" if about else str(told.get("subject_type") or "pod").capitalize()
        name = about[1] if about else str(told.get("subject_name") or "")
        for number, row in enumerate(_rows(str(part.get("data", ""))), 1):
            when = (
                datetime.fromtimestamp(float(row["time"]) / 1000, UTC)
                .isoformat(timespec="seconds")
                .replace("+00:00", "Z")
            )
            namespace = str(told.get("subject_namespace") or "default")
            yield {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{name}.{number}", "namespace": namespace},
                "involvedObject": {"kind": kind, "name": name, "namespace": namespace},
                **{key: row[key] for key in ("reason", "type", "message")},
                "firstTimestamp": when,
                "lastTimestamp": when,
            }


def _rows(data: str) -> Iterator[Json]:
    try:
        blocks = json.loads(data)
    except ValueError:
        blocks = json.loads(data.replace('\\"', '"').replace('\\\\"', '\\"'))
    for block in blocks:
        table = block.get("data")
        if isinstance(table, dict) and {"reason", "type", "time", "message"} <= set(table.get("headers", ())):
            yield from (dict(zip(table["headers"], row, strict=False)) for row in table["rows"])


def _saved_at(recordings: list[Recording]) -> datetime | None:
    times = [parsedate_to_datetime(found) for one in recordings for found in _RFC.findall(one.text)]
    for one in recordings:
        if one.tool in ("fetch_webpage", "list_prometheus_rules", "execute_prometheus_range_query"):
            continue
        for day, hour, zone in _ISO.findall(one.text):
            with suppress(ValueError):
                times.append(datetime.fromisoformat(f"{day}T{hour}{zone or '+00:00'}"))
    return max(times, default=None)


def _filled(template: str, params: Mapping[str, str]) -> str:
    """ "" when a parameter that must be there is not."""
    known = {**params, "pod_name": params.get("pod_name") or params.get("name", "")}
    text = re.sub(r"\[([^\[\]]*\{(\w+)\}[^\[\]]*)\]", lambda m: m[1] if known.get(m[2]) else "", template)
    missing = [name for name in re.findall(r"\{(\w+)\}", text) if not known.get(name)]
    return "" if missing else re.sub(r"\{(\w+)\}", lambda m: known[m[1]], text)


@cache
def _commands() -> dict[str, str]:
    return yaml.safe_load(_TOOLS.read_text())
