"""Whose request it is. What a request says of itself counts only when a configured proxy passed it on."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from midwatch.interfaces.http.limits import Network, address_group, within

_ANY: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_HOPS = 32  # of a forwarded chain that are read, from our end; a real one has two or three


def client_address(peer: str, headers: Iterable[tuple[bytes, bytes]], proxies: tuple[Network, ...], header: str) -> str:
    """The address that rates count: the peer's, or behind a proxy the last one in `header` that is none of our proxies.

    Only that one header is read: a proxy replaces or extends the header it knows, and passes others on as the client
    wrote them.
    """
    if not within(peer, proxies):
        return address_group(peer)
    wanted = header.encode()
    for hop in _hops(
        [value.decode("latin-1") for name, value in headers if name == wanted], forwarded=header == "forwarded"
    ):
        if not hop:
            break  # unreadable: whatever stands before it may be invented
        if not within(hop, proxies):
            return address_group(hop)
    return address_group(peer)


def _hops(values: Sequence[str], *, forwarded: bool) -> list[str]:
    """From the nearest on."""
    parts = ",".join(values).split(",")[-_HOPS:]
    return [_bare(_for(part) if forwarded else part) for part in reversed(parts)]


def _for(element: str) -> str:
    """The `for=` of one element of RFC 7239; "" when it has none."""
    pairs = (pair.partition("=") for pair in element.split(";"))
    return next((value for name, _, value in pairs if name.strip().lower() == "for"), "")


def _bare(text: str) -> str:
    """Without quotes, brackets and port; "" for what is no address, such as `unknown` or `_hidden`."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text if within(text, _ANY) else ""
