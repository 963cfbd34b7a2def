"""Label and field selectors as kubectl writes them, over objects that are already here."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from midwatch.integrations.kubernetes.objects.meta import Expression, Object
from midwatch.integrations.kubernetes.objects.selectors import matches_expression, requirements
from midwatch.integrations.kubernetes.reader import Refused

Test = Callable[[Object], bool]

_SET = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s!=(),]*)$")
_PRESENT = re.compile(r"^(?P<absent>!)?\s*(?P<key>[^\s!=(),]+)$")
_FIELD = re.compile(r"^(?P<field>[A-Za-z.]+)\s*(?P<operator>==|=|!=)\s*(?P<value>.*)$")
_FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "involvedObject.kind": ("involved_object", "kind"),
    "involvedObject.name": ("involved_object", "name"),
    "involvedObject.namespace": ("involved_object", "namespace"),
    "involvedObject.uid": ("involved_object", "uid"),
    "involvedObject.fieldPath": ("involved_object", "field_path"),
    "type": ("type",),
    "reason": ("reason",),
    "reportingComponent": ("reporting_component",),
    "status.phase": ("status", "phase"),
    "spec.nodeName": ("spec", "node_name"),
    "spec.restartPolicy": ("spec", "restart_policy"),
    "spec.serviceAccountName": ("spec", "service_account_name"),
    "spec.schedulerName": ("spec", "scheduler_name"),
    "status.podIP": ("status", "pod_ip"),
}


def select(objects: Sequence[Object], labels: str, fields: str) -> list[Object]:
    """Those that meet every requirement of both; raises Refused for a selector that cannot be understood."""
    tests = [*_label_tests(labels), *_field_tests(fields)]
    return [obj for obj in objects if all(test(obj) for test in tests)]


def _label_tests(text: str) -> list[Test]:
    return [_label_test(_expression(part.strip(), text)) for part in requirements(text) if part.strip()]


def _label_test(expression: Expression) -> Test:
    # As the API server does it: a label that is not there is also not equal and not in the set.
    return lambda obj: matches_expression(expression, obj.labels)


def _expression(part: str, text: str) -> Expression:
    if found := _SET.match(part):
        values = [v.strip() for v in found["values"].split(",")]
        return Expression(key=found["key"], operator="In" if found["operator"] == "in" else "NotIn", values=values)
    if found := _EQUAL.match(part):
        return Expression(
            key=found["key"], operator="NotIn" if found["operator"] == "!=" else "In", values=[found["value"]]
        )
    if found := _PRESENT.match(part):
        return Expression(key=found["key"], operator="DoesNotExist" if found["absent"] else "Exists")
    raise Refused(
        f"the label selector {text!r} cannot be understood at {part!r}; write it as `app=web,tier in (a,b)`", query=text
    )


def _field_tests(text: str) -> list[Test]:
    return [_field_test(part.strip(), text) for part in text.split(",") if part.strip()]


def _field_test(part: str, text: str) -> Test:
    found = _FIELD.match(part)
    if found is None or found["field"] not in _FIELDS:
        raise Refused(
            f"a dump cannot be searched by the field selector {part!r}; known fields are {', '.join(_FIELDS)}",
            query=text,
        )
    path, value, equal = _FIELDS[found["field"]], found["value"].strip(), found["operator"] != "!="
    return lambda obj: (_value(obj, path) == value) is equal


def _value(obj: Object, path: tuple[str, ...]) -> str:
    here: Any = obj
    for name in path:
        here = getattr(here, name, None)
    return here if isinstance(here, str) else ""
