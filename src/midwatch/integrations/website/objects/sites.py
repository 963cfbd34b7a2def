"""The configured sites: lookup by address, and their backends."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from midwatch.integrations.website.objects.site import SiteSettings

NO_DNS = "no DNS server answers on this machine"  # how the text of a failed lookup ends where no name can be resolved
_PORTS = {"https": 443, "http": 80}


class Backends(NamedTuple):
    """Backends of a site, nearest first."""

    services: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


def full(url: str) -> str:
    """The complete URL; a bare host means https://."""
    return url if "://" in url else f"https://{url}"


def host(url: str) -> str:
    return (urlsplit(full(url)).hostname or "").rstrip(".").lower()


def site_of(sites: Iterable[SiteSettings], url: str) -> SiteSettings | None:
    """The site with exactly this address, else the first one of its host."""
    same = [s for s in sites if host(s.url) == host(url)]
    return next((s for s in same if full(s.url).rstrip("/") == full(url).rstrip("/")), next(iter(same), None))


def is_configured(sites: Iterable[SiteSettings], name: str, port: int) -> bool:
    """Whether this host and port are configured: then it may be internal. A site without a port means 80 and 443."""
    wanted = name.rstrip(".").lower()
    return any(port in _ports(s) for s in sites if host(s.url) == wanted)


def _ports(site: SiteSettings) -> Sequence[int]:
    given = urlsplit(full(site.url)).port
    return (given,) if given else tuple(_PORTS.values())


def backends(sites: Iterable[SiteSettings], name: str) -> Backends:
    """Backends of all sites of one host; empty for an unconfigured host."""
    same = [s for s in sites if host(s.url) == name.rstrip(".").lower()]
    services = dict.fromkeys(service for s in same for service in s.services)
    namespaces = dict.fromkeys(namespace for s in same for namespace in s.namespaces)
    return Backends(tuple(services), tuple(namespaces))
