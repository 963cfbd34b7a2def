"""Several clusters, one of which cannot be reached: the answers of the others are printed."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows.cluster import Shown, Site, site
from tests.flows.test_diagnose import healthy, missing_variable


def dead_address() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def with_dead(where: Site) -> None:
    """A second context, `dead`, at whose address nothing listens."""
    config = yaml.safe_load(where.kubeconfig.read_text())
    config["clusters"].append({"name": "dead", "cluster": {"server": dead_address()}})
    config["users"].append({"name": "dead", "user": {}})
    config["contexts"].append({"name": "dead", "context": {"cluster": "dead", "user": "dead"}})
    where.kubeconfig.write_text(yaml.safe_dump(config))


def diagnosed(scene: Scene, folder: Path, *names: str) -> Shown:
    with site(scene.cluster, folder) as where:
        with_dead(where)
        return where.run("diagnose", *(word for name in names for word in ("--context", name)))


@pytest.mark.parametrize("names", [("fake", "dead"), ("dead", "fake")])
@pytest.mark.parametrize(
    ("scene", "code", "said"),
    [(missing_variable, 1, "DATABASE_URL"), (healthy, 2, "No problems found")],
    ids=["broken", "well"],
)
def test_the_answers_of_the_others_are_printed(
    tmp_path: Path, scene: Callable[[], Scene], code: int, said: str, names: tuple[str, ...]
) -> None:
    """Exit code 2, since not everything was looked at, unless a problem was found."""
    shown = diagnosed(scene(), tmp_path, *names)
    assert said in shown.out
    assert (shown.code, shown.err.count("midwatch: ")) == (code, 1)
    assert "dead" in shown.err


def test_a_cluster_that_is_the_only_one_is_refused(tmp_path: Path) -> None:
    shown = diagnosed(healthy(), tmp_path, "dead")
    assert (shown.code, shown.out) == (3, "")
    assert "dead" in shown.err


def test_a_context_that_is_named_twice_is_investigated_once(tmp_path: Path) -> None:
    shown = diagnosed(healthy(), tmp_path, "fake", "fake")
    assert (shown.code, shown.out.count("No problems found")) == (0, 1)


def test_one_bundle_holds_one_of_the_configured_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_KUBERNETES__CONTEXTS", '["fake", "dead"]')
    file = tmp_path / "saved.tgz"
    with site(healthy().cluster, tmp_path) as where:
        with_dead(where)
        shown = where.run("diagnose", "--bundle", str(file))
    assert (shown.code, file.exists()) == (3, False)
    assert "--bundle saves one cluster" in shown.err
