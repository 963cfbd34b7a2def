"""Names, ids, times and field ownership as controllers would have left them; the same input gives the same output."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

Thing = dict[str, Any]
_ATOMIC = ("containerStatuses", "command", "args")  # lists that are owned as a whole
_LETTERS = (
    "bcdfghjklmnpqrstvwxz2456789"  # no vowels and nothing that reads like another: the alphabet of generated names
)


@lru_cache(maxsize=4096)
def _digest(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode()).digest()


def uid(*parts: str) -> str:
    return str(UUID(bytes=_digest(*parts)[:16], version=4))


def letters(count: int, *parts: str) -> str:
    return "".join(_LETTERS[b % len(_LETTERS)] for b in _digest("letters", *parts)[:count])


def hex_id(length: int, *parts: str) -> str:
    return _digest("hex", *parts).hex()[:length]


def address(prefix: str, *parts: str) -> str:
    """An IPv4 address below a prefix of two numbers."""
    third, fourth = _digest("ip", *parts)[:2]
    return f"{prefix}.{third}.{1 + fourth % 254}"


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ago(now: datetime, seconds: float) -> datetime:
    return now - timedelta(seconds=seconds)


def go_duration(seconds: float) -> str:
    """A duration as Go writes it: 40s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def owner(api_version: str, kind: str, name: str, uid_: str) -> Thing:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid_,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def managed_fields(obj: Thing, manager: str, at: datetime, *parts: str, subresource: str = "") -> Thing:
    """An entry of managedFields that says `manager` wrote the named parts of the object."""
    fields = {f"f:{part}": _fields(obj[part]) for part in parts if part in obj}
    meta = _meta_fields(obj["metadata"])
    if meta and not subresource:
        fields = {"f:metadata": meta} | fields
    version = obj["apiVersion"]
    entry: Thing = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": version,
        "time": stamp(at),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return entry | ({"subresource": subresource} if subresource else {})


def _meta_fields(meta: Mapping[str, Any]) -> Thing:
    found = {
        f"f:{key}": _fields(meta[key])
        for key in ("annotations", "generateName", "labels", "ownerReferences")
        if meta.get(key)
    }
    for key in ("f:annotations", "f:labels"):
        found |= {key: {".": {}} | found[key]} if key in found else {}
    return found


def _fields(value: Any) -> Thing:
    """The tree of field names; lists of named things are keyed, other lists are one field."""
    if isinstance(value, Mapping):
        known = cast("Mapping[str, Any]", value)
        return {f"f:{key}": {} if key in _ATOMIC else _fields(known[key]) for key in sorted(known)}
    if isinstance(value, Sequence) and not isinstance(value, str) and value and isinstance(value[0], Mapping):
        return _keyed(cast("Sequence[Mapping[str, Any]]", value))
    return {}


def _keyed(items: Sequence[Mapping[str, Any]]) -> Thing:
    for keys in (
        ("uid",),
        ("containerPort", "protocol"),
        ("port", "protocol"),
        ("mountPath",),
        ("type",),
        ("name",),
        ("ip",),
    ):
        if all(key in items[0] for key in keys):
            break
    else:
        return {}
    named: Thing = {".": {}}
    for item in items:
        shown = ",".join(f'"{key}":{_quoted(item.get(key))}' for key in keys)
        inside: Thing = {} if keys == ("uid",) else _fields(item)
        named[f"k:{{{shown}}}"] = {".": {}, **inside}
    return named


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'
