"""A Kubernetes API server for every test that wants one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, serve


@pytest.fixture
def fake() -> Iterator[Callable[[FakeCluster], str]]:
    """Starts a server on a cluster and gives its address; it ends with the test."""
    with ExitStack() as servers:
        yield lambda cluster: servers.enter_context(serve(cluster))
