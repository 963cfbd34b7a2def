"""Failed connections and DNS lookups in the callers' logs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod

_NEWEST = 400  # lines of one log; a persistent fault repeats


class FailedConnection(Enum):
    """In the order in which they are tried: a failed DNS lookup often ends in a timeout, too."""

    NAME = re.compile(
        r"temporary failure in name resolution|no such host|name or service not known|could not resolve "
        r"host|getaddrinfo|EAI_AGAIN"
        r"|ENOTFOUND|UnknownHostException|name resolution|nodename nor servname|\blookup \S+( on \S+)?:|server "
        r"misbehaving",
        re.IGNORECASE,
    )
    REFUSED = re.compile(r"connection refused|ECONNREFUSED", re.IGNORECASE)
    TIMEOUT = re.compile(
        r"i/o timeout|timed? ?out|ETIMEDOUT|deadline exceeded|no route to host|EHOSTUNREACH|network is unreachable",
        re.IGNORECASE,
    )


# Lower-case texts, one of which is in every line about a failure. Most logs contain none and are not read line by line.
_HINTS = (
    *("name resolution", "no such host", "service not known", "resolve host", "getaddrinfo", "eai_again", "enotfound"),
    *(
        "unknownhost",
        "nodename nor",
        "lookup ",
        "misbehaving",
        "refused",
        "timeout",
        "timed out",
        "time out",
        "timedout",
    ),
    *("deadline exceeded", "no route to", "ehostunreach", "is unreachable"),
)


@dataclass(frozen=True)
class NameMiss:
    """One line of a pod's log about a failed connection or DNS lookup."""

    failure: FailedConnection
    pod: Pod
    log: LogLines
    line: str

    def names(self, service: Service) -> bool:
        """Whether the line is about the Service: by its name as a host, or by its address."""
        address = service.spec.cluster_ip or ""
        if (
            address not in ("", "None")
            and address in self.line
            and re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", self.line)
        ):
            return True
        if service.name not in self.line:  # an expression for each name is dear to make
            return False
        host = re.search(rf"(?<![\w.-]){re.escape(service.name)}(?P<rest>\.[\w-]+)?(?![\w-])", self.line)
        if host is None:
            return False
        elsewhere = host["rest"] is not None and host["rest"] != f".{service.namespace}"
        return not elsewhere and (host["rest"] is not None or self.pod.namespace == service.namespace)


@fact
def misses(cluster: Cluster) -> Sequence[NameMiss]:
    """Of all logs, computed once for all analyzers."""
    return tuple(_misses(cluster))


def _misses(cluster: Cluster) -> Iterator[NameMiss]:
    for log in cluster.logs():
        pod = cluster.get(Pod, log.namespace, log.name)
        if pod is None or not _telling(log.text):
            continue
        for line in log.text.splitlines()[-_NEWEST:]:
            failure = next((f for f in FailedConnection if f.value.search(line)), None) if _telling(line) else None
            if failure:
                yield NameMiss(failure, pod, log, line)


def _telling(text: str) -> bool:
    """False for a line, or a whole log, without any failure text.

    Beyond ASCII there are letters that the expressions take for another one of a different case (K for k): there all is
    read.
    """
    if not text.isascii():
        return True
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)
