"""Time of a saved state, from its objects, its texts and the ends of its logs."""

from collections.abc import Callable, Sequence

from midwatch.domain.snapshot import Snapshot
from midwatch.integrations.kubernetes.dump import encoding, limits
from midwatch.integrations.kubernetes.dump.clock import DumpClock
from midwatch.integrations.kubernetes.dump.contents import DumpContents
from midwatch.integrations.kubernetes.dump.files import READ_ERRORS, File
from midwatch.integrations.kubernetes.text.clock import capture_time


def snapshot_of(
    clock: DumpClock, contents: DumpContents, texts: Sequence[File], candidates: Sequence[File]
) -> Snapshot | None:
    """When the dump was made, and so the base of printed ages ("5m ago"). `candidates` are files that may be logs."""
    clock.observe_objects(h.obj for held in contents.held.values() for h in held.values())
    clock.observe_series(series for _, series in contents.measured)
    for file in texts[: limits.CLOCK_FILES]:
        content = _peeked(file, lambda f: encoding.start(f, limits.CLOCK_BYTES))
        clock.observe_printed(content, capture_time(None, enumerate(content.splitlines())))
        clock.observe_text(content)
        clock.observe_log(content)
    for file in [f for f in candidates if f.direct or clock.newest is None][: limits.CLOCK_FILES]:
        clock.observe_log(_peeked(file, lambda f: encoding.end(f, limits.CLOCK_LOG_BYTES)[0]))
    return clock.snapshot(f.modified for f in (*texts, *candidates))


def _peeked(file: File, read: Callable[[File], bytes]) -> str:
    """ "" for what cannot be read or is no text: it is said when the file itself is read."""
    try:
        data = read(file)
    except READ_ERRORS:
        return ""
    return "" if encoding.binary(data) else encoding.decode(data)[0]
