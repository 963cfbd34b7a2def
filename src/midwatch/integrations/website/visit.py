"""Observations of a site, collected during a check, so that a timed-out check keeps its partial result."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from midwatch.domain.observation import Probe
from midwatch.integrations.website.certificate import Certificate, Problem
from midwatch.integrations.website.target import header_line

_PREVIEW = 500  # characters of the body
_ERROR_CHARS = 300  # characters of an error or a header
ErrorKind = Literal["", "dns", "connect", "timeout", "tls", "redirects", "protocol"]


@dataclass
class Visit:
    """State of one check. Texts are as received; `probe` makes them lines."""

    url: str
    redirects: list[str] = field(default_factory=list[str])
    address: str = ""
    status: int = 0
    reason: str = ""
    phases: str = ""
    took_ms: int = 0
    kind: str = ""
    encoding: str = ""
    body: bytes = b""
    whole: bool = True
    certificate: Certificate | None = None
    problem: Problem = ""
    problem_said: str = ""
    error: ErrorKind = ""
    error_said: str = ""

    def ask(self) -> None:
        """Resets the state for another request, except for the certificate."""
        self.status, self.reason = 0, ""

    def begin(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason

    def show(self, certificate: Certificate | None) -> None:
        """Records a certificate: of several, on the way of redirects, the one that expires first; a refused one is the
        last, and counts."""
        known = self.certificate
        if certificate and (self.problem or known is None or certificate.expires < known.expires):
            self.certificate = certificate

    def fail(self, error: ErrorKind, said: str) -> None:
        self.error, self.error_said = error, said

    def probe(self, now: datetime) -> Probe:
        days = self.certificate.days(now) if self.certificate else None
        found = [*self._answer(), *self._tls(days), *self._content()]
        return Probe(
            text="".join(
                f"{name}: {header_line(value, _PREVIEW if name == 'preview' else _ERROR_CHARS)}\n"
                for name, value in found
            ),
            url=self.url,
            status=self.status,
            took_ms=self.took_ms,
            error=self.error,
            tls_days=days,
            tls_problem=self.problem,
        )

    def _answer(self) -> Iterator[tuple[str, str]]:
        yield "url", self.url
        yield from ((f"redirect {number}", said) for number, said in enumerate(self.redirects, 1))
        if self.address:
            yield "address", self.address
        yield "status", f"{self.status} {self.reason}".strip() if self.status else "none"
        yield "time", f"{self.took_ms} ms"
        if self.phases:
            yield "phases", self.phases
        if self.error:
            yield "error", f"{self.error}: {self.error_said}"

    def _tls(self, days: int | None) -> Iterator[tuple[str, str]]:
        if self.problem:
            yield "certificate problem", f"{self.problem}: {self.problem_said}"
        if self.certificate:
            yield "certificate issuer", self.certificate.issuer
            yield "certificate names", ", ".join(self.certificate.names) or "none"
            yield "certificate starts", self.certificate.starts.isoformat()
            yield "certificate expires", self.certificate.expires.isoformat()
            yield "certificate days left", str(days)

    def _content(self) -> Iterator[tuple[str, str]]:
        if not self.status:
            return
        yield "content type", self.kind or "none"
        yield (
            "size",
            f"{len(self.body)} bytes" if self.whole else f"more than {len(self.body)} bytes, the rest was not read",
        )
        if self.encoding:
            yield "content encoding", self.encoding
        elif self.body:
            yield "preview", self.body[: _PREVIEW * 4].decode("utf-8", "replace")
