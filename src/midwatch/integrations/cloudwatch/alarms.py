"""CloudWatch's alarm JSON, as published to a topic: of one metric, of metric math, or composite."""

from typing import Any

from midwatch.domain.alert import AlertStatus
from midwatch.integrations.alert_sources.normalize import RawAlert, first, get_path, items, record, text
from midwatch.integrations.cloudwatch.arn import STATES, alarm_severity, arn

_LIMITS = {  # field of Trigger → detail
    "MetricName": "metric",
    "Namespace": "metric namespace",
    "Statistic": "statistic",
    "Threshold": "threshold",
    "ComparisonOperator": "comparison",
    "Period": "period (s)",
    "EvaluationPeriods": "evaluation periods",
    "DatapointsToAlarm": "datapoints to alarm",
    "TreatMissingData": "missing data",
    "Unit": "unit",
}


def alarm(document: dict[str, Any]) -> RawAlert | None:
    """The alarm; None for a document without an alarm's name."""
    name = text(document.get("AlarmName"))
    if not name:
        return None
    place = arn(document.get("AlarmArn"))
    region, account = place.region or text(document.get("Region")), place.account or text(document.get("AWSAccountId"))
    state, at = text(document.get("NewStateValue")), document.get("StateChangeTime")
    trigger = document if "Trigger" not in document else record(document["Trigger"])
    description, reason = document.get("AlarmDescription"), document.get("NewStateReason")
    return RawAlert(
        title=name,
        status=STATES.get(state, AlertStatus.FIRING),
        severity=alarm_severity(state, first(document, "Severity", "Priority"), name, description),
        fingerprint=document.get("AlarmArn") or "/".join(p for p in (account, region, name) if p),
        external_id=name,
        summary="\n".join(t for t in map(text, (description, reason)) if t),
        service=first(document, "Application", "Service"),
        labels={"alertname": name, "region": region, "account": account} | _dimensions(trigger),
        details=_facts(document, state, trigger),
        links=[("CloudWatch", place.console)],
        starts_at=at,
        ends_at=at,
    )


def _facts(document: dict[str, Any], state: str, trigger: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"state": state, "state before": document.get("OldStateValue")}
    facts |= {ours: trigger.get(theirs) for theirs, ours in _LIMITS.items()}
    for one in items(trigger.get("Metrics"))[:50]:
        facts[f"metric {text(get_path(one, 'Id'))}"] = first(one, "Expression") or get_path(
            one, "MetricStat", "Metric", "MetricName"
        )
    facts["rule"] = document.get("AlarmRule")
    children = [
        arn(get_path(child, "Arn")).name or text(get_path(child, "Arn"))
        for child in items(document.get("TriggeringChildren"))[:100]
    ]
    facts["triggered by"] = ", ".join(c for c in children if c)
    facts["actions suppressed by"] = document.get("ActionsSuppressedBy")
    return facts


def _dimensions(trigger: dict[str, Any]) -> dict[str, Any]:
    """Dimensions of the metric; with metric math those of all its metrics, save where they differ."""
    lists = [
        trigger.get("Dimensions"),
        *(get_path(one, "MetricStat", "Metric", "Dimensions") for one in items(trigger.get("Metrics"))[:50]),
    ]
    found: dict[str, Any] = {}
    differing: set[str] = set()
    for one in (d for each in lists for d in items(each)):
        name, value = text(first(one, "name", "Name")), text(first(one, "value", "Value"))
        if found.setdefault(name, value) != value:
            differing.add(name)
    return {name: value for name, value in found.items() if name and name not in differing}
