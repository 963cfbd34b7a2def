"""When a dump was made, by its own evidence: the newest time in it of something that had happened.

The time of a file is that of its last copy. It counts only where nothing in the dump names a date; then ages are told
and dates are not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from midwatch.analysis import log_timestamps
from midwatch.analysis.series import Series
from midwatch.domain.snapshot import Snapshot
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod

# Fields of the API that name a time in the past, whatever the object. Those of the future (notAfter,
# expirationTimestamp, nextScheduleTime) are not among them, nor deletionTimestamp, ahead by the grace period.
_PAST_FIELDS = (
    "creationTimestamp lastTransitionTime lastUpdateTime lastHeartbeatTime lastProbeTime lastObservedTime "
    "firstTimestamp lastTimestamp eventTime deprecatedFirstTimestamp deprecatedLastTimestamp startedAt finishedAt "
    "startTime completionTime lastScheduleTime lastSuccessfulTime lastScaleTime acquireTime renewTime time timestamp "
    "activeAt startsAt updatedAt lastRestartTime reconciledAt lastEvaluation deployedAt"
)
_PAST = frozenset(_PAST_FIELDS.split())
_STAMP = re.compile(
    r": ?[\"']?(20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?(?![\d:])", re.ASCII
)
# What kubelets and leaders write every few seconds or minutes: beside it an age is exact. One pattern each, for the
# speed of a search that begins with letters.
_REGULAR = tuple(re.compile(rf"{name}[\"']?{_STAMP.pattern}", re.ASCII) for name in ("lastHeartbeatTime", "renewTime"))
# What tells more than that an object was once made: without any, what printed ages count from is not known.
_CHANGED = re.compile(
    rf"(?:{'|'.join(sorted(_PAST - {'creationTimestamp', 'time', 't'}))})[\"']?{_STAMP.pattern}", re.ASCII
)
_REGULARLY = timedelta(minutes=10)
_PRINTED_AGE = re.compile(r"\b(?:AGE|Age|LAST SEEN)\b")
_FIELD = re.compile(r"([A-Za-z]{4,30})[\"']?$")
_LONGEST = 34  # letters of a field's name with its quotes
_ZONES = timedelta(hours=15)  # by so much a text with an offset may be later than its digits
# A clock of a node may be ahead of ours; what is later than that is a typing error or a test's date.
_AHEAD = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_GRACE_S = 30  # a pod's own default
# What stands before the time of a log line: brackets, and words that name the time or the level.
_HEAD = 64
_LOG_TIME = re.compile(r"20\d\d[-/]\d\d[-/]\d\d[T ]|\[\d\d/[A-Z][a-z]{2}/20\d\d:", re.ASCII)
_LOG_WORDS = (
    "time ts t timestamp date datetime asctime at level lvl severity log msg info information warn warning error err "
    "debug trace fatal critical notice panic stdout stderr f p"
)
_BEFORE_TIME = frozenset(_LOG_WORDS.split())
_ZONED = re.compile(r"\d\d:\d\d(?:[.,]\d+)?\s?(?:Z|[+-]\d\d:?\d\d)\b", re.ASCII)


@dataclass
class DumpClock:
    """The newest time so far. `read` is when the dump is opened: what is much later counts only where nothing else does
    (then it is our own clock that is wrong).

    `local` is the newest time of a log that names no zone: it counts where nothing names a date with one. `regular` is
    the newest of what is written all the time, `ages` whether ages were printed or events saved. `changed`: more is
    dated than that objects were made. `logged` is the newest time of a log, which may have been cut off long before.
    """

    read: datetime
    newest: datetime | None = None
    ahead: datetime | None = None
    local: datetime | None = None
    regular: datetime | None = None
    ages: bool = False
    changed: bool = False
    logged: datetime | None = None

    def observe(self, *times: datetime | None) -> None:
        for when in times:
            if when is None:
                continue
            if when > self.read + _AHEAD:
                self.ahead = max(self.ahead or when, when)
            else:
                self.newest = max(self.newest or when, when)

    def observe_text(self, content: str) -> None:
        """The time fields of saved objects, as JSON or YAML; also of those that are not decoded (leases,
        managedFields)."""
        self.observe(*_newest_fields(content, self.newest, self.read + _AHEAD))
        self.changed = self.changed or _CHANGED.search(content) is not None
        for pattern in _REGULAR:
            self._observe_regular(*(_moment(m[1], m[2] or "") for m in pattern.finditer(content)))

    def observe_printed(self, content: str, taken: datetime | None) -> None:
        """kubectl's text; `taken` is when it was printed, as far as it tells."""
        self.observe(taken)
        self.changed = self.changed or taken is not None
        self.ages = self.ages or _PRINTED_AGE.search(content) is not None

    def _observe_regular(self, *times: datetime | None) -> None:
        self.observe(*times)
        known = [t for t in (*times, self.regular) if t is not None and t <= self.read + _AHEAD]
        self.regular = max(known, default=None)

    def observe_objects(self, objects: Iterable[Object]) -> None:
        for obj in objects:
            self.observe(deletion_requested(obj))
            self.ages = self.ages or isinstance(obj, Event)  # the API keeps them for an hour

    def observe_series(self, measured: Iterable[Series]) -> None:
        measured = list(measured)
        self.changed = self.changed or bool(measured)
        self._observe_regular(*(datetime.fromtimestamp(s.times[-1], UTC) for s in measured if s.zoned and len(s.times)))

    def observe_log(self, lines: str) -> None:
        """Only times at the head of a line count: what a line says may lie in the future. A journal's lines begin with
        times without a year; those of JSON within them are whole."""
        for line in lines.splitlines():
            when, zoned = _log_time(line)
            if when is None and (written := _WRITTEN.search(line, 0, _WRITTEN_WITHIN)):
                when, zoned = log_timestamps.moment(written[1]), _ZONED.search(written[1]) is not None
            if zoned:
                self._observe_regular(when)
                self.logged = max(self.logged or when, when) if when else self.logged
            elif when is not None and when <= self.read + _AHEAD:
                self.local = max(self.local or when, when)

    def snapshot(self, modified: Iterable[float | None]) -> Snapshot | None:
        """`modified`: the times of the files that hold relative ages, in seconds since 1970. None: nothing tells any
        time."""
        if dated := self.newest or self.local or self.ahead:
            if self.ages and not self.changed and dated == self.newest != self.logged:
                return Snapshot(at=dated, dated=False)
            if not self.ages and not self.changed and dated in (self.logged, self.local):
                return Snapshot(at=dated, exact=False)  # the last line of a log is not when it was saved
            exact = self.ages or self.newest is None or (self.regular or _NEVER) >= dated - _REGULARLY
            return Snapshot(at=dated, exact=exact)
        known = [seconds for seconds in modified if seconds is not None and 0 < seconds < 1e11]
        return Snapshot(at=datetime.fromtimestamp(max(known), UTC), dated=False) if known else None


