"""A Kubernetes API server in memory that speaks the real HTTP API: for tests, the demonstration and measurements."""

from midwatch.integrations.kubernetes.fake.server import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.world import FakeCluster, load

__all__ = ["FakeCluster", "load", "serve", "write_kubeconfig"]
