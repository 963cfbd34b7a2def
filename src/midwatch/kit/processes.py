"""Process identity and liveness, across containers: only a process in the same PID namespace can judge it."""

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
    """Identity of a process. `place` stands for one boot of a kernel and one PID namespace; "" if unknown. `started` in
    ticks after the boot."""

    place: str
    pid: int
    started: int

    @property
    def has_ended(self) -> bool:
        """Whether the process has certainly ended; false where that cannot be judged from here. A reused pid counts as
        ended."""
        if not self.place or self.place != place():
            return False
        return not _is_running(self.pid) or (self.started != 0 and _start_time(self.pid) not in (0, self.started))


def usable_processors() -> int:
    """Processors that this process may run on, not all that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def own_name() -> str:
    """Name of this process: host, place, pid, and start time; the rest makes it unique. At most 100 bytes."""
    host = socket.gethostname().replace("/", "_")[:_HOST_CHARS]
    pid = os.getpid()
    return f"{host}@{place()}/{pid}/{_start_time(pid):x}-{secrets.token_hex(4)}"


def parse_process_name(name: str) -> ProcessName:
    """The parsed name. Older versions wrote no place (`host/pid/…`): two containers may have one host name, so it
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
    """Boot and PID namespace of this process. Without /proc there are no PID namespaces either: the host's name is
    used."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("utf-8").strip()
        space = (_PROC / "self/ns/pid").readlink().name
    except OSError:
        boot, space = "", socket.gethostname()
    return sha256(f"{boot}/{space}".encode()).hexdigest()[:12]


def _is_running(pid: int) -> bool:
    """Whether the process is running; a zombie is not."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return _field(pid, 0) not in ("Z", "X")


def _start_time(pid: int) -> int:
    """Start time of the process in ticks after the boot; 0 if unknown."""
    found = _field(pid, 19)
    return int(found) if found.isdecimal() else 0


def _field(pid: int, number: int) -> str:
    """A field of /proc/PID/stat, counted behind the command's name, which may hold anything: 0 is the state, 19 the
    start (field 22)."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[number] if number < len(fields) else ""
