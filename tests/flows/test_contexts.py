"""Several clusters, one of which cannot be reached: the answers of the others are printed."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.services.bundles import load
from tests.flows.cluster import Shown, Site, midwatch, site
from tests.flows.test_diagnose import healthy, missing_variable, two_causes


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


def two_clusters(folder: Path) -> Site:
    """`fake` and `other` are two contexts of one served cluster."""
    config = yaml.safe_load((folder / "kubeconfig").read_text())
    first = config["contexts"][0]
    config["contexts"].append({"name": "other", "context": first["context"]})
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    return Site(healthy().cluster, folder / "kubeconfig")


BOTH = ("--context", "fake", "--context", "other")


@pytest.mark.parametrize("flags", [(), ("-v",)], ids=["summary", "verbose"])
def test_a_heading_for_each_cluster_and_its_name_in_each_cause(tmp_path: Path, flags: tuple[str, ...]) -> None:
    with site(two_causes().cluster, tmp_path):
        where = two_clusters(tmp_path)
        shown = where.run("diagnose", *BOTH, *flags)
        alone = where.run("diagnose", "--context", "fake", *flags)
    lines = shown.out.splitlines()
    for name in ("fake", "other"):
        at = lines.index(f"Cluster {name}")
        assert set(lines[at + 1]) == {"="} and f"cluster {name} · shop/" in lines[at + 2]
        causes = [line for line in lines if f"confirmed · cluster {name} · shop/" in line or line.startswith("Cause ")]
        assert len(causes) >= 2, shown.out
    titles = [line for line in lines if line.startswith("Cause ")]
    assert all("· cluster " in line for line in titles) and bool(titles) is bool(flags)
    assert "Cluster fake\n" not in alone.out and alone.out.count("cluster fake") == 1, "one cluster needs no heading"


def test_a_heading_in_markdown_is_above_the_answers(tmp_path: Path) -> None:
    with site(two_causes().cluster, tmp_path):
        shown = two_clusters(tmp_path).run("diagnose", *BOTH, "--markdown")
    heads = [line for line in shown.out.splitlines() if line.startswith("#")]
    assert [line for line in heads if line.startswith("# ")] == ["# Cluster fake", "# Cluster other"]
    assert heads[1].startswith("## CRITICAL confirmed · cluster fake · ")
    assert "### Cause 1 of 2 · cluster other · CRITICAL confirmed" in heads


@pytest.mark.parametrize("flags", [(), ("--markdown",), ("--json",), ("-n", "shop", "-n", "data")], ids=str)
def test_a_bundle_of_several_clusters_replays_to_the_same(tmp_path: Path, flags: tuple[str, ...]) -> None:
    file = tmp_path / "saved.tgz"
    with site(two_causes().cluster, tmp_path):
        shown = two_clusters(tmp_path).run("diagnose", *BOTH, *flags, "--bundle", str(file))
    again = midwatch("replay", str(file), *(flag for flag in flags if flag.startswith("--")), "--check")
    assert (again.out, again.code) == (shown.out, shown.code)
    assert len(load(file)) == (4 if "-n" in flags else 2)


def test_a_bundle_has_the_clusters_that_could_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_KUBERNETES__CONTEXTS", '["fake", "dead"]')
    file = tmp_path / "saved.tgz"
    with site(missing_variable().cluster, tmp_path) as where:
        with_dead(where)
        shown = where.run("diagnose", "--bundle", str(file))
    assert shown.code == 1 and "dead" in shown.err
    assert [bundle.manifest.source.partition(" at ")[0] for bundle in load(file)] == ["cluster fake"]
