"""How monitoring systems call: raw bytes in, a delivery out. Pure; what is stored and started is not decided here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from midwatch.domain.alert import Delivery
from midwatch.settings import SenderSettings


class Forged(Exception):
    """The request does not prove that it comes from the configured sender. The text says what is missing, never the
    secret."""


@dataclass(frozen=True)
class Hook:
    """One request as it came. Names of headers are lower case. `certificate` is what was found at the inbox's
    `certificate_url`.

    `token` is what the address carried as `?token=`, for senders that can set neither a header nor a signature.
    """

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    certificate: bytes = b""
    token: str = ""


@dataclass(frozen=True)
class Inbox:
    """`verify` raises Forged. `parse` never raises on strange content: what it does not understand it says in
    `unknown`.

    `certificate_url` tells which certificate `verify` will need, "" for none; it raises Forged for an address that is
    not the sender's own. `recognises` looks at the decoded body of a file that names no source: at least one key or
    value is the sender's own, so that no two sources claim the same. A source without it takes what no other does.
    """

    source: str
    title: str
    verify: Callable[[Hook, SenderSettings], None]
    parse: Callable[[Hook, SenderSettings], Delivery]
    certificate_url: Callable[[Hook], str] = lambda _: ""
    recognises: Callable[[object], bool] | None = None
