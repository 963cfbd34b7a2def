import msgspec

from midwatch.integrations.kubernetes.objects.meta import (
    Condition,
    IntOrString,
    LabelSelector,
    Object,
    Struct,
    Time,
    TypedReference,
)
from midwatch.integrations.kubernetes.objects.pod import PodTemplate
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim


class RollingUpdate(Struct):
    max_surge: IntOrString | None = None
    max_unavailable: IntOrString | None = None
    partition: int | None = None


class Strategy(Struct):
    type: str | None = ""
    rolling_update: RollingUpdate | None = None


class WorkloadSpec(Struct):
    """The common part of Deployment, ReplicaSet, StatefulSet and DaemonSet; absent replicas mean 1."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    strategy: Strategy | None = None
    update_strategy: Strategy | None = None
    paused: bool | None = False
    progress_deadline_seconds: int | None = None
    service_name: str | None = ""
    pod_management_policy: str | None = ""
    volume_claim_templates: list[PersistentVolumeClaim] | None = None


class WorkloadStatus(Struct):
    replicas: int | None = 0
    ready_replicas: int | None = 0
    available_replicas: int | None = 0
    unavailable_replicas: int | None = 0
    updated_replicas: int | None = 0
    observed_generation: int | None = 0
    current_revision: str | None = ""
    update_revision: str | None = ""
    desired_number_scheduled: int | None = 0
    current_number_scheduled: int | None = 0
    number_ready: int | None = 0
    number_available: int | None = 0
    number_unavailable: int | None = 0
    number_misscheduled: int | None = 0
    conditions: list[Condition] | None = None


class Workload(Object):
    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)

    def condition(self, type_: str) -> Condition | None:
        return next((c for c in self.status.conditions or () if c.type == type_), None)

    @property
    def desired_replicas(self) -> int:
        return 1 if self.spec.replicas is None else self.spec.replicas


class Deployment(Workload): ...


class ReplicaSet(Workload): ...


class ReplicationController(Workload): ...


class StatefulSet(Workload): ...


class DaemonSet(Workload): ...


class JobSpec(Struct):
    parallelism: int | None = None
    completions: int | None = None
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    suspend: bool | None = False
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class JobStatus(Struct):
    active: int | None = 0
    succeeded: int | None = 0
    failed: int | None = 0
    start_time: Time | None = None
    completion_time: Time | None = None
    conditions: list[Condition] | None = None


class Job(Object):
    spec: JobSpec = msgspec.field(default_factory=JobSpec)
    status: JobStatus = msgspec.field(default_factory=JobStatus)

    def condition(self, type_: str) -> Condition | None:
        return next((c for c in self.status.conditions or () if c.type == type_), None)


class JobTemplate(Struct):
    spec: JobSpec = msgspec.field(default_factory=JobSpec)


class CronJobSpec(Struct):
    schedule: str = ""
    time_zone: str | None = ""
    suspend: bool | None = False
    starting_deadline_seconds: int | None = None
    concurrency_policy: str | None = ""
    job_template: JobTemplate = msgspec.field(default_factory=JobTemplate)


class CronJobStatus(Struct):
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None
    active: list[TypedReference] | None = None


class CronJob(Object):
    spec: CronJobSpec = msgspec.field(default_factory=CronJobSpec)
    status: CronJobStatus = msgspec.field(default_factory=CronJobStatus)


class MetricTarget(Struct):
    type: str = ""
    average_utilization: int | None = None


class ResourceMetric(Struct):
    """`container` is set only where one container is measured instead of the whole pod."""

    name: str = ""
    container: str | None = ""
    target: MetricTarget = msgspec.field(default_factory=MetricTarget)


class Metric(Struct):
    type: str = ""
    resource: ResourceMetric | None = None
    container_resource: ResourceMetric | None = None


class AutoscalerSpec(Struct):
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: list[Metric] | None = None
    scale_target_ref: TypedReference = msgspec.field(default_factory=TypedReference)


class AutoscalerStatus(Struct):
    current_replicas: int | None = 0
    desired_replicas: int | None = 0
    conditions: list[Condition] | None = None


class HorizontalPodAutoscaler(Object):
    spec: AutoscalerSpec = msgspec.field(default_factory=AutoscalerSpec)
    status: AutoscalerStatus = msgspec.field(default_factory=AutoscalerStatus)

    def condition(self, type_: str) -> Condition | None:
        return next((c for c in self.status.conditions or () if c.type == type_), None)


class BudgetSpec(Struct):
    min_available: IntOrString | None = None
    max_unavailable: IntOrString | None = None
    partition: int | None = None
    selector: LabelSelector | None = None


class BudgetStatus(Struct):
    """None: not known, as in a manifest; a table of kubectl has only `disruptions_allowed`."""

    disruptions_allowed: int | None = None
    current_healthy: int | None = None
    desired_healthy: int | None = None
    expected_pods: int | None = None
    conditions: list[Condition] | None = None


class PodDisruptionBudget(Object):
    spec: BudgetSpec = msgspec.field(default_factory=BudgetSpec)
    status: BudgetStatus = msgspec.field(default_factory=BudgetStatus)
