"""The fake API server as a process of its own; it ends by itself.

python -m midwatch.integrations.kubernetes.fake [SITUATION.yaml | --pods N]
"""

import argparse
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

from midwatch.integrations.kubernetes.fake.crowd import crowd
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.fake.server import build_server, write_kubeconfig
from midwatch.integrations.kubernetes.fake.situation import load_situation
from midwatch.integrations.kubernetes.fake.world import FakeCluster
from midwatch.kit import loopback


def main() -> None:
    given = _arguments()
    cluster = _cluster(given)
    taken, url = loopback.listen(given.port)
    if given.kubeconfig:
        write_kubeconfig(given.kubeconfig, url, next(iter(cluster.tokens), ""))
    sys.stdout.write(f"{url}\n")  # the caller reads the address from the first line
    sys.stdout.flush()
    server = build_server(cluster)
    end = threading.Timer(given.seconds, lambda: setattr(server, "should_exit", True))
    end.daemon = True
    end.start()
    # The server ends on SIGTERM and then raises it once more; without a handler the last line would not be written.
    signal.signal(signal.SIGTERM, _stay)
    server.run(sockets=[taken])
    with suppress(BrokenPipeError):  # a caller may have gone once it had the address
        sys.stdout.write(
            f"requests={len(cluster.requests)} writes={len(cluster.writes)} "
            f"bytes={sum(r.sent for r in cluster.requests)}\n"
        )


def _stay(_number: int, _frame: FrameType | None) -> None:
    """The server has heard the signal and is ending by itself."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m midwatch.integrations.kubernetes.fake", description="A Kubernetes API server in memory."
    )
    parser.add_argument(
        "situation", nargs="?", type=Path, help="YAML file with API objects; without it the demonstration is served"
    )
    parser.add_argument("--pods", type=int, default=0, help="serve a crowd of so many pods")
    parser.add_argument("--namespaces", type=int, default=50)
    parser.add_argument("--apps", type=int, default=10, help="in each namespace")
    parser.add_argument("--broken", type=int, default=3)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seconds", type=float, default=600.0, help="ends after so long")
    parser.add_argument("--kubeconfig", type=Path, help="write a kubeconfig for the server here")
    return parser.parse_args()


def _cluster(given: argparse.Namespace) -> FakeCluster:
    if given.pods:
        return crowd(given.pods, given.namespaces, given.broken, apps=given.apps)
    return load_situation(given.situation) if given.situation else demo()


if __name__ == "__main__":
    main()
