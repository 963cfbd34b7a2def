"""Services, routes, policies and webhooks: what must be said, and when to be silent."""

import pytest

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.domain.finding import CausalRole, Confidence
from tests.integrations.kubernetes.network_world import Thing, deployment, event, pod, service, stated, thing, told
from tests.integrations.kubernetes.situation import evidence

WEB_PORT = [{"containerPort": 8080, "name": "http", "protocol": "TCP"}]


def web(**more: object) -> Thing:
    return pod("web-1", "web", ports=WEB_PORT, **more)  # type: ignore[arg-type]


def test_a_mistyped_selector_names_the_workload_it_was_meant_for():
    (found,) = stated(service("web", "wbe", target=8080), deployment("web"), deployment("cart"), web())
    assert (found.code, found.role) == ("K8S-501", CausalRole.CAUSE)
    assert "app=wbe" in found.message
    assert "deployment/web" in found.message
    assert "app=web" in found.message


def test_a_selector_like_no_workload_names_none():
    assert told(service("payments", "nobody"), deployment("web"), web()) == ["K8S-509"]


def test_a_service_is_silent_when_pods_were_not_read():
    assert told(service("post", "mail"), deployment("web"), unknown=("pods",)) == []
    assert told(service("web", "web"), deployment("web"), unknown=("pods",)) == []


def test_a_template_decides_where_pods_were_not_read():
    assert told(service("web", "wbe"), deployment("web"), unknown=("pods",)) == ["K8S-501"]


def test_a_healthy_service_is_silent():
    listed = thing(
        "EndpointSlice",
        "web-x",
        meta={"labels": {"kubernetes.io/service-name": "web"}},
        endpoints=[{"addresses": ["10.1.0.7"]}],
    )
    assert told(service("web", "web", target="http"), web(), listed) == []


def test_unready_pods_are_the_fault_of_their_owner():
    unready = web(ready=False, owner="StatefulSet/web")
    (found,) = (f for f in stated(service("web", "web", target=8080), unready) if f.code.startswith("K8S-5"))
    assert (found.code, found.role) == ("K8S-503", CausalRole.SYMPTOM)
    assert [str(p) for p in found.peers] == ["StatefulSet shop/web"]


def test_pods_that_have_just_started_are_no_outage():
    young = web(ready=False, created="2026-11-21T01:59:30Z")
    assert told(service("web", "web", target=8080), young) == []


def test_a_scaled_down_workload_is_the_cause_and_its_service_the_symptom():
    found = {f.code: f for f in stated(service("web", "web"), deployment("web", replicas=0))}
    assert sorted(found) == ["K8S-504", "K8S-604"]
    assert [str(p) for p in found["K8S-504"].peers] == ["Deployment shop/web"]
    assert found["K8S-604"].role is CausalRole.CAUSE


def test_blue_and_green_need_not_both_run():
    blue = deployment("blue", replicas=0)
    blue["spec"]["template"]["metadata"]["labels"] = {"app": "web", "colour": "blue"}
    assert told(service("web", "web", target=8080), blue, web()) == ["K8S-605"]


def test_a_workload_without_pods_stands_behind_its_service():
    assert "K8S-505" in told(service("web", "web"), deployment("web", status={"replicas": 0, "observedGeneration": 1}))


def test_services_that_others_serve_are_silent():
    kubernetes = service("kubernetes")
    kubernetes["metadata"]["namespace"] = "default"
    outside = service("db", type="ExternalName", externalName="db.example")
    database = service("database")
    addresses = thing("Endpoints", "database", subsets=[{"addresses": [{"ip": "192.0.2.1"}]}])
    assert told(kubernetes, outside, database, addresses) == []


def test_a_service_without_selector_needs_addresses():
    assert told(service("database")) == ["K8S-506"]


def test_ready_pods_that_are_not_published():
    empty = thing("EndpointSlice", "web-x", meta={"labels": {"kubernetes.io/service-name": "web"}}, endpoints=[])
    assert told(service("web", "web", target=8080), web(), empty) == ["K8S-508"]


