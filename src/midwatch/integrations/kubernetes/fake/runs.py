"""What a kubelet makes of a container: its state, restarts, events and logs, told for a fault or for none.

Seconds are counted back from now; `age` is the time since the pod was created.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from midwatch.integrations.kubernetes.fake.naming import ago, go_duration, hex_id, stamp
from midwatch.integrations.kubernetes.fake.world import Log

Thing = dict[str, Any]
_FIRST_START = 4.0  # scheduling, sandbox and a quick pull
_BACKOFF, _BACKOFF_MOST = 10.0, 300.0
_SYNC = 12.0  # a kubelet looks at a pod in trouble about that often, and says so each time


@dataclass(frozen=True)
class Spot:
    """The container that runs, and where."""

    namespace: str
    pod: str
    uid: str
    container: str
    image: str
    age: float
    now: datetime

    @property
    def subject(self) -> str:
        return f"{self.pod}_{self.namespace}({self.uid})"

    def container_id(self, attempt: int = 0) -> str:
        return f"containerd://{hex_id(64, self.uid, self.container, str(attempt))}"

    @property
    def image_id(self) -> str:
        return f"{full_reference(self.image).rsplit(':', 1)[0]}@sha256:{hex_id(64, self.image)}"


@dataclass(frozen=True)
class Note:
    """An event to be: `first` and `last` in seconds ago."""

    reason: str
    message: str
    first: float
    last: float
    count: int = 1
    type: str = "Normal"
    about_container: bool = True
    component: str = "kubelet"


@dataclass(frozen=True)
class FakeRun:
    """`usage` is what metrics.k8s.io measures: cpu and memory; `scheduled` False keeps the pod off every node."""

    state: Mapping[str, Any]
    last: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ready: bool = False
    started: bool = False
    restarts: int = 0
    notes: tuple[Note, ...] = ()
    log: Log | None = None
    previous: Log | None = None
    container_id: str = ""
    scheduled: bool = True
    unscheduled_message: str = ""
    since: float = 0.0  # seconds ago that readiness last changed
    usage: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_running(self) -> bool:
        return "running" in self.state


Fault = Callable[[Spot], FakeRun]


def full_reference(image: str) -> str:
    """The image's name with the registry and path that a bare one stands for."""
    first, _, rest = image.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if rest else f"docker.io/library/{image}"


def _pulled(spot: Spot, at: float) -> tuple[Note, ...]:
    took = f'Successfully pulled image "{spot.image}" in 1.842s (1.842s including waiting). Image size: 28461224 bytes.'
    return (
        Note("Pulling", f'Pulling image "{spot.image}"', at + 2, at + 2),
        Note("Pulled", took, at, at),
    )


def _began(spot: Spot, first: float, last: float, count: int) -> tuple[Note, ...]:
    again = (
        (Note("Pulled", f'Container image "{spot.image}" already present on machine', first, last, count - 1),)
        if count > 1
        else ()
    )
    created = Note("Created", f"Created container: {spot.container}", first, last, count)
    return (*again, created, Note("Started", f"Started container {spot.container}", first, last, count))


def healthy(log: str = "", *, cpu: str = "12m", memory: str = "48Mi") -> Fault:
    """Runs and is ready since shortly after it was made."""

    def run(spot: Spot) -> FakeRun:
        at = max(spot.age - _FIRST_START, 0)
        lines = max(log.count("\n"), 1)
        written = (
            Log(log, ago(spot.now, min(at, 10.0 * lines)), timedelta(seconds=min(at, 10.0 * lines) / lines))
            if log
            else None
        )
        return FakeRun(
            state={"running": {"startedAt": stamp(ago(spot.now, at))}},
            ready=True,
            started=True,
            notes=(*_pulled(spot, at + 1), *_began(spot, at, at, 1)),
            log=written,
            container_id=spot.container_id(),
            since=max(at - 1, 0),
            usage={"cpu": cpu, "memory": memory},
        )

    return run


def crash_loop(
    log: str, *, exit_code: int = 1, reason: str = "Error", runs_for: float = 1.0, message: str = ""
) -> Fault:
    """Starts, writes its log, ends, and is started again after ever longer waits."""

    def run(spot: Spot) -> FakeRun:
        starts = _starts(spot.age, runs_for)
        begin, end, count = starts[-1], starts[-1] - runs_for, len(starts)
        over: Thing = {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": _at(spot, begin),
            "finishedAt": _at(spot, end),
        }
        over |= {"containerID": spot.container_id(count - 1)} | ({"message": message} if message else {})
        wait = go_duration(min(_BACKOFF * 2 ** (count - 1), _BACKOFF_MOST))
        told = f"back-off {wait} restarting failed container={spot.container} pod={spot.subject}"
        backing = f"Back-off restarting failed container {spot.container} in pod {spot.subject}"
        tries = max(int((starts[0] - runs_for) / _SYNC), 1)
        note = Note("BackOff", backing, starts[0] - runs_for, min(4.0, end), tries, "Warning")
        return FakeRun(
            state={"waiting": {"reason": "CrashLoopBackOff", "message": told}},
            last={"terminated": over},
            restarts=count - 1,
            notes=(*_pulled(spot, starts[0] + 1), *_began(spot, starts[0], begin, count), note),
            previous=Log(log, ago(spot.now, begin), _spread(runs_for, log)),
            container_id=spot.container_id(count - 1),
            since=end,
        )

    return run