def deletion_requested(obj: Object) -> datetime | None:
    """deletionTimestamp is when the grace period ends; None where nobody deletes the object."""
    meta = obj.metadata
    if meta.deletion_timestamp is None:
        return None
    grace = meta.deletion_grace_period_seconds
    if grace is None:
        grace = _GRACE_S if isinstance(obj, Pod) else 0
    return meta.deletion_timestamp - timedelta(seconds=min(max(grace, 0), 10**7))


def _newest_fields(content: str, known: datetime | None, bound: datetime) -> Iterator[datetime]:
    """Those that are later than what is known. Compared as text first: a dump has hundreds of thousands of them."""
    floor = _digits(known - _ZONES) if known else ""
    for match in _STAMP.finditer(content):
        if match[1] <= floor:
            continue
        field = _FIELD.search(content, max(0, match.start() - _LONGEST), match.start())
        when = _moment(match[1], match[2] or "") if field and field[1] in _PAST else None
        if when is None or (known is not None and when <= known):
            continue
        yield when
        if when <= bound:
            known, floor = when, _digits(when - _ZONES)


def _digits(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}"


def _moment(digits: str, zone: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(f"{digits}{zone or 'Z'}")
    except ValueError:  # a 31st of June
        return None
    return found.astimezone(UTC)


# The time of an entry that is JSON or logfmt, behind the head that a collector wrote.
_WRITTEN = re.compile(r"[\"\s{](?:ts|time|timestamp|@timestamp)\"?[:=] ?\"?(20\d\d-\d\d-\d\d[T ][\d:.,+Zz-]{8,30})")
_WRITTEN_WITHIN = 400  # characters


def _log_time(line: str) -> tuple[datetime | None, bool]:
    """The time a line begins with, and whether it names its zone."""
    match = _LOG_TIME.search(line, 0, _HEAD + 12)
    if match is None or match.start() > _HEAD:
        return None, False
    before = re.findall(r"[A-Za-z]+", line[: match.start()].lower())
    if not _BEFORE_TIME.issuperset(before):
        return None, False
    text = line[match.start() : match.start() + _HEAD]
    return log_timestamps.moment(text), match[0].startswith("[") or _ZONED.search(text) is not None
