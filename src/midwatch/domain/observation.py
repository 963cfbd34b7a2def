"""Tool observations, in vendor-neutral types."""

from typing import Annotated, Literal

from pydantic import Field

from midwatch.domain.base import Model


def count_text(count: int, plural: str) -> str:
    """`2 ingresses`, `1 ingress`, `1 networkpolicy`. Only endpoints keep their plural, as the API does."""
    if count != 1 or plural == "endpoints":
        return f"{count} {plural}"
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if plural.endswith(ending):
            return f"1 {plural.removesuffix(ending)}{singular}"
    return f"1 {plural}"


class Written(Model, frozen=True):
    """An observation as lines of text."""

    text: str

    @property
    def content(self) -> bytes:
        """The text that is hashed and to which limits apply."""
        return self.text.encode()

    @property
    def size(self) -> str:
        return count_text(len(self.text.splitlines()), "lines")


class Listed(Model, frozen=True):
    """An observation as a list of `count` items: `body` is a JSON array."""

    body: bytes
    count: int

    @property
    def content(self) -> bytes:
        """The text that is hashed and to which limits apply."""
        return self.body

    @property
    def text(self) -> str:
        return self.body.decode()


class Resources(Listed, frozen=True):
    """States of all objects of one kind that a query returned.

    `body` is a JSON array, already redacted, one object an element: it is what is hashed, stored and cited.
    `resource` is the system's own plural (`pods`), `scope` the namespace or "" for all of them.
    `partial` names, in words, data left out on purpose ("warnings only"); then absence proves nothing,
    except in the scopes of `whole`, of which nothing is missing (a dump that has one namespace of many).
    `missed` names data that belongs to the answer and could not be read: it becomes a Gap beside the evidence.
    """

    type: Literal["resources"] = "resources"
    resource: str
    scope: str = ""
    partial: str = ""
    missed: str = ""
    whole: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        return count_text(self.count, self.resource)


class LogLines(Written, frozen=True):
    """The end of one log. `truncated` counts nothing: earlier lines exist and were not read."""

    type: Literal["log"] = "log"
    kind: str = "Pod"
    namespace: str
    name: str
    container: str
    previous: bool = False
    truncated: bool = False


class AlertText(Written, frozen=True):
    """The text of an alert: title, summary, labels and details, each on its own line behind its name.

    Redacted and bounded; `truncated`: the sender wrote more than is kept.
    """

    type: Literal["alert"] = "alert"
    source: str
    truncated: bool = False


class Measurements(Listed, frozen=True):
    """Measurements over time: `count` series, `signals` their kinds in sorted order (latency_p95, cpu, …).

    `body` is a JSON array of tables: `times` in seconds since 1970, and the `series` that were measured at these times,
    each with its `entity`, `signal`, `unit` and `values` (null where nothing was measured). `partial` says what was
    left out.
    """

    type: Literal["measurements"] = "measurements"
    signals: tuple[str, ...] = ()
    partial: str = ""

    @property
    def size(self) -> str:
        return f"{self.count} series"


class Probe(Written, frozen=True):
    """Result of one request to a site, each fact on its own line behind its name (`status: 502`).

    `status` is 0 without an answer; with an `error` beside it the answer began and did not end. `took_ms` counts from
    the first look-up of the name, over all redirects, to the last byte read. `tls_days` are whole days until the
    certificate expires, below 0 when it has; None without one. `tls_problem` is why an invalid certificate is
    refused.
    """

    type: Literal["probe"] = "probe"
    url: str
    status: int = 0
    took_ms: int
    error: Literal["", "dns", "connect", "timeout", "tls", "redirects", "protocol"] = ""
    tls_days: int | None = None
    tls_problem: Literal["", "expired", "early", "name", "untrusted", "handshake"] = ""


Observation = Annotated[Resources | LogLines | Measurements | AlertText | Probe, Field(discriminator="type")]
