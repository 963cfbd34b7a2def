"""Alert sources: a webhook request in, alerts out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from midwatch.domain.alert import Delivery
from midwatch.domain.sender import SenderSettings


class SignatureInvalid(Exception):
    """A request without valid proof of its sender. The text names the missing proof, never the secret."""


@dataclass(frozen=True)
class WebhookRequest:
    """One webhook request as received. Header names are lower case. `certificate` is the content of the source's
    `certificate_url`.

    `token` is what the address carried as `?token=`, for senders that can set neither a header nor a signature.
    """

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    certificate: bytes = b""
    token: str = ""


@dataclass(frozen=True)
class Envelope:
    """Fields that a source sends with every alert, whatever the problem: labels and details, a nested one by its first
    name; case and punctuation do not count.

    `always`: neither name nor value describes the problem, so that nothing is read from it. `named`: the source gives
    the name, its user the value, which may say what is wrong. What every source sends is in no envelope.
    """

    always: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def _no_setup() -> str:
    """No setup instructions."""
    return ""


@dataclass(frozen=True)
class AlertSource:
    """A monitoring system that sends alerts: raw bytes in, a delivery out. Pure; storing alerts and starting
    investigations are decided elsewhere.

    `verify` raises SignatureInvalid. `parse` never raises on strange content: an unparsed body is reported in
    `unknown`. `certificate_url` is the certificate that `verify` needs, "" for none; it raises SignatureInvalid for
    an address that is not the sender's own. `recognises` looks at the decoded body of a file that names no source: at
    least one key or value is the sender's own, so that no two sources claim the same. A source without it takes what
    no other does. `authenticates_by` names what `verify` looks at, of `senders.<source>`: tokens, secrets, topics; a
    refused caller is told these. `setup` gives its part of docs/alert-sources.md, Markdown without a title.
    `apart`: it is always called in a thread, however small the body; so are the sources of outside packages.
    """

    source: str
    title: str
    verify: Callable[[WebhookRequest, SenderSettings], None]
    parse: Callable[[WebhookRequest, SenderSettings], Delivery]
    certificate_url: Callable[[WebhookRequest], str] = lambda _: ""
    recognises: Callable[[object], bool] | None = None
    authenticates_by: tuple[str, ...] = ("tokens",)
    envelope: Envelope = Envelope()
    setup: Callable[[], str] = _no_setup
    apart: bool = False
