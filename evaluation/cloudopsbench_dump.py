"""A case of Cloud-OpsBench as the folder a person would have saved: kubectl's output, manifests, logs, `systemctl
status`, `nc`, metrics and alerts as Prometheus gives them, and who calls whom as Jaeger does."""

import csv
import json
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
# What a ReplicaSet, a Deployment or a StatefulSet appends to its name.
_POD = re.compile(r"-(?:[a-z0-9]{4,10}-[a-z0-9]{5}|\d+)$")
_UNBOUND = frozenset(("nodes", "persistentvolumes", "storageclasses", "namespaces"))
# What the recorder calls its metrics, where no exporter does.
_METRICS = {**{f"p{q}latency": f"latency_p{q}" for q in (50, 90, 95, 99)}, "tcp_retans": "tcp_retransmits"}
# What can be left out, by the files that hold it: nobody has all of it at hand.
PARTS = {
    "metrics": re.compile(r"monitoring/metrics\.json$"),
    "alerts": re.compile(r"monitoring/alerts\.json$"),
    "calls": re.compile(r"monitoring/dependencies\.json$"),
    "probes": re.compile(r"(?:checks|nodes)/"),
    "manifests": re.compile(r"manifests/"),
    "logs": re.compile(r".+\.log$"),
}
_ZONE = "+08:00"  # of the machine that recorded; `collected_at` does not say it, the described objects do


def save(case: Json, folder: Path, without: Collection[str] = ()) -> None:
    """Writes the files of the case, but for those of the parts in `without` (PARTS)."""
    for name, text in files(case):
        if part_of(name) in without:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        when = datetime.fromisoformat(case["collected_at"] + _ZONE).timestamp()
        os.utime(path, (when, when))


def part_of(name: str) -> str:
    """Which of PARTS a file belongs to; "" for what kubectl prints, which every case needs."""
    return next((part for part, pattern in PARTS.items() if pattern.match(name)), "")


def files(case: Json) -> Iterator[tuple[str, str]]:
    """Name → text."""
    yield from _commands(case["kubectl"])
    probes: defaultdict[str, list[tuple[Json, Any]]] = defaultdict(list)
    for asked, answer in case["probes"].items():
        tool, _, arguments = asked.partition(":")
        probes[tool].append((json.loads(arguments or "{}"), answer))
    for asked, manifest in probes["GetAppYAML"]:
        if isinstance(manifest, str) and "kind:" in manifest:
            yield f"manifests/{asked['app_name']}.yaml", manifest
    for asked, answer in probes["CheckNodeServiceStatus"]:
        node, unit = asked["node_name"], asked["service_name"]
        status = str(answer).partition("Status: ")[2]
        yield (
            f"nodes/{node}/{unit}.txt",
            f"$ ssh {node} systemctl status {unit}\n{status}\n" if status else f"{answer}\n",
        )
    yield from _connections(probes["CheckServiceConnectivity"])
    yield from _logs(case, probes["GetErrorLogs"])
    yield from _monitoring(case, probes)