def out_of_memory(log: str, *, runs_for: float = 20.0) -> Fault:
    """Killed by the kernel for going over its memory limit, again and again."""
    return crash_loop(log, exit_code=137, reason="OOMKilled", runs_for=runs_for)


def image_pull(complaint: str = "") -> Fault:
    """The image cannot be had. `complaint` is the runtime's; by default: there is no such tag."""

    def run(spot: Spot) -> FakeRun:
        name = full_reference(spot.image)
        missing = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}": {name}: not found'
        why = complaint or f"rpc error: code = NotFound desc = {missing}"
        failed = f'Failed to pull image "{spot.image}": {why}'
        first, attempts = spot.age - 2, _starts(spot.age, 1.0)
        last, count = attempts[-1], len(attempts)
        back, tries = f'Back-off pulling image "{spot.image}"', max(int(first / _SYNC), 1)
        return FakeRun(
            state={"waiting": {"reason": "ImagePullBackOff", "message": f"{back}: ErrImagePull: {why}"}},
            notes=(
                Note("Pulling", f'Pulling image "{spot.image}"', first, last, count),
                Note("Failed", failed, first - 1, last - 1, count, "Warning"),
                Note("Failed", "Error: ErrImagePull", first - 1, last - 1, count, "Warning"),
                Note("BackOff", back, first - 2, min(5.0, first), tries),
                Note("Failed", "Error: ImagePullBackOff", first - 2, min(5.0, first), tries, "Warning"),
            ),
            since=spot.age,
        )

    return run


def config_error(message: str) -> Fault:
    """A ConfigMap, Secret or key that the container's environment names is not there: `configmap "x" not found`."""

    def run(spot: Spot) -> FakeRun:
        tries = max(int(spot.age / _SYNC), 1)
        note = Note("Failed", f"Error: {message}", spot.age - 4, min(6.0, spot.age), tries, "Warning")
        return FakeRun(
            state={"waiting": {"reason": "CreateContainerConfigError", "message": message}},
            notes=(*_pulled(spot, spot.age - 3), note),
            since=spot.age,
        )

    return run


def mount_failure(volume: str, problem: str) -> Fault:
    """A volume cannot be set up, so that no container is ever created."""

    def run(spot: Spot) -> FakeRun:
        tries = len(_starts(spot.age, 0.5)) + int(spot.age / 122)
        text = f'MountVolume.SetUp failed for volume "{volume}" : {problem}'
        note = Note("FailedMount", text, spot.age - 1, min(40.0, spot.age), tries, "Warning", about_container=False)
        return FakeRun(state={"waiting": {"reason": "ContainerCreating"}}, notes=(note,), since=spot.age)

    return run


def unschedulable(message: str) -> Fault:
    """No node takes the pod; `message` is the scheduler's."""

    def run(spot: Spot) -> FakeRun:
        tries = 1 + int(spot.age / 300)
        last = spot.age % 300 if tries > 1 else spot.age
        note = Note(
            "FailedScheduling",
            message,
            spot.age,
            last,
            tries,
            "Warning",
            about_container=False,
            component="default-scheduler",
        )
        return FakeRun(state={}, notes=(note,), scheduled=False, unscheduled_message=message, since=spot.age)

    return run


def not_ready(probe: str, *, log: str = "", every: float = 10.0) -> Fault:
    """Runs, and its readiness probe never succeeded; `probe` is what the kubelet says of it."""

    def run(spot: Spot) -> FakeRun:
        well = healthy(log)(spot)
        tries = max(int(spot.age / every), 1)
        note = Note(
            "Unhealthy", f"Readiness probe failed: {probe}", spot.age - 10, min(3.0, spot.age), tries, "Warning"
        )
        return FakeRun(
            state=well.state,
            started=True,
            notes=(*well.notes, note),
            log=well.log,
            container_id=well.container_id,
            since=spot.age,
            usage=well.usage,
        )

    return run


def liveness_kill(probe: str, log: str, *, runs_for: float = 60.0) -> Fault:
    """The kubelet kills it whenever its liveness probe failed too often."""

    def run(spot: Spot) -> FakeRun:
        crashed = crash_loop(log, exit_code=137, runs_for=runs_for)(spot)
        count, first, last = crashed.restarts + 1, spot.age - runs_for, crashed.since
        told = f"Container {spot.container} failed liveness probe, will be restarted"
        notes = (
            Note("Unhealthy", f"Liveness probe failed: {probe}", first + 20, last + 2, 3 * count, "Warning"),
            Note("Killing", told, first, last + 1, count),
        )
        return replace(crashed, notes=(*crashed.notes, *notes))

    return run


def _starts(age: float, runs_for: float) -> list[float]:
    """When each run began, in seconds ago: the waits between runs double. The next one is about to begin, never under
    way."""
    ends, at, wait = list[float](), _FIRST_START, _BACKOFF
    while at + runs_for < age:
        ends.append(at)
        at, wait = at + runs_for + wait, min(wait * 2, _BACKOFF_MOST)
    late = max(age + 2 - at, 0.0) if at < age else 0.0
    return [max(age - (start + late), runs_for) for start in ends] or [max(age, runs_for)]


def _at(spot: Spot, seconds: float) -> str:
    return stamp(ago(spot.now, seconds))


def _spread(seconds: float, log: str) -> timedelta:
    return timedelta(seconds=seconds / max(log.count("\n"), 1))
