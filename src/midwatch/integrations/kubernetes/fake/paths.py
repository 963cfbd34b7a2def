"""Paths of resources: /api/v1/namespaces/shop/pods/web-1/log and the like."""

from dataclasses import dataclass

from midwatch.integrations.kubernetes.fake.resources import BY_PATH, Resource


@dataclass(frozen=True)
class ObjectPath:
    """A list when `name` is empty; `below` is the subresource."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    below: str = ""


def place_of(path: str) -> ObjectPath | None:
    """None for a path that names no resource."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    if len(rest) >= 3 and rest[0] == "namespaces" and (group, version, rest[2]) in BY_PATH:
        _, namespace, *rest = rest
    if not rest or len(rest) > 3:
        return None
    resource = BY_PATH.get((group, version, rest[0]))
    if resource is None or (namespace and not resource.namespaced):
        return None
    if len(rest) > 1 and resource.namespaced and not namespace:
        return None
    return ObjectPath(resource, namespace, *rest[1:])