def _commands(answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One file for each kind, the outputs below one another, each under its command."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for command, answer in answers.items():
        texts[command.split()[2]].append(f"$ {command}\n{answer.rstrip() or _nothing(command)}\n")
    for kind, parts in texts.items():
        yield f"{kind}.txt", "\n".join(parts)


def _nothing(command: str) -> str:
    """The recording kept standard output only; this kubectl says on standard error."""
    words = command.split()
    place = f" in {words[words.index('-n') + 1]} namespace" if "-n" in words and words[2] not in _UNBOUND else ""
    return f"No resources found{place}." if words[1] == "get" else ""


def _connections(checks: Sequence[tuple[Json, Any]]) -> Iterator[tuple[str, str]]:
    """What `nc` printed on each node."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for asked, answer in checks:
        target = f"{asked['service_name']}.{asked['namespace']} {asked['port']}"
        for node, said in re.findall(r"deployed on (\S+): (.*?)(?=\nDebug Pod|\Z)", str(answer), re.DOTALL):
            texts[node].append(f"$ kubectl debug node/{node} --image=busybox -- nc -zv -w 3 {target}\n{said.strip()}\n")
    for node, parts in texts.items():
        yield f"checks/{node}.txt", "\n".join(parts)


def _monitoring(case: Json, probes: Mapping[str, Sequence[tuple[Json, Any]]]) -> Iterator[tuple[str, str]]:
    if case.get("metrics_csv"):
        yield "monitoring/metrics.json", json.dumps(_matrix(case["metrics_csv"]))
    told = [
        a
        for _, answer in probes["GetAlerts"]
        if isinstance(answer, dict)
        for a in answer.get("alerts", ())
        if "evidence" in a
    ]
    if alerts := [_alert(a, said) for a in told for said in a["evidence"]]:
        yield "monitoring/alerts.json", json.dumps({"status": "success", "data": {"alerts": alerts}})
    calls = [
        call
        for asked, answer in probes["GetServiceDependencies"]
        for call in _calls(asked.get("service_name", ""), str(answer))
    ]
    if calls:
        yield "monitoring/dependencies.json", json.dumps({"data": calls, "total": len(calls)})


def _matrix(table: str) -> Json:
    """The recorder's wide table (a column for each service and metric) as Prometheus answers a range query."""
    header, *rows = csv.reader(table.removeprefix("\ufeff").splitlines())
    times = [datetime.fromisoformat(row[0] + _ZONE).timestamp() for row in rows]
    result: list[Json] = []
    for at, column in enumerate(header[1:], 1):
        service, _, metric = column.rpartition("-")
        labels = {"__name__": _METRICS.get(metric, metric), "service": service}
        values = [[time, row[at]] for time, row in zip(times, rows, strict=True) if at < len(row) and row[at]]
        result.append({"metric": labels, "values": values})
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def _alert(alert: Json, said: str) -> Json:
    """`NAME [what] | Normal=0.01 -> Current=8.49 (…)`: the current value is what the alert's expression gave."""
    name, _, rest = said.partition(" ")
    value = re.search(r"Current=([\d.]+)", rest)
    return {
        "labels": {"alertname": name, alert["type"].lower(): alert["name"]},
        "annotations": {"description": rest},
        "state": "firing",
        "value": value[1] if value else "",
    }


def _calls(service: str, tree: str) -> Iterator[Json]:
    """The direct calls: the entries of the tree's first level."""
    below = tree.partition("[Downstream (Calls)]:")[2]
    for callee in re.findall(r"^[├└]── (\S+)", below, re.MULTILINE):
        yield {"parent": service, "child": callee, "callCount": 1}


def _logs(case: Json, errors: Sequence[tuple[Json, Any]]) -> Iterator[tuple[str, str]]:
    lines: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for asked, answer in errors:
        for which, found in _samples(answer):
            lines[asked["service_name"], which] += found
    for name, found in (case["recent_logs"] or {}).items():
        service, _, which = name.partition(".")
        lines[service, which or "app"] += found if isinstance(found, list) else str(found).splitlines()
    pods = _pods(case)
    for (service, which), found in lines.items():
        pod = next((p for p in pods if _POD.sub("", p) == service), None)
        kept = sorted(
            dict.fromkeys(line for line in found if line.strip()),
            key=lambda line: line[:30] if line[:2] == "20" else "",
        )
        if pod and kept:
            name = {"app": "logs", "previous": "previous"}.get(which, which)
            yield f"{case['namespace']}/{pod}/{name}.log", "\n".join(kept) + "\n"


def _samples(answer: Any) -> Iterator[tuple[str, list[str]]]:
    if isinstance(answer, dict) and "patterns" in answer:
        yield "app", [p["sample"] for p in answer["patterns"]]
    elif isinstance(answer, dict):
        yield from ((which, found) for which, found in answer.items() if isinstance(found, list))


def _pods(case: Json) -> list[str]:
    listing = case["kubectl"].get(f"kubectl get pods -n {case['namespace']}", "")
    return [line.split()[0] for line in listing.splitlines()[1:] if line.split()]
