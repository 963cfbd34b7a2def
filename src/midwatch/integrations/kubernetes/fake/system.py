"""The pods every cluster runs for itself, all of them well."""

from midwatch.integrations.kubernetes.fake.apps import App, deploy, record
from midwatch.integrations.kubernetes.fake.naming import ago, letters, managed_fields, owner, stamp, uid
from midwatch.integrations.kubernetes.fake.pods import Making, Thing, pod
from midwatch.integrations.kubernetes.fake.runs import healthy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.fake.services import publish

_SPACE, _AGE = "kube-system", 12 * 86400.0
_DNS_LOG = (
    ".:53\n[INFO] plugin/reload: Running configuration SHA512 = 1c6489e2\nCoreDNS-1.12.3\nlinux/amd64, go1.26.4\n"
)
_PROXY_LOG = 'I0101 00:00:00.000000       1 server_linux.go:132] "Using iptables Proxier"\n'


def populate(scene: Scene) -> None:
    resolvers = deploy(
        scene,
        App(
            name="coredns",
            namespace=_SPACE,
            image="registry.k8s.io/coredns/coredns:v1.12.3",
            replicas=2,
            port=53,
            requests={"cpu": "100m", "memory": "70Mi"},
            limits={"memory": "170Mi"},
            fault=healthy(_DNS_LOG, cpu="3m", memory="19Mi"),
            age=_AGE,
            service=False,
            label=("k8s-app", "kube-dns"),
        ),
    )
    publish(scene, _SPACE, "kube-dns", {"k8s-app": "kube-dns"}, 53, resolvers, _AGE, "10.96.0.10")
    deploy(
        scene,
        App(
            name="metrics-server",
            namespace=_SPACE,
            image="registry.k8s.io/metrics-server/metrics-server:v0.8.0",
            port=10250,
            requests={"cpu": "100m", "memory": "200Mi"},
            fault=healthy("Serving securely on [::]:10250\n", cpu="5m", memory="31Mi"),
            age=_AGE,
        ),
    )
    _proxies(scene)
    _api_service(scene)
    _classes(scene)


def _classes(scene: Scene) -> None:
    """The two priorities every cluster has, and a default class of storage."""
    for name, value in (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)):
        text = f"Used for system critical pods that must run in the cluster ({name.split('-')[1]})."
        head: Thing = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name, "generation": 1},
        }
        head["metadata"] |= {"uid": uid("PriorityClass", name), "creationTimestamp": stamp(ago(scene.now, scene.age))}
        scene.add(head | {"value": value, "description": text, "preemptionPolicy": "PreemptLowerPriority"})
    meta: Thing = {
        "name": "standard",
        "uid": uid("StorageClass", "standard"),
        "creationTimestamp": stamp(ago(scene.now, scene.age)),
    }
    meta["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    body = {"provisioner": "csi.example.com", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer"}
    scene.add(
        {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta}
        | body
        | {"allowVolumeExpansion": True}
    )


def _api_service(scene: Scene) -> None:
    """The service of the API server itself, which no selector stands behind."""
    space, name, port = "default", "kubernetes", {"name": "https", "port": 443, "protocol": "TCP"}
    labels = {"component": "apiserver", "provider": "kubernetes"}
    spec: Thing = {
        "clusterIP": "10.96.0.1",
        "clusterIPs": ["10.96.0.1"],
        "type": "ClusterIP",
        "sessionAffinity": "None",
    }
    spec |= {
        "ports": [port | {"targetPort": 6443}],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    reached = {"name": "https", "port": 6443, "protocol": "TCP"}
    meta = scene.meta("Service", space, name, None, labels)
    scene.add({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec, "status": {"loadBalancer": {}}})
    meta = scene.meta("Endpoints", space, name, None, {"endpointslice.kubernetes.io/skip-mirror": "true"})
    subset: Thing = {"addresses": [{"ip": "10.0.0.2"}], "ports": [reached]}
    scene.add({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": [subset]})
    meta = scene.meta("EndpointSlice", space, name, None, {"kubernetes.io/service-name": name})
    endpoint: Thing = {"addresses": ["10.0.0.2"], "conditions": {"ready": True}}
    head: Thing = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta,
        "addressType": "IPv4",
    }
    scene.add(head | {"endpoints": [endpoint], "ports": [reached]})


def _proxies(scene: Scene) -> None:
    """kube-proxy: a DaemonSet with one pod on each node."""
    name, labels = "kube-proxy", {"k8s-app": "kube-proxy"}
    hash_ = letters(10, "revision", name)
    container: Thing = {
        "name": name,
        "image": "registry.k8s.io/kube-proxy:v1.34.2",
        "command": ["/usr/local/bin/kube-proxy"],
    }
    container |= {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    spec: Thing = {
        "containers": [container],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
    }
    spec |= {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "hostNetwork": True,
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    spec |= {"tolerations": [{"operator": "Exists"}]}
    template: Thing = {"metadata": {"labels": labels}, "spec": spec}
    for machine in scene.machines:
        made = Making(
            namespace=_SPACE,
            name=f"{name}-{letters(5, 'pod', name, machine.name)}",
            generate=f"{name}-",
            labels=labels | {"controller-revision-hash": hash_, "pod-template-generation": "1"},
            owner=owner("apps/v1", "DaemonSet", name, uid("DaemonSet", _SPACE, name)),
            template=template,
            node=machine.name,
            node_ip=machine.ip,
            age=_AGE,
            now=scene.now,
        )
        runs = [healthy(_PROXY_LOG, cpu="1m", memory="14Mi")(made.spot(container))]
        built = pod(made, runs)
        built["status"] |= {"podIP": machine.ip, "podIPs": [{"ip": machine.ip}]}
        record(scene, built, runs)
        scene.add(built)
    scene.add(_daemon_set(scene, name, labels, template))


def _daemon_set(scene: Scene, name: str, labels: dict[str, str], template: Thing) -> Thing:
    meta = scene.meta("DaemonSet", _SPACE, name, _AGE, labels) | {"generation": 1}
    meta["annotations"] = {"deprecated.daemonset.template.generation": "1"}
    count = len(scene.machines)
    numbers = (
        "currentNumberScheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    status: Thing = dict.fromkeys(numbers, count) | {"numberMisscheduled": 0, "observedGeneration": 1}
    update = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    spec = {
        "selector": {"matchLabels": labels},
        "template": template,
        "updateStrategy": update,
        "revisionHistoryLimit": 10,
    }
    built: Thing = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec, "status": status}
    meta["managedFields"] = [managed_fields(built, "kubeadm", ago(scene.now, _AGE), "spec")]
    return built
