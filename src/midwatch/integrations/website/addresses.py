"""Allowed addresses of a check. Questions come from outside: they must not make Midwatch probe its own network."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NEVER = ("multicast", "unspecified", "link-local")  # never a website, configured or not: cloud metadata is link-local


async def resolve(host: str, port: int) -> list[str]:
    """Addresses by the system's resolver, in its order. Raises OSError (socket.gaierror)."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def kind(text: str) -> str:
    """The reason why the address is not on the public internet, in one word; "" for a public one. An address embedded
    in another counts as itself."""
    address = ipaddress.ip_address(text)
    within = _within(address)
    return next((k for k in map(_kind, (address, *within)) if k), "")


def refusal_of(text: str, *, meant: bool) -> str:
    """The reason to refuse the address: as `kind`; for a configured site (`meant`) only addresses that can never be a
    site."""
    found = kind(text)
    return "" if meant and found not in NEVER else found


def _kind(address: Address) -> str:
    kinds = {
        "unspecified": address.is_unspecified,
        "loopback": address.is_loopback,
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "private": address.is_private or getattr(address, "is_site_local", False),
        "reserved": address.is_reserved or not address.is_global,
    }
    return next((name for name, applies in kinds.items() if applies and not _is_mapped(address)), "")


def _is_mapped(address: Address) -> bool:
    """::ffff:8.8.8.8 is reserved as such, and means 8.8.8.8; 64:ff9b::808:808 likewise."""
    return isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64)


def _within(address: Address) -> list[Address]:
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    teredo: Any = address.teredo or ()
    inside: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *teredo]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    inside += [low] if address in _NAT64 else []
    return [a for a in inside if a is not None]
