import gzip
import io
import json
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows.cluster import midwatch, site

CANARY = "canary-7f3a91"


@pytest.fixture
def secretive() -> Scene:
    """A broken application with a secret in every place where people leave them."""
    scene = Scene()
    scene.namespace("shop")
    said = (
        f"connecting to postgres://app:{CANARY}@db",
        f"ERROR: password={CANARY} refused",
        f"Authorization: Bearer {CANARY}{CANARY}",
    )
    log = "\n".join(said) + "\n"
    app = App(
        *("web", "shop", "web:1", 1, 8080),
        command=("web", "--password", CANARY, f"--api-key={CANARY}"),
        env={
            "DB_PASSWORD": CANARY,
            "DATABASE_URL": f"mysql://root:{CANARY}@db/shop",
            "CONFIG": ("configMap", "settings", "mode"),
        },
        fault=runs.crash_loop(log),
    )
    deploy(scene, app)
    settings = {"mode": "fast", "api_token": CANARY, "app.ini": f"user=web\npassword={CANARY}\n"}
    meta = {
        "name": "settings",
        "namespace": "shop",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": CANARY, "token": CANARY},
    }
    scene.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": settings})
    scene.add(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "shop"},
            "data": {"password": CANARY},
        }
    )
    return scene


def test_no_secret_gets_out(secretive: Scene, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tgz"
    with site(secretive.cluster, tmp_path) as here:
        shown = [here.run("diagnose", "-n", "shop", *form) for form in ((), ("--json",), ("--markdown",))]
        shown.append(here.run("bundle", str(bundle), "-n", "shop"))
        asked = [r.path for r in secretive.cluster.requests]
    assert all(CANARY not in s.out + s.err for s in shown)
    assert not any("secrets" in path for path in asked)
    content = gzip.decompress(bundle.read_bytes())
    assert b"fast" in content
    assert CANARY.encode() not in content


def test_a_bundle_gives_the_same_answer_byte_for_byte(secretive: Scene, tmp_path: Path) -> None:
    bundle = str(tmp_path / "bundle.tgz")
    with site(secretive.cluster, tmp_path) as here:
        here.cluster.forbid("nodes")
        live = here.run("diagnose", "-n", "shop", "--json", "--bundle", bundle)
    replayed = midwatch("replay", bundle, "--json", "--check")
    assert replayed.code == live.code == 1, replayed.err
    assert replayed.out == live.out


@pytest.mark.parametrize("damage", [b"", b"not a bundle", None])
def test_a_damaged_bundle_is_one_sentence(damage: bytes | None, secretive: Scene, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tgz"
    with site(secretive.cluster, tmp_path) as here:
        here.run("bundle", str(bundle), "-n", "shop")
    bundle.write_bytes(bundle.read_bytes()[:2000] if damage is None else damage)
    shown = midwatch("replay", str(bundle))
    assert shown.code == 3
    assert "not a whole Midwatch bundle" in shown.err
    assert "Traceback" not in shown.err


def with_bodies(bundle: Path, body: str, *, signed: bool = True) -> None:
    """The same bundle, what was listed in it written over."""
    packed = io.BytesIO()
    with tarfile.open(bundle) as old, tarfile.open(fileobj=packed, mode="w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            text = content.read()
            if "/evidence/" in member.name and "body" in (told := json.loads(text))["observation"]:
                told["observation"]["body"] = body
                told["sha256"] = sha256(body.encode()).hexdigest() if signed else told["sha256"]
                text = json.dumps(told).encode()
            member.size = len(text)
            new.addfile(member, io.BytesIO(text))
    bundle.write_bytes(packed.getvalue())


def test_a_bundle_whose_evidence_was_changed_is_refused(secretive: Scene, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tgz"
    with site(secretive.cluster, tmp_path) as here:
        here.run("bundle", str(bundle), "-n", "shop")
    with_bodies(bundle, "[]", signed=False)
    shown = midwatch("replay", str(bundle))
    assert (shown.code, shown.out) == (3, "")
    assert "does not match its checksum" in shown.err


@pytest.mark.parametrize("body", ["[{]", "[7]", "[" * 100_000], ids=["no JSON", "no object", "nested deep"])
def test_a_bundle_whose_evidence_cannot_be_read_is_one_sentence(body: str, secretive: Scene, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tgz"
    with site(secretive.cluster, tmp_path) as here:
        here.run("bundle", str(bundle), "-n", "shop")
    with_bodies(bundle, body)
    shown = midwatch("replay", str(bundle))
    assert shown.code == 3
    assert "not a whole Midwatch bundle" in shown.err
    assert "Traceback" not in shown.err


def test_a_bundle_given_as_a_dump_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text('{"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}')
    bundle = str(tmp_path / "b.tgz")
    first = midwatch("bundle", bundle, "--dump", str(tmp_path / "pods.json"), "--json")
    again = midwatch("diagnose", "why", "--dump", bundle, "--json")
    assert (again.code, again.out) == (first.code, first.out)
    assert "is a bundle: its own question is answered again" in again.err
