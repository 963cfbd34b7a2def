"""What `systemctl` printed about the units of a node: not kubectl's, and saved beside it where the node itself is in
doubt."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePath

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.sections import clean
from midwatch.integrations.kubernetes.text.times import ago

_UNIT = re.compile(r"[●○×*↻] (?P<unit>[\w@.-]+)\.service(?: - .*)?")
_LOADED = re.compile(r" +Loaded: \S+ \(.*?; *(?P<enabled>[\w-]+)[;)].*")
_ACTIVE = re.compile(r" +Active: (?P<said>(?P<state>[a-z]+) \((?P<detail>[\w-]+)\)(?:.*?; (?P<ago>[^;]+) ago)?.*)")
_ROW = re.compile(
    r"[●○×* ]*(?P<unit>[\w@.-]+)\.service +(?:loaded|masked|error) +"
    r"(?P<said>(?P<state>active|inactive|failed|activating|deactivating) +(?P<detail>\S+)).*"
)
# `$ ssh worker-1 systemctl status kubelet`, `root@worker-1:~# systemctl status kubelet`, `[root@worker-1 ~]# systemctl
# …`
_HOST = r"[a-z0-9][a-z0-9.-]{0,252}"
_COMMAND = re.compile(
    rf".*?(?:\bssh (?:-\S+ )*(?:\w+@)?(?P<ssh>{_HOST}) .*|[\w-]+@(?P<prompt>{_HOST})[: ].*|node/(?P<debug>{_HOST}) .*)?"
    r"\bsystemctl (?:-\S+ )*(?:status|list-units)\b.*"
)
_JOURNAL = re.compile(rf"[A-Z][a-z]{{2}} +\d+ \d\d:\d\d:\d\d (?P<host>{_HOST}) [\w@./-]+(?:\[\d+\])?: .*")
_COMMAND_LONGEST = 300  # letters: a person typed it
_LONGEST = 2000  # letters of one line
_SPAN = re.compile(r"(\d{1,6}) ?(years?|y|months?|weeks?|w|days?|d|hours?|h|minutes?|min|seconds?|s)\b")
_UNITS = {"y": 365 * 86400, "month": 30 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "min": 60, "s": 1}
_NO_NODE = frozenset(("", ".", "nodes", "node", "systemctl", "systemd", "status", "dump", "logs"))


class _Reading:
    """The state of going through one text line by line: the node of the last command, and the unit whose block is
    open."""

    def __init__(self, now: datetime | None) -> None:
        self.found: dict[str, Json] = {}
        self._now, self._node = now, ""
        self._open: Json | None = None

    def take(self, line: str) -> None:
        if "systemctl" in line and len(line) <= _COMMAND_LONGEST and (command := _COMMAND.fullmatch(line)):
            self._node, self._open = command["ssh"] or command["prompt"] or command["debug"] or "", None
        elif ".service" in line and (match := _UNIT.fullmatch(line)):
            self._open = _put(self.found, self._node, match["unit"])
        elif ".service" in line and (match := _ROW.fullmatch(line)):
            _put(self.found, self._node, match["unit"]).update(
                state=match["state"], detail=match["detail"], said=" ".join(match["said"].split())
            )
            self._open = None
        elif self._open is not None:
            self._detail(self._open, line)

    def _detail(self, unit: Json, line: str) -> None:
        if match := _ACTIVE.fullmatch(line):
            unit |= without_empty(
                state=match["state"],
                detail=match["detail"],
                said=match["said"],
                since=ago(self._now, _span(match["ago"])),
            )
        elif match := _LOADED.fullmatch(line):
            unit["enabled"] = match["enabled"].startswith("enabled")
        elif not unit["node"] and (match := _JOURNAL.fullmatch(line)):
            unit["node"] = match["host"]


def read_units(content: str, name: str, now: datetime | None) -> list[Json]:
    """The units that the text tells of; a unit whose node nothing names is left out."""
    if ".service" not in content:
        return []
    reading = _Reading(now)
    for line in clean(content).split("\n"):
        if len(line) <= _LONGEST:
            reading.take(line)
    return list(_named(reading.found, _of_path(name)))


def _put(found: dict[str, Json], node: str, unit: str) -> Json:
    return found.setdefault(f"{node}/{unit}", {"kind": "SystemdUnit", "node": node, "unit": unit})


def _named(found: dict[str, Json], place: str) -> Iterator[Json]:
    for obj in found.values():
        node = obj["node"] or place
        if node and obj.get("state"):
            yield obj | {"node": node, "metadata": {"name": f"{node}/{obj['unit']}"}}


def _of_path(name: str) -> str:
    """`nodes/worker-1/kubelet.txt`: the folder is the node."""
    folder = PurePath(name.replace("\\", "/")).parent.name
    return folder if re.fullmatch(_HOST, folder) and folder not in _NO_NODE else ""


def _span(text: str | None) -> timedelta | None:
    """`1 week 6 days`, `1min 53s`."""
    parts = _SPAN.findall(text or "")
    seconds = sum(int(number) * next(_UNITS[u] for u in _UNITS if unit.startswith(u)) for number, unit in parts)
    return timedelta(seconds=seconds) if parts else None
