"""Findings of one website probe, each with the line of the probe that proves it."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

from midwatch.diagnosis.websites.codes import finding
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import Confidence, Finding, HealthyCheck, Severity
from midwatch.domain.observation import Probe
from midwatch.domain.subject import Subject
from midwatch.integrations.website.objects.redirects import LEAVES_HTTPS
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import NO_DNS, host

SLOW_MS = 3000  # for a site without configuration
SOON_DAYS = 14  # automatic renewal happens 30 days before the end; after 16 days of failures manual action is due
_SAFE = re.compile(r"[a-z0-9][a-z0-9._:-]*")  # what may stand in a command that people copy
_ADDRESS = re.compile(r"(https?)://([a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::(\d+))?(?=[/?]|$)")
_LOGIN = (401, 403, 407, 429)  # the site is up, and refuses Midwatch's request
_ERRORS = {"dns": "WEB-102", "connect": "WEB-108", "timeout": "WEB-109", "redirects": "WEB-106", "protocol": "WEB-110"}
_PROBLEMS = {
    "expired": "WEB-104",
    "early": "WEB-104",
    "name": "WEB-112",
    "untrusted": "WEB-113",
    "handshake": "WEB-115",
}


class ProbeReading:
    """One probe with its site: `site` is the configuration of the address, if any."""

    def __init__(self, item: Evidence, probe: Probe, site: SiteSettings | None) -> None:
        self._item, self._probe, self._site = item, probe, site
        self.subject = Subject(kind="Website", name=host(probe.url))
        # Only the first line of a name counts: the body comes last, and is one line.
        self._lines = {
            name: value for name, _, value in (li.partition(": ") for li in reversed(probe.text.splitlines()))
        }

    def findings(self) -> Iterator[Finding]:
        yield from self._answered() if self._answers else self._unanswered()
        yield from self._risks()

    def healthy_checks(self) -> Iterator[HealthyCheck]:
        probe = self._probe
        if not probe.error and 0 < probe.status < 400 and probe.took_ms <= self._slow_ms:
            text = f"{self.subject.name}: HTTP {probe.status} in {probe.took_ms} ms"
            yield HealthyCheck(text=text, cites=(self._cite("status"), self._cite("time")))
        if probe.tls_days is not None and probe.tls_days > SOON_DAYS and not probe.tls_problem:
            text = f"{self.subject.name}: TLS certificate valid for {probe.tls_days} more days"
            yield HealthyCheck(text=text, cites=(self._cite("certificate days left"),))

    @property
    def _answers(self) -> bool:
        """Whether there was a response; one that began and did not end in time counts, as slow."""
        return self._probe.status > 0 and self._probe.error in ("", "timeout")

    @property
    def _slow_ms(self) -> int:
        return self._site.slow_ms if self._site else SLOW_MS

    def _answered(self) -> Iterator[Finding]:
        probe = self._probe
        if probe.status >= 500:
            yield self._finding("WEB-101", "status", "time")
        elif probe.status in _LOGIN:
            yield self._finding("WEB-114", "status")
        elif probe.status >= 400:
            yield self._finding("WEB-107", "status")
        if probe.status < 500 and (probe.error == "timeout" or probe.took_ms > self._slow_ms):
            yield self._finding("WEB-103", "time", "phases", *(["error"] if probe.error else []))

    def _unanswered(self) -> Iterator[Finding]:
        probe = self._probe
        if probe.error != "tls":
            yield self._finding(_ERRORS[probe.error], "error", confidence=self._sureness)
        elif probe.tls_days is not None and probe.tls_days < 0:
            yield self._finding("WEB-104", "certificate expires", "error")
        else:
            # An authority unknown here may be trusted by all of the site's users.
            sure = Confidence.MEDIUM if probe.tls_problem == "untrusted" else Confidence.HIGH
            yield self._finding(
                _PROBLEMS[probe.tls_problem or "handshake"], "certificate problem", "error", confidence=sure
            )

    @property
    def _sureness(self) -> Confidence:
        """One machine's failed lookup does not prove that the name is gone; where no name resolves it proves
        nothing."""
        if self._probe.error != "dns":
            return Confidence.HIGH
        return Confidence.LOW if self._lines.get("error", "").endswith(NO_DNS) else Confidence.MEDIUM

    def _risks(self) -> Iterator[Finding]:
        days = self._probe.tls_days
        if days is not None and 0 <= days <= SOON_DAYS and not self._probe.tls_problem:
            yield self._finding("WEB-105", "certificate days left", "certificate expires")
        if downgrade := next(
            (n for n, v in self._lines.items() if n.startswith("redirect ") and v.endswith(LEAVES_HTTPS)), ""
        ):
            yield self._finding("WEB-111", downgrade)

    def _finding(self, code: str, *proofs: str, confidence: Confidence = Confidence.HIGH) -> Finding:
        cites = tuple(self._cite(name) for name in proofs if name in self._lines)
        stated = finding(code, self.subject, cites=cites, confidence=confidence, **self._facts())
        lesser = self._site is not None and not self._site.critical and stated.severity is Severity.CRITICAL
        return stated.model_copy(update={"severity": Severity.WARNING}) if lesser else stated

    def _facts(self) -> dict[str, Any]:
        probe, lines = self._probe, self._lines
        name, port = self._place()
        over = ", response incomplete" if probe.status and probe.error == "timeout" else ""
        facts: dict[str, Any] = {
            "url": shlex.quote(probe.url),
            "host": name,
            "port": port,
            "status": lines.get("status", ""),
            "took": f"{probe.took_ms} ms{over}",
            "limit": f"{self._slow_ms} ms",
            "spent": f"{probe.took_ms} ms{over}" + (f" ({lines['phases']})" if "phases" in lines else ""),
            "said": lines.get("error", "").partition(": ")[2],
            "days": "" if probe.tls_days is None else str(probe.tls_days),
            "expires": lines.get("certificate expires", "")[:10],
            "validity": self._validity(),
            "namespaces": " ".join(self._site.namespaces[:1]) if self._site else "",
        }
        for_host = f" of {name}" if name and name != self.subject.name else ""
        return {name: value for name, value in facts.items() if value} | {"for_host": for_host}

    def _place(self) -> tuple[str, str]:
        """Host and port of the problem: after redirects, those of the last address. Both are safe in a command."""
        said = self._lines.get("error", "").partition(": ")[2].partition(": ")[0]
        found = _ADDRESS.match(said) or _ADDRESS.match(self._probe.url)
        if self._probe.error == "dns" and _SAFE.fullmatch(said):
            return said, "443"
        return (found[2], found[3] or ("443" if found[1] == "https" else "80")) if found else ("", "")

    def _validity(self) -> str:
        early = self._probe.tls_problem == "early" and (self._probe.tls_days or 0) >= 0
        name, words = ("starts", "is not valid before") if early else ("expires", "expired on")
        return f"{words} {self._lines.get(f'certificate {name}', '')[:10]}"

    def _cite(self, name: str) -> Citation:
        return Citation(evidence=self._item.id, quote=f"{name}: {self._lines[name]}")
