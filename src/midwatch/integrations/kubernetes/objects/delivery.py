"""Objects of Argo CD: what is to be delivered from a repository, and how the last delivery went."""

import msgspec

from midwatch.integrations.kubernetes.objects.meta import Object, Struct, Time


class SyncState(Struct):
    status: str = ""
    revision: str | None = ""


class HealthState(Struct):
    status: str = ""
    message: str | None = ""


class Operation(Struct):
    phase: str = ""
    message: str | None = ""
    finished_at: Time | None = None


class ApplicationCondition(Struct):
    type: str = ""
    message: str = ""
    last_transition_time: Time | None = None


class ApplicationStatus(Struct):
    sync: SyncState = msgspec.field(default_factory=SyncState)
    health: HealthState = msgspec.field(default_factory=HealthState)
    operation_state: Operation | None = None
    conditions: list[ApplicationCondition] | None = None


class Application(Object):
    status: ApplicationStatus = msgspec.field(default_factory=ApplicationStatus)