@pytest.mark.parametrize(("started", "codes"), [("2026-11-21T01:59:30Z", []), ("2026-11-21T01:30:00Z", ["K8S-508"])])
def test_a_pod_that_was_just_restarted_is_not_published_yet(started: str, codes: list[str]):
    """Its description has no times of conditions, and the endpoints may have been read while it was down."""
    empty = thing("EndpointSlice", "web-x", meta={"labels": {"kubernetes.io/service-name": "web"}}, endpoints=[])
    restarted = web()
    restarted["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    running = {"name": "app", "ready": True, "restartCount": 2, "state": {"running": {"startedAt": started}}}
    restarted["status"]["containerStatuses"] = [running]
    found = told(service("web", "web", target=8080), restarted, empty)
    assert [code for code in found if code == "K8S-508"] == codes


def test_each_warning_on_a_service_is_one_finding():
    one = service("web", "web", target=8080, type="LoadBalancer")
    warnings = [event(one, "SyncLoadBalancerFailed", "no subnet"), event(one, "FailedToUpdateEndpoint", "conflict")]
    assert told(one, web(), *warnings) == ["K8S-512", "K8S-513"]


def test_a_port_nobody_opens_is_sure_only_when_a_caller_was_refused():
    wrong = service("web", "web", target=9090)
    (found,) = stated(wrong, web())
    assert (found.code, found.confidence) == ("K8S-514", Confidence.MEDIUM)
    log = {("shop", "front-1", "app"): "ok\ndial tcp: connect to web:80: connection refused\n"}
    (found,) = stated(wrong, web(), pod("front-1", "front"), logs=log)
    assert found.confidence is Confidence.HIGH


@pytest.mark.parametrize("target", [8080, "8080", "http"])
def test_ports_that_fit_are_silent(target: int | str):
    assert told(service("web", "web", target=target), web()) == []


def test_an_undeclared_port_is_silent_where_nothing_is_declared_or_a_probe_proves_it():
    assert told(service("web", "web", target=9090), pod("web-1", "web")) == []
    probed = pod("web-1", "web", ports=WEB_PORT, container={"readinessProbe": {"tcpSocket": {"port": 9090}}})
    assert told(service("web", "web", target=9090), probed) == []


def test_port_names_and_protocols_must_agree():
    assert told(service("web", "web", target="grpc"), web()) == ["K8S-515"]
    udp = pod("web-1", "web", ports=[{"containerPort": 8080, "name": "http", "protocol": "UDP"}])
    assert told(service("web", "web", target=8080), udp) == ["K8S-516"]


def test_a_selector_too_wide_sends_to_strangers():
    tier = service("web", "web", target=8080)
    stranger = pod("job-1", "web", ports=[{"containerPort": 7000}], owner="StatefulSet/job")
    assert told(tier, web(owner="StatefulSet/web"), stranger) == ["K8S-517"]


def ingress(port: Thing, *, name: str = "web", class_: str = "nginx", **spec: object) -> Thing:
    paths = [{"path": "/", "backend": {"service": {"name": name, "port": port}}}]
    return thing("Ingress", "shop", spec={"ingressClassName": class_, "rules": [{"http": {"paths": paths}}], **spec})


NGINX = thing("IngressClass", "nginx", namespace="", spec={"controller": "example/nginx"})


def test_an_ingress_needs_class_service_port_and_certificate():
    base = (service("web", "web", target=8080), web())
    assert told(*base, NGINX, ingress({"number": 80})) == []
    assert told(*base, NGINX, ingress({"number": 81})) == ["K8S-521"]
    assert told(*base, NGINX, ingress({"number": 80}, name="ghost")) == ["K8S-520"]
    assert told(*base, ingress({"number": 80})) == ["K8S-523"]
    assert told(*base, NGINX, ingress({"number": 80}, class_="")) == ["K8S-522"]
    assert told(*base, NGINX, ingress({})) == ["K8S-529"]
    assert told(*base, NGINX, ingress({"name": "use-annotation"})) == []
    assert told(*base, NGINX, ingress({"number": 80}, tls=[{"secretName": "cert"}])) == ["K8S-524"]


def test_an_ingress_with_an_address_is_served_whatever_classes_are_listed():
    served = ingress({"number": 80}) | {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}
    assert told(service("web", "web", target=8080), web(), served) == []


def test_an_ingress_whose_service_has_no_endpoints_is_its_symptom():
    found = stated(service("web", "webb", target=8080), web(), NGINX, ingress({"number": 80}))
    assert sorted(f.code for f in found) == ["K8S-501", "K8S-537"]
    (symptom,) = [f for f in found if f.code == "K8S-537"]
    assert [p.name for p in symptom.peers] == ["web"] and "HTTP 503" in symptom.message


def test_what_a_load_balancer_says_of_an_ingress():
    refused = ingress({"number": 80}) | {
        "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1", "ports": [{"port": 80, "error": "quota"}]}]}}
    }
    (found,) = stated(service("web", "web", target=8080), web(), NGINX, refused)
    assert (found.code, found.facts["said"]) == ("K8S-528", "quota")
    fine = ingress({"number": 80}) | {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}}
    assert told(service("web", "web", target=8080), web(), NGINX, fine) == []


