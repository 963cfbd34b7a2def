"""What people save of an incident beside kubectl's lists: no API server serves these."""

from typing import NamedTuple

from midwatch.integrations.kubernetes.objects.meta import Object, Time


class SystemdUnit(Object):
    """A unit of a node's own service manager, as `systemctl status` shows it; `said` is the line of its state.

    `state` is active, inactive, failed, activating or deactivating, `detail` the word in brackets (running, dead).
    """

    node: str = ""
    unit: str = ""
    enabled: bool | None = None
    state: str = ""
    detail: str = ""
    said: str = ""
    since: Time | None = None


class SecretAddress(Object):
    """What may be told of an address in a saved Secret without telling a value: which known Service its host is, and
    whether its port is one of that Service's. Compared while reading; the values themselves are dropped there."""

    secret: str = ""
    host_key: str = ""
    port_key: str = ""
    service: str = ""
    place: str = ""
    fits: bool | None = None


class UnappliedManifest(Object):
    """A saved manifest of an object that the cluster's own list does not have; `storage` is what a claim requests."""

    object_kind: str = ""
    object_name: str = ""
    storage: str = ""


class SavedLog(Object):
    """That a person saved the log of a container; the object is named after the pod. The text is read by the tool for
    logs.

    `saved` is when, as far as the dump tells. `about` is what the log is of: a Pod, a Node (a unit of its journal,
    which `container` names), another workload of namespace `place` whose pod nothing names, or a Log of which nothing
    tells who wrote it; all but those of pods have no namespace, and `pod` is the name of that. Where there are many,
    `empty` and `errors` (the last lines name one) tell which are worth reading.
    """

    pod: str = ""
    container: str = ""
    about: str = "Pod"
    place: str = ""
    previous: bool = False
    saved: Time | None = None
    empty: bool = False
    errors: bool = False


class ServiceCall(Object):
    """That one service calls another, as a tracing system saw it; names as that system has them."""

    caller: str = ""
    callee: str = ""


class FiringAlert(Object):
    """An alert that a person saved while it fired; `about` are its labels, `message` its annotations,
    `value` what its expression gave, if it says so."""

    alert: str = ""
    about: dict[str, str] | None = None
    message: str = ""
    value: str = ""
    since: Time | None = None


class CommandError(Object):
    """What kubectl, helm or the API server said instead of doing what a command asked; the object is named after the
    text and the line where it stands. `command` is "" where nothing shows it, `place` the namespace that was meant."""

    command: str = ""
    message: str = ""
    place: str = ""


class UnreadPart(Object):
    """A file of a dump, or a part of one from `line` on (0: all of it), that could not be read, and why."""

    file: str = ""
    line: int = 0
    reason: str = ""


class SavedFormat(NamedTuple):
    """One format that a dump may hold; `plural` is how it is asked for."""

    plural: str
    type: type[Object]
    namespaced: bool = True


SAVED: dict[str, SavedFormat] = {
    one.plural: one
    for one in (
        SavedFormat("systemd_units", SystemdUnit, namespaced=False),
        SavedFormat("secret_addresses", SecretAddress),
        SavedFormat("container_logs", SavedLog),
        SavedFormat("traced_calls", ServiceCall, namespaced=False),
        SavedFormat("firing_alerts", FiringAlert, namespaced=False),
        SavedFormat("unapplied_manifests", UnappliedManifest),
        SavedFormat("command_errors", CommandError, namespaced=False),
        SavedFormat("unread_parts", UnreadPart, namespaced=False),
    )
}
