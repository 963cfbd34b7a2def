"""Admission webhooks without endpoints: with failurePolicy Fail the API server rejects the requests they match."""

from collections.abc import Iterator
from typing import Any

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, Backing, backing_of, json_field
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import (
    MutatingWebhookConfiguration,
    Service,
    ValidatingWebhookConfiguration,
    Webhook,
    WebhookService,
)

_Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    for kind in (ValidatingWebhookConfiguration, MutatingWebhookConfiguration):
        for configuration in cluster.all(kind):
            told: set[tuple[str, bool]] = set()
            for webhook in configuration.webhooks or ():
                target = webhook.client_config.service
                key = (f"{target.namespace}/{target.name}", _strict(webhook)) if target else ("", False)
                if target and key not in told:
                    told.add(key)
                    yield from _answered(cluster, backing, configuration, webhook, target)


def _answered(
    cluster: Cluster, backing: Backing, configuration: _Configuration, webhook: Webhook, target: WebhookService
) -> Iterator[Finding]:
    strict = _strict(webhook)
    service = cluster.get(Service, target.namespace, target.name)
    cites = (cluster.cite(configuration, json_field("name", target.name)),)
    if webhook.failure_policy:
        cites = (*cites, cluster.cite(configuration, json_field("failurePolicy", webhook.failure_policy)))
    facts: dict[str, Any] = {"webhook": webhook.name, "service": target.name, "where": target.namespace}
    if cluster.missing(Service, target.namespace, target.name):
        absent = cluster.cite_absence(Service, target.namespace, target.name)
        yield finding("K8S-550" if strict else "K8S-552", configuration.subject, cites=(*cites, absent), **facts)
    elif service is not None and service.spec.type != "ExternalName" and backing.ready(service) == 0:
        listed = backing.endpoints_of(service)
        proof = (cluster.cite(listed.source),) if listed else tuple(cluster.cite(p) for p in backing.pods(service))
        code = "K8S-551" if strict else "K8S-553"
        yield finding(
            code,
            configuration.subject,
            cites=(*cites, *(proof or (cluster.cite(service),))),
            peers=(service.subject,),
            **facts,
        )


def unreachable_webhook(cluster: Cluster, webhook: str) -> Subject | None:
    """The configuration of a webhook with failurePolicy Fail that has no endpoints; `find` reports it as well."""
    backing = backing_of(cluster)
    for configuration in (*cluster.all(ValidatingWebhookConfiguration), *cluster.all(MutatingWebhookConfiguration)):
        for hook in configuration.webhooks or ():
            target = hook.client_config.service if hook.name == webhook and _strict(hook) else None
            if target and any(_answered(cluster, backing, configuration, hook, target)):
                return configuration.subject
    return None


def _strict(webhook: Webhook) -> bool:
    return (webhook.failure_policy or "Fail") == "Fail"


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Service, ValidatingWebhookConfiguration, MutatingWebhookConfiguration))