def test_secrets_nobody_read_are_missed_only_when_an_event_says_so():
    base = (service("web", "web", target=8080), web(), NGINX)
    one = ingress({"number": 80}, tls=[{"secretName": "cert"}])
    assert told(*base, one, unknown=("secrets",)) == []
    warning = event(one, "Sync", 'secret "shop/cert" not found: cert')
    assert told(*base, one, warning, unknown=("secrets",)) == ["K8S-524"]


def test_routes_of_the_gateway_api():
    refs = [
        {"name": "ghost", "port": 80},
        {"name": "web", "port": 81},
        {"name": "bucket", "kind": "Bucket", "group": "x"},
        "nonsense",
    ]
    route = thing("HTTPRoute", "shop", spec={"parentRefs": [{"name": "gate"}], "rules": [{"backendRefs": refs}, None]})
    assert told(route, service("web", "web", target=8080), web()) == ["K8S-530", "K8S-531", "K8S-534"]


def test_a_gateway_needs_its_class_and_a_mesh_route_its_service():
    gate = thing("Gateway", "gate", spec={"gatewayClassName": "fast"})
    assert told(gate) == ["K8S-535"]
    assert told(gate, thing("GatewayClass", "fast", namespace="")) == []
    assert told(gate, unknown=("gatewayclasses",)) == []
    route = thing("HTTPRoute", "shop", spec={"parentRefs": [{"kind": "Service", "name": "web"}]})
    assert told(route) == ["K8S-536"]
    assert told(route, service("web", "web", target=8080), web()) == []


def test_conditions_of_the_gateway_api():
    refused = {
        "type": "Accepted",
        "status": "False",
        "reason": "NoMatchingListenerHostname",
        "message": "no listener fits",
    }
    status = {"parents": [{"parentRef": {"name": "gate"}, "conditions": [refused]}]}
    route = thing("HTTPRoute", "shop", spec={"parentRefs": [{"name": "gate"}]}, status=status)
    dead = {"type": "Programmed", "status": "False", "reason": "AddressNotAssigned", "message": "no address"}
    assert told(route, thing("Gateway", "gate", status={"conditions": [dead]})) == ["K8S-532", "K8S-533"]


def policy(name: str = "fence", **spec: object) -> Thing:
    return thing("NetworkPolicy", name, spec={"podSelector": {"matchLabels": {"app": "web"}}, **spec})


def test_a_policy_for_nobody():
    assert told(policy(ingress=[{}])) == ["K8S-540"]
    assert told(policy(ingress=[{}]), web()) == []


@pytest.mark.parametrize(
    ("peer", "lost"),
    [
        ({"podSelector": {"matchLabels": {"app": "ghost"}}}, "from pods with app=ghost in shop"),
        ({"namespaceSelector": {"matchLabels": {"team": "ghost"}}}, "from namespaces with team=ghost"),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}},
            "from namespaces with team Exists",
        ),
        (
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                "podSelector": {"matchLabels": {"app": "x"}},
            },
            "from pods with app=x in shop",
        ),
        ({"podSelector": {"matchLabels": {"app": "web"}}}, ""),
        ({"podSelector": {"matchLabels": {"job": "sync"}}}, ""),
        ({"namespaceSelector": {}}, ""),
        ({"podSelector": {}}, ""),
        ({"ipBlock": {"cidr": "192.0.2.0/24"}}, ""),
    ],
)
def test_peers_of_a_policy_that_are_not_there(peer: Thing, lost: str):
    """Pods of a Job come and go; a block of addresses lies outside."""
    job = thing("Job", "sync", spec={"template": {"metadata": {"labels": {"job": "sync"}}}}, status={"active": 1})
    found = stated(policy(ingress=[{"from": [peer]}]), web(), job, thing("Namespace", "shop", namespace=""))
    assert [(f.code, f.facts["unmatched_peers"]) for f in found] == ([("K8S-546", lost)] if lost else [])


