"""Who may do what: only which role a binding gives to whom. The rules of roles are not read; what they refuse stands in
logs."""

import msgspec

from midwatch.integrations.kubernetes.objects.meta import Object, Struct


class RoleReference(Struct):
    kind: str = ""
    name: str = ""


class Grantee(Struct):
    """`kind` is ServiceAccount, User or Group; an account without a namespace is of the binding's own."""

    kind: str = ""
    name: str = ""
    namespace: str | None = ""


class Role(Object): ...


class ClusterRole(Object): ...


class RoleBinding(Object):
    role_ref: RoleReference = msgspec.field(default_factory=RoleReference)
    subjects: list[Grantee] | None = None


class ClusterRoleBinding(Object):
    role_ref: RoleReference = msgspec.field(default_factory=RoleReference)
    subjects: list[Grantee] | None = None
