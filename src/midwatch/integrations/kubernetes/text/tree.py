"""Describe output as a tree: a line belongs to the nearest line above it that is indented less.

Two things break that order, because kubectl prints them raw: a message or value of several lines, whose later lines
start wherever they like, and key values of a ConfigMap (which are cut out before they come here).
"""

import re
from collections.abc import Iterator, Sequence

# The fields that stand at the edge of some description; anything else there is a further line of the text above.
_FIELDS = (
    "API Version|Access Modes|Action|Active Deadline Seconds|Active Jobs|Address|AddressType|Addresses|Allocatable|"
    "Allocated resources|AllowVolumeExpansion|Allowed disruptions|Annotations|Backoff Limit|Backoff Limit Per "
    "Index|Behavior|"
    "BinaryData|Capacity|Claim|Completed At|Completed Indexes|Completion Mode|Completions|Concurrency "
    "Policy|Conditions|"
    "Containers|Controlled By|Controller|Count|Created on|CreationTimestamp|Current Number of Nodes "
    "Scheduled|Data|DataSource|"
    "Default Backend|Default backend|Deployment pods|Deprecated First Timestamp|Deprecated Last Timestamp|Deprecated "
    "Source|"
    "Description|Desired Number of Nodes Scheduled|Duration|Endpoints|EndsAt|Ephemeral Containers|Event Time|Events|"
    "Eviction Message|External IPs|External Name|External Traffic|External Traffic Policy|Failed Job History "
    "Limit|Features|"
    "Finalizers|First Timestamp|GlobalDefault|HealthCheck NodePort|IP|IP Families|IP Family Policy|IPFamily|IPs|"
    "Image pull secrets|Ingress Class|Init Containers|Internal Traffic Policy|Involved "
    "Object|IsDefaultClass|Kind|Labels|"
    "Last Job|Last Schedule Time|Last Timestamp|Lease|Limits|LoadBalancer Ingress|LoadBalancer Source Ranges|Max "
    "replicas|"
    "Max unavailable|Message|Metadata|Metrics|Min available|Min replicas|MinReadySeconds|Minimum "
    "available|MountOptions|"
    "Mountable secrets|Name|Namespace|Namespaces|NewReplicaSet|No events|Node|Node "
    "Affinity|Node-Selector|Node-Selectors|"
    "NodePort|NominatedNodeName|Non-terminated Pods|Note|Number of Nodes Misscheduled|"
    "Number of Nodes Scheduled with Available Pods|Number of Nodes Scheduled with Up-to-date Pods|OldReplicaSets|"
    "Owner References|Parallelism|Parameters|Pod Failure Policy|Pod Management Policy|Pod Template|PodCIDR|PodCIDRs|"
    "Pods Status|Pods Statuses|Port|Ports|PreemptionPolicy|Priority|Priority Class Name|ProviderID|Provisioner|"
    "Publish Not Ready Addresses|QoS Class|Readiness Gates|Reason|Reclaim "
    "Policy|ReclaimPolicy|Reference|Regarding|Related|"
    "Replace|ReplicaSet pods|Replicas|ReplicationController pods|Reporting Component|Reporting Controller|Reporting "
    "Instance|"
    "Resource Claims|Resource Quotas|Role|Roles|RollingUpdateStrategy|Rules|Runtime Class "
    "Name|Schedule|Scopes|SeccompProfile|"
    "Selector|Series|Service Account|Session Affinity|Source|Spec|Start Time|Starting Deadline Seconds|StatefulSet "
    "pods|"
    "Status|StorageClass|StrategyType|Subjects|Subsets|Successful Job History Limit|Suspend|System "
    "Info|TLS|Taints|TargetPort|"
    "Termination Grace Period|Time Zone|Tokens|Tolerations|Topology Spread Constraints|Traffic Distribution|Type|"
    "Unschedulable|Update Strategy|Used By|Value|Volume|Volume "
    "Claims|VolumeAttributesClass|VolumeBindingMode|VolumeMode|"
    "Volumes|Webhooks"
)
_TOP = frozenset(_FIELDS.split("|"))
_HEADINGS = frozenset(
    ("Containers", "Init Containers", "Ephemeral Containers", "Conditions", "Volumes", "QoS Class", "Events")
)
_ROW = re.compile(r"(?:Normal|Warning) ")
# What comes after a message of several lines: the fields that kubectl prints behind messages, and rows of the event
# table.
_AFTER = re.compile(r" +(?:(?:Exit Code|Signal|Started|Finished|Ready|Restart Count|Last State):|(?:Normal|Warning) )")


class TreeNode:
    """One line: `text` as it stands, `key` and `value` where it is a `key: value` line, and the lines below it."""

    __slots__ = ("children", "indent", "key", "more", "raw", "text", "value")

    def __init__(self, raw: str) -> None:
        self.raw = raw
        text = raw.lstrip()
        self.indent = len(raw) - len(text)
        self.text = text = text.rstrip()
        self.children: list[TreeNode] = []
        self.more: list[str] = []
        head, sep, rest = text.partition(": ")
        if sep:
            self.key, self.value = head, rest.strip()
        elif text.endswith(":"):
            self.key, self.value = text[:-1], ""
        else:
            self.key, self.value = "", text

    def find(self, *keys: str) -> "TreeNode | None":
        for child in self.children:
            if child.key in keys:
                return child
        return None

    def all(self, key: str) -> "list[TreeNode]":
        return [child for child in self.children if child.key == key]

    def get(self, *keys: str) -> str:
        """The value under the first of the keys that is there; "" when none is."""
        found = self.find(*keys)
        return found.full_value if found else ""

    def under(self, *keys: str) -> "list[TreeNode]":
        found = self.find(*keys)
        return found.children if found else []

    @property
    def full_value(self) -> str:
        """The value with the raw lines that followed it."""
        return "\n".join((self.value, *self.more)) if self.more else self.value

    def lines(self) -> list[str]:
        """The value and every line below it: a list that kubectl prints one item a line."""
        own = [self.value] if self.value else []
        return own + [node.text for node in self.walk()]

    def walk(self) -> "Iterator[TreeNode]":
        for child in self.children:
            yield child
            yield from child.walk()

    def block(self) -> list[str]:
        """The lines below in their own indentation, as a script would have them."""
        nodes = list(self.walk())
        left = min((node.indent for node in nodes), default=0)
        return [line for node in nodes for line in (node.raw[left:].rstrip(), *node.more)]


def grow(lines: Sequence[tuple[int, str]]) -> TreeNode:
    """The tree of one object's lines, given with their line numbers."""
    root = TreeNode("")
    root.indent = -1
    path, last, foreign = [root], root, False
    for _, raw in lines:
        node = TreeNode(raw)
        if not node.text:
            continue
        if node.indent == 0 or foreign:
            foreign = last is not root and _foreign(node, last, foreign)
        if foreign:
            last.more.append(raw.rstrip())
            continue
        while path[-1].indent >= node.indent:
            path.pop()
        path[-1].children.append(node)
        # A depth that only an adversary's text has: deeper lines become siblings, so that walking stays shallow.
        if len(path) < 40:
            path.append(node)
        last = node
    return root


def _foreign(node: TreeNode, last: TreeNode, already: bool) -> bool:
    """Whether the line belongs to the raw text above it. In a message any field's name may occur, so only headings end
    it."""
    if node.indent > 0:
        return already and not _AFTER.match(node.raw)
    message = already and last.indent > 0 and (last.key == "Message" or bool(_ROW.match(last.text)))
    return node.key not in (_HEADINGS if message else _TOP)
