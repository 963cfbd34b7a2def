"""CloudWatch alarms in EventBridge's form: other field names, and dimensions as an object."""

from typing import Any

from midwatch.domain.alert import AlertStatus
from midwatch.integrations.alert_sources.normalize import RawAlert, first, get_path, items, record, text
from midwatch.integrations.cloudwatch.arn import STATES, alarm_severity, arn

_OURS = {"CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"}
_QUIET = {"CloudWatch Alarm Configuration Change": "Alarm configuration changed, state unchanged."}


def change(event: dict[str, Any]) -> RawAlert | str | None:
    """The alarm; a sentence for an ignored event; None for an unknown one."""
    kind, detail = text(event.get("detail-type")), record(event.get("detail"))
    if kind in _QUIET:
        return _QUIET[kind]
    name = text(detail.get("alarmName"))
    if kind not in _OURS or not name:
        return None
    own_arn, contributor = text(get_path(event, "resources", "0")), record(detail.get("alarmContributor"))
    region, account = (text(event.get(k)) or getattr(arn(own_arn), k) for k in ("region", "account"))
    state, reason = text(get_path(detail, "state", "value")), get_path(detail, "state", "reason")
    description = get_path(detail, "configuration", "description")
    status, at = STATES.get(state, AlertStatus.FIRING), get_path(detail, "state", "timestamp") or event.get("time")
    return RawAlert(
        title=name,
        status=status,
        severity=alarm_severity(
            state, first(detail.get("alarmTags"), "severity", "Severity", "priority", "Priority"), name, description
        ),
        fingerprint=":".join(p for p in (own_arn or f"{account}/{region}/{name}", text(contributor.get("id"))) if p),
        external_id=name,
        summary="\n".join(t for t in map(text, (description, reason)) if t),
        service=first(detail.get("alarmTags"), "service", "Service"),
        labels={"alertname": name, "region": region, "account": account}
        | _dimensions(detail)
        | record(contributor.get("attributes")),
        details=_facts(detail, state),
        links=[("CloudWatch", arn(own_arn).console)],
        starts_at=at if status is AlertStatus.FIRING else get_path(detail, "previousState", "timestamp") or at,
        ends_at=at,
    )


def _metrics(detail: dict[str, Any]) -> list[Any]:
    return items(get_path(detail, "configuration", "metrics"))[:50]


def _dimensions(detail: dict[str, Any]) -> dict[str, Any]:
    """Dimensions that are equal in all metrics of the alarm."""
    found: dict[str, Any] = {}
    differing: set[str] = set()
    for one in _metrics(detail):
        for name, value in record(get_path(one, "metricStat", "metric", "dimensions")).items():
            if found.setdefault(name, value) != value:
                differing.add(name)
    return {name: value for name, value in found.items() if name not in differing}


def _facts(detail: dict[str, Any], state: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"state": state, "state before": get_path(detail, "previousState", "value")}
    for one in _metrics(detail):
        metric = get_path(one, "metricStat", "metric")
        told = first(one, "expression") or " ".join(
            t for t in (text(get_path(metric, "namespace")), text(get_path(metric, "name"))) if t
        )
        facts[f"metric {text(get_path(one, 'id'))}"] = told
    facts["measured"] = get_path(detail, "state", "reasonData")
    facts["rule"] = get_path(detail, "configuration", "alarmRule")
    return facts
