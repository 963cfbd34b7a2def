import msgspec

from midwatch.integrations.kubernetes.objects.meta import (
    Anything,
    IntOrString,
    LabelSelector,
    LocalReference,
    Object,
    Struct,
    TypedReference,
)


class ServicePort(Struct):
    name: str | None = ""
    port: int = 0
    target_port: IntOrString | None = None
    node_port: int | None = None
    protocol: str = "TCP"
    app_protocol: str | None = ""


class ServiceSpec(Struct):
    type: str | None = ""
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    cluster_ip: str | None = msgspec.field(default="", name="clusterIP")
    external_name: str | None = ""
    publish_not_ready_addresses: bool | None = False


class Service(Object):
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)


class EndpointConditions(Struct):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Struct):
    addresses: list[str] | None = None
    conditions: EndpointConditions = msgspec.field(default_factory=EndpointConditions)
    target_ref: TypedReference | None = None


class EndpointPort(Struct):
    name: str | None = ""
    port: int | None = None
    protocol: str | None = ""


class EndpointSlice(Object):
    endpoints: list[Endpoint] | None = None
    ports: list[EndpointPort] | None = None


class EndpointAddress(Struct):
    ip: str = ""
    target_ref: TypedReference | None = None


class EndpointSubset(Struct):
    addresses: list[EndpointAddress] | None = None
    not_ready_addresses: list[EndpointAddress] | None = None
    ports: list[EndpointPort] | None = None


class Endpoints(Object):
    subsets: list[EndpointSubset] | None = None


class BackendPort(Struct):
    name: str | None = ""
    number: int | None = None


class ServiceBackend(Struct):
    name: str = ""
    port: BackendPort = msgspec.field(default_factory=BackendPort)


class Backend(Struct):
    service: ServiceBackend | None = None
    resource: TypedReference | None = None


class HttpPath(Struct):
    path: str | None = ""
    path_type: str | None = ""
    backend: Backend = msgspec.field(default_factory=Backend)


class HttpRule(Struct):
    paths: list[HttpPath] | None = None


class IngressRule(Struct):
    host: str | None = ""
    http: HttpRule | None = None


class IngressTls(Struct):
    hosts: list[str] | None = None
    secret_name: str | None = ""


class IngressSpec(Struct):
    ingress_class_name: str | None = None
    default_backend: Backend | None = None
    rules: list[IngressRule] | None = None
    tls: list[IngressTls] | None = None


class PortStatus(Struct):
    port: int = 0
    protocol: str = ""
    error: str | None = ""


class LoadBalancerIngress(Struct):
    ip: str | None = ""
    hostname: str | None = ""
    ports: list[PortStatus] | None = None


class LoadBalancerStatus(Struct):
    ingress: list[LoadBalancerIngress] | None = None


class IngressStatus(Struct):
    load_balancer: LoadBalancerStatus = msgspec.field(default_factory=LoadBalancerStatus)


class Ingress(Object):
    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)
    status: IngressStatus = msgspec.field(default_factory=IngressStatus)


class IngressClassSpec(Struct):
    controller: str | None = ""


class IngressClass(Object):
    spec: IngressClassSpec = msgspec.field(default_factory=IngressClassSpec)


class IpBlock(Struct):
    cidr: str = ""


class Peer(Struct):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(Struct):
    port: IntOrString | None = None
    end_port: int | None = None
    protocol: str | None = ""


class IngressPolicyRule(Struct):
    from_: list[Peer] | None = msgspec.field(default=None, name="from")
    ports: list[PolicyPort] | None = None


class EgressPolicyRule(Struct):
    to: list[Peer] | None = None
    ports: list[PolicyPort] | None = None


class NetworkPolicySpec(Struct):
    pod_selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[IngressPolicyRule] | None = None
    egress: list[EgressPolicyRule] | None = None


class NetworkPolicy(Object):
    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)


class WebhookService(Struct):
    name: str = ""
    namespace: str = ""
    path: str | None = ""
    port: int | None = None


class WebhookClient(Struct):
    service: WebhookService | None = None
    url: str | None = ""


class Webhook(Struct):
    name: str = ""
    client_config: WebhookClient = msgspec.field(default_factory=WebhookClient)
    failure_policy: str | None = ""
    timeout_seconds: int | None = None
    namespace_selector: LabelSelector | None = None


class ValidatingWebhookConfiguration(Object):
    webhooks: list[Webhook] | None = None


class MutatingWebhookConfiguration(Object):
    webhooks: list[Webhook] | None = None


class Gateway(Object):
    spec: Anything | None = None
    status: Anything | None = None


class GatewayClass(Object):
    status: Anything | None = None


class HTTPRoute(Object):
    spec: Anything | None = None
    status: Anything | None = None


class ServiceAccount(Object):
    secrets: list[LocalReference] | None = None
    image_pull_secrets: list[LocalReference] | None = None