DNS_RULE = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}


def test_denied_dns_is_a_cause_only_with_a_failed_look_up():
    closed = policy(policyTypes=["Egress"])
    (risk,) = stated(closed, web())
    assert (risk.code, risk.role) == ("K8S-542", CausalRole.RISK)
    log = {("shop", "web-1", "app"): "start\nlookup db on 10.96.0.10:53: i/o timeout\n"}
    (cause,) = stated(closed, web(), logs=log)
    assert (cause.code, cause.role) == ("K8S-541", CausalRole.CAUSE)
    assert told(policy(policyTypes=["Egress"], egress=[DNS_RULE]), web(), logs=log) == []


def test_policies_add_up():
    assert told(policy(policyTypes=["Egress"]), policy("dns", policyTypes=["Egress"], egress=[DNS_RULE]), web()) == []


FRONT = pod("front-1", "front", container={"env": [{"name": "WEB", "value": "http://web:80/"}]})
TIMED_OUT = {("shop", "front-1", "app"): "GET http://web:80/: i/o timeout\n"}


def test_a_shut_out_caller_is_a_risk_until_it_times_out():
    fence = policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "other"}}}]}])
    base = (service("web", "web", target=8080), web(), FRONT, pod("other-1", "other"), fence)
    assert told(*base) == ["K8S-545"]
    assert told(*base, logs=TIMED_OUT) == ["K8S-544"]


def test_an_admitted_caller_that_times_out_has_another_reason():
    fence = policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "front"}}}], "ports": [{"port": 8080}]}])
    assert told(service("web", "web", target=8080), web(), FRONT, fence, logs=TIMED_OUT) == []


def test_a_policy_judges_the_port_of_the_pod():
    fence = policy(ingress=[{"ports": [{"port": 80}]}])
    assert told(service("web", "web", target=8080), web(), FRONT, fence, logs=TIMED_OUT) == ["K8S-544"]


def test_egress_that_leads_elsewhere():
    fence = policy(policyTypes=["Egress"], egress=[DNS_RULE])
    fence["spec"]["podSelector"] = {"matchLabels": {"app": "front"}}
    assert told(service("web", "web", target=8080), web(), FRONT, fence, logs=TIMED_OUT) == ["K8S-543"]


def test_a_service_without_addresses_where_the_pods_were_not_read():
    empty = thing("Endpoints", "web", subsets=[])
    assert told(service("web", "web"), empty, unknown=("pods",)) == ["K8S-507"]


@pytest.mark.parametrize(("failure", "code"), [("Fail", "K8S-550"), ("", "K8S-550"), ("Ignore", "K8S-552")])
def test_a_webhook_without_service(failure: str, code: str):
    hook = {
        "name": "check.example",
        "failurePolicy": failure,
        "clientConfig": {"service": {"name": "ghost", "namespace": "shop"}},
    }
    assert told(thing("ValidatingWebhookConfiguration", "guard", namespace="", webhooks=[hook, hook])) == [code]


def test_a_webhook_whose_pods_are_not_ready():
    hook = {
        "name": "check.example",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {"name": "web", "namespace": "shop"}},
    }
    guard = thing("MutatingWebhookConfiguration", "guard", namespace="", webhooks=[hook])
    base = (guard, service("web", "web", target=8080))
    assert told(*base, web(ready=False)) == ["K8S-503", "K8S-551"]
    scaled = deployment("web", replicas=0)
    analysis = analyse(evidence([*base, scaled]))
    (chain,) = chains(analysis.findings, analysis.links)
    assert (chain.root.code, {f.code for f in chain.explains}) == ("K8S-604", {"K8S-504", "K8S-551"})
    hook["failurePolicy"] = "Ignore"
    assert told(*base, web(ready=False)) == ["K8S-503", "K8S-553"]
    assert told(*base, web()) == []
