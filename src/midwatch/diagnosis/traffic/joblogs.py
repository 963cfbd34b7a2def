"""Data transfers in a job's log: uploads, runs in other systems, and destinations."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from midwatch.analysis.log_timestamps import moment
from midwatch.diagnosis.traffic.config import JobSearch, Traffic, Vendor
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import LogLines

_URL = re.compile(r"https?://[^\s\"'<>),\]}]+")
_SIZE = re.compile(r"(?<![\d.,])([\d.,]++)\s*+([KMGT]?)(i?)B", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_INSIDE = (".svc", ".local", ".internal", ".localhost", ".cluster.local")
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".aws.amazon.com", ".aws.dev")
_QUOTE = 200


@dataclass(frozen=True)
class Upload:
    """One upload. `size` in bytes; None for a line without a size."""

    file: str
    size: float | None
    at: datetime | None
    line: str


@dataclass(frozen=True)
class Elsewhere:
    """A run of a job in another system, according to the log; each field may be ""."""

    job: str = ""
    run: str = ""
    url: str = ""
    state: str = ""


@dataclass(frozen=True)
class Destination:
    host: str
    vendor: str
    line: str

    @property
    def name(self) -> str:
        return self.vendor or self.host


@dataclass(frozen=True)
class JobLog:
    """A parsed job log. `volume` is the sum of the known upload sizes in bytes; None without any."""

    evidence: str
    uploads: tuple[Upload, ...]
    runs: tuple[Elsewhere, ...]
    destinations: tuple[Destination, ...]

    @property
    def volume(self) -> float | None:
        sizes = [u.size for u in self.uploads if u.size is not None]
        return sum(sizes) if sizes else None

    def cites(self) -> tuple[Citation, ...]:
        lines = [*(u.line for u in self.uploads[:2]), *(d.line for d in self.destinations[:1])]
        return tuple(Citation(evidence=self.evidence, quote=line[:_QUOTE]) for line in dict.fromkeys(lines))


def logs(evidence: Sequence[Evidence], found: Sequence[RefreshJob], traffic: Traffic) -> dict[tuple[str, str], JobLog]:
    """Parsed logs of the jobs whose logs were read, by namespace and name."""
    owners = {(j.namespace, name): j for j in found for name, _ in j.pods}
    have: dict[tuple[str, str], JobLog] = {}
    for item in evidence:
        seen = item.observation
        if isinstance(seen, LogLines) and (job := owners.get((seen.namespace, seen.name))):
            have[job.namespace, job.name] = parse_job_log(item.id, seen.text, traffic.jobs, traffic.known_vendors)
    return have


def parse_job_log(evidence: str, text: str, search: JobSearch, vendors: Sequence[Vendor]) -> JobLog:
    lines = text.splitlines()
    uploads = [re.compile(p) for p in (*search.uploads, *search.log_patterns)]
    return JobLog(
        evidence=evidence,
        uploads=tuple(_uploads(lines, uploads)),
        runs=tuple(_runs(lines, [re.compile(p) for p in search.runs])),
        destinations=tuple(_destinations(lines, vendors)),
    )


def size_in_bytes(text: str) -> float | None:
    """A size in bytes: `4.2 GB` → 4.2e9, `1 GiB` → 2³⁰; None for an invalid size."""
    match = _SIZE.search(text)
    try:
        return (
            round(float(match[1].replace(",", "")) * (1024 if match[3] else 1000) ** _POWERS[match[2].upper()])
            if match
            else None
        )
    except ValueError:  # 1.2.3 GB
        return None


def _uploads(lines: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> Iterator[Upload]:
    for line in lines:
        for pattern in patterns:
            if match := pattern.search(line):
                said = match.groupdict()
                yield Upload(said.get("file") or "", size_in_bytes(said.get("size") or ""), moment(line), line)
                break


def _runs(lines: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> Iterator[Elsewhere]:
    """One entry for each run in the log; the last line about it gives its state."""
    found: dict[tuple[str, str], Elsewhere] = {}
    for line in lines:
        said = {k: v for p in patterns for m in (p.search(line),) if m for k, v in m.groupdict().items() if v}
        if not said.get("run") and not said.get("job"):
            continue
        key = (said.get("job", ""), said.get("run", ""))
        before = found.get(key, Elsewhere())
        found[key] = Elsewhere(key[0], key[1], said.get("url", before.url), said.get("state", before.state))
    yield from found.values()


def _destinations(lines: Sequence[str], vendors: Sequence[Vendor]) -> Iterator[Destination]:
    seen: set[str] = set()
    for line in lines:
        for match in _URL.finditer(line):
            host = _host(match[0])
            if host and host not in seen and is_external(host):
                seen.add(host)
                yield Destination(host, vendor_of(host, vendors), line)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # a bracket that opens no address
        return ""


def is_external(host: str) -> bool:
    """Whether a host is outside the cluster and outside AWS."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not f".{host}".endswith((*_INSIDE, *_AMAZON))


def vendor_of(host: str, vendors: Sequence[Vendor]) -> str:
    for vendor in vendors:
        if any(host == known or (known.startswith(".") and host.endswith(known)) for known in vendor.hosts):
            return vendor.name
    return ""
