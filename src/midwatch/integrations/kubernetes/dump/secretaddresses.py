"""Addresses in saved Secrets, compared with the Services of the same dump before the values are dropped."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from midwatch.integrations.kubernetes.objects.meta import Metadata
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.saved_objects import SecretAddress

Json = dict[str, Any]
_HOST_KEY = re.compile(r"(?i)(?P<stem>.*?)[_.-]?(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$")
_PORT_KEY = re.compile(r"(?i)(?P<stem>.*?)[_.-]?PORT$")
_HOST = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]{0,62})(?:\.(?P<place>[a-z0-9][a-z0-9-]{0,62})(?:\.svc(?:\.cluster\.local)?)?)?(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True)
class Pair:
    """`port` None: the Secret says none."""

    host_key: str
    port_key: str
    name: str
    place: str
    port: int | None


def pairs(raw: Json) -> list[Pair]:
    """Host and port of each address in a Secret as it was saved; kept only until they have been compared."""
    values = _values(raw)
    ports = {m["stem"].lower(): key for key in values if (m := _PORT_KEY.fullmatch(key))}
    return [pair for key, value in values.items() if (pair := _pair(key, value, values, ports))]


def _pair(key: str, value: str, values: Mapping[str, str], ports: Mapping[str, str]) -> Pair | None:
    named, host = _HOST_KEY.fullmatch(key), _HOST.fullmatch(value.strip())
    if not named or not host:
        return None
    port_key = key if host["port"] else ports.get(named["stem"].lower(), "")
    port = host["port"] or values.get(port_key, "").strip()
    return Pair(
        key, port_key, host["name"], host["place"] or "", int(port) if port.isascii() and port.isdigit() else None
    )


def _values(raw: Json) -> dict[str, str]:
    plain, encoded = raw.get("stringData"), raw.get("data")
    found = {str(k): v for k, v in cast(Json, plain).items() if isinstance(v, str)} if isinstance(plain, dict) else {}
    for key, value in cast(Json, encoded).items() if isinstance(encoded, dict) else ():
        if (
            (_HOST_KEY.fullmatch(str(key)) or _PORT_KEY.fullmatch(str(key)))
            and isinstance(value, str)
            and len(value) < 512
        ):
            try:
                found.setdefault(str(key), base64.b64decode(value, validate=True).decode())
            except (binascii.Error, UnicodeDecodeError):
                continue
    return found


def secret_addresses(
    namespace: str, secret: str, found: list[Pair], services: Mapping[tuple[str, str], Service]
) -> Iterator[SecretAddress]:
    """Only of hosts that are Services of the dump: of any other host nothing is told."""
    for pair in found:
        place = pair.place or namespace
        service = services.get((place, pair.name))
        if service is None:
            continue
        ports = [p.port for p in service.spec.ports or ()]
        open_ended = service.spec.cluster_ip == "None" or service.spec.type == "ExternalName" or not ports
        yield SecretAddress(
            metadata=Metadata(name=f"{secret}/{pair.host_key}", namespace=namespace),
            secret=secret,
            host_key=pair.host_key,
            port_key=pair.port_key,
            service=pair.name,
            place=place,
            fits=None if pair.port is None or open_ended else pair.port in ports,
        )
