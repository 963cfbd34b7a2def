import msgspec

from midwatch.integrations.kubernetes.objects.meta import (
    Condition,
    Expression,
    IntOrString,
    LabelSelector,
    LocalReference,
    Object,
    Quantities,
    Struct,
    Time,
)


class KeyReference(Struct):
    """A key of a ConfigMap or Secret; `optional` True means that its absence is no fault."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


class FieldReference(Struct):
    field_path: str = ""


class EnvSource(Struct):
    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None
    field_ref: FieldReference | None = None


class Env(Struct):
    name: str = ""
    value: str | None = ""
    value_from: EnvSource | None = None


class EnvFrom(Struct):
    prefix: str | None = ""
    config_map_ref: KeyReference | None = None
    secret_ref: KeyReference | None = None


class Port(Struct):
    name: str | None = ""
    container_port: int = 0
    host_port: int | None = None
    protocol: str = "TCP"


class ResourceRequirements(Struct):
    requests: Quantities | None = None
    limits: Quantities | None = None


class HttpGet(Struct):
    path: str | None = ""
    port: IntOrString = 0
    scheme: str | None = ""
    host: str | None = ""


class PortCheck(Struct):
    port: IntOrString = 0
    service: str | None = ""


class Exec(Struct):
    command: list[str] | None = None


class Probe(Struct):
    http_get: HttpGet | None = None
    tcp_socket: PortCheck | None = None
    grpc: PortCheck | None = None
    exec: Exec | None = None
    initial_delay_seconds: int | None = 0
    timeout_seconds: int | None = 1
    period_seconds: int | None = 10
    success_threshold: int | None = 1
    failure_threshold: int | None = 3


class VolumeMount(Struct):
    name: str = ""
    mount_path: str = ""
    sub_path: str | None = ""
    read_only: bool | None = False


class SecurityContext(Struct):
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    privileged: bool | None = None
    fs_group: int | None = None


class Container(Struct):
    name: str = ""
    image: str | None = ""
    image_pull_policy: str | None = ""
    command: list[str] | None = None
    args: list[str] | None = None
    working_dir: str | None = ""
    env: list[Env] | None = None
    env_from: list[EnvFrom] | None = None
    ports: list[Port] | None = None
    resources: ResourceRequirements = msgspec.field(default_factory=ResourceRequirements)
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    volume_mounts: list[VolumeMount] | None = None
    security_context: SecurityContext | None = None
    restart_policy: str | None = ""


class KeyToPath(Struct):
    key: str = ""
    path: str = ""


class ConfigMapVolume(Struct):
    name: str | None = ""
    items: list[KeyToPath] | None = None
    optional: bool | None = None


class SecretVolume(Struct):
    secret_name: str | None = ""
    name: str | None = ""  # projected sources spell it so
    items: list[KeyToPath] | None = None
    optional: bool | None = None


class ClaimVolume(Struct):
    claim_name: str = ""
    read_only: bool | None = False


class EmptyDir(Struct):
    medium: str | None = ""
    size_limit: IntOrString | None = None


class HostPath(Struct):
    path: str = ""
    type: str | None = ""


class Projection(Struct):
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None


class Projected(Struct):
    sources: list[Projection] | None = None


class Volume(Struct):
    name: str = ""
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None
    projected: Projected | None = None


class NodeSelectorTerm(Struct):
    match_expressions: list[Expression] | None = None
    match_fields: list[Expression] | None = None


class NodeSelector(Struct):
    node_selector_terms: list[NodeSelectorTerm] | None = None


class NodeAffinity(Struct):
    required: NodeSelector | None = msgspec.field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class PodAffinityTerm(Struct):
    label_selector: LabelSelector | None = None
    topology_key: str = ""
    namespaces: list[str] | None = None


class PodAffinity(Struct):
    required: list[PodAffinityTerm] | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(Struct):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class Toleration(Struct):
    key: str | None = ""
    operator: str | None = ""
    value: str | None = ""
    effect: str | None = ""
    toleration_seconds: int | None = None


class SpreadConstraint(Struct):
    topology_key: str = ""
    max_skew: int = 1
    when_unsatisfiable: str = ""
    label_selector: LabelSelector | None = None


class DnsConfig(Struct):
    nameservers: list[str] | None = None


class PodSpec(Struct):
    containers: list[Container] = msgspec.field(default_factory=list[Container])
    init_containers: list[Container] | None = None
    node_name: str | None = ""
    node_selector: dict[str, str] | None = None
    affinity: Affinity | None = None
    tolerations: list[Toleration] | None = None
    topology_spread_constraints: list[SpreadConstraint] | None = None
    scheduler_name: str | None = ""
    scheduling_gates: list[LocalReference] | None = None
    service_account_name: str | None = ""
    image_pull_secrets: list[LocalReference] | None = None
    volumes: list[Volume] | None = None
    restart_policy: str | None = ""
    priority_class_name: str | None = ""
    host_network: bool | None = False
    dns_policy: str | None = ""
    dns_config: DnsConfig | None = None
    security_context: SecurityContext | None = None
    active_deadline_seconds: int | None = None
    termination_grace_period_seconds: int | None = None

    @property
    def all_containers(self) -> list[Container]:
        return [*(self.init_containers or ()), *self.containers]


class Waiting(Struct):
    reason: str | None = ""
    message: str | None = ""


class Running(Struct):
    started_at: Time | None = None


class Terminated(Struct):
    exit_code: int = 0
    signal: int | None = None
    reason: str | None = ""
    message: str | None = ""
    started_at: Time | None = None
    finished_at: Time | None = None


class State(Struct):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Struct):
    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    state: State = msgspec.field(default_factory=State)
    last_state: State = msgspec.field(default_factory=State)

    @property
    def is_stable(self) -> bool:
        """Ready, and never ended: as nearly all containers are."""
        return self.ready and not (self.state.waiting or self.state.terminated or self.last_state.terminated)


class PodStatus(Struct):
    phase: str | None = ""
    reason: str | None = ""
    message: str | None = ""
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    start_time: Time | None = None
    pod_ip: str | None = msgspec.field(default="", name="podIP")
    qos_class: str | None = ""
    nominated_node_name: str | None = ""


class Pod(Object):
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    def condition(self, type_: str) -> Condition | None:
        for condition in self.status.conditions or ():
            if condition.type == type_:
                return condition
        return None

    def container(self, name: str) -> Container | None:
        return next((c for c in self.spec.all_containers if c.name == name), None)

    @property
    def statuses(self) -> list[ContainerStatus]:
        """Init containers first: what stops them stops all that come after."""
        return [*(self.status.init_container_statuses or ()), *(self.status.container_statuses or ())]

    @property
    def ready(self) -> bool:
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"

    @property
    def is_finished(self) -> bool:
        return self.status.phase in ("Succeeded", "Failed")


class PodTemplate(Struct):
    metadata: "TemplateMetadata" = msgspec.field(default_factory=lambda: TemplateMetadata())
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


class TemplateMetadata(Struct):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
