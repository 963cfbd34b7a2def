"""Which process a name means, and whether it lives: only who sees the same processes can tell."""

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

_PROC = Path("/proc")
_HOST_CHARS = 40


@dataclass(frozen=True)
class ProcessName:
    """`place` stands for one boot of a kernel and one PID namespace; "" where that is not known. `started` in ticks
    after the boot."""

    place: str
    pid: int
    started: int

    @property
    def has_ended(self) -> bool:
        """Surely: false for whatever cannot be judged from here. A number that another process has now does not count
        as its life."""
        if not self.place or self.place != place():
            return False
        return not _lives(self.pid) or (self.started != 0 and _started(self.pid) not in (0, self.started))


def usable_processors() -> int:
    """Processors that this process may run on, not all that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def own_name() -> str:
    """Host, place, process, and when it started; the rest makes it unique. At most 100 bytes."""
    host = socket.gethostname().replace("/", "_")[:_HOST_CHARS]
    pid = os.getpid()
    return f"{host}@{place()}/{pid}/{_started(pid):x}-{secrets.token_hex(4)}"


def parse_process_name(name: str) -> ProcessName:
    """What a name says. Older versions wrote no place (`host/pid/…`): two containers may have one host name, so it
    proves nothing."""
    host, _, rest = name.partition("/")
    pid, _, mark = rest.partition("/")
    try:
        return ProcessName(
            host.rpartition("@")[2] if "@" in host else "",
            int(pid),
            int(mark.partition("-")[0], 16) if "-" in mark else 0,
        )
    except ValueError:
        return ProcessName("", 0, 0)


@cache
def place() -> str:
    """Of this process. Where there is no /proc there are no PID namespaces either: the host's name has to do."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("utf-8").strip()
        space = (_PROC / "self/ns/pid").readlink().name
    except OSError:
        boot, space = "", socket.gethostname()
    return sha256(f"{boot}/{space}".encode()).hexdigest()[:12]


def _lives(pid: int) -> bool:
    """A process that has ended and that nobody has buried lives no more."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return _field(pid, 0) not in ("Z", "X")


def _started(pid: int) -> int:
    """0 where nobody says it."""
    found = _field(pid, 19)
    return int(found) if found.isdecimal() else 0


def _field(pid: int, number: int) -> str:
    """Of /proc/PID/stat, counted behind the command's name, which may hold anything: 0 is the state, 19 the start
    (field 22)."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[number] if number < len(fields) else ""
