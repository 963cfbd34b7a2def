"""The commands of README.md and of the pages work as they are written: each line with `midwatch` in a block of a page
is run by a shell, in its order, against a fake cluster and a server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import runs, write_kubeconfig
from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows.server import Station, station

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{n}.md" for n in ("kubernetes", "server", "traffic", "aws", "websites")),
]
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OURS = re.compile(r"^(?:export \w+=\$\()?(?:kubectl [^|&]*(?:\||&&) )?midwatch(?= )")
# The fixture starts server and worker, `init` needs a terminal (test_server_commands), and one command asks a website.
_NOT_RUN = re.compile(r"midwatch (?:serve|worker|init)\b|shop\.example\.com")
DESCRIBED = """Name:         web-1
Namespace:    shop
Status:       Running
Containers:
  web:
    Image:          web:1
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Ready:          False
    Restart Count:  7
    Limits:
      memory:  128Mi
"""
KUBECTL = f"""#!/bin/sh
case "$1" in
describe) cat <<'END'
{DESCRIBED}END
;;
cluster-info) mkdir -p dump/shop && echo '{{"kind": "PodList", "items": []}}' > dump/shop/pods.json ;;
esac
"""


def commands(page: Path) -> list[str]:
    lines = [
        line.partition("  #")[0].strip() for block in _BLOCK.findall(page.read_text()) for line in block.splitlines()
    ]
    return [line for line in lines if _OURS.match(line) and not _NOT_RUN.search(line)]


@dataclass
class Shell:
    folder: Path
    post: Station

    def run(self, line: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MIDWATCH_", "XDG_", "AWS_"))}
        mine = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "MIDWATCH_HOME": str(self.folder / "home"),
            "MIDWATCH_URL": self.post.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=environment | mine | more,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    def filled(self, line: str, key: str) -> str:
        """With what stands for the names in capitals."""
        for name, listed in {"INCIDENT": "incidents", "KEY_ID": "keys"}.items():
            if name in line:
                found = json.loads(self.run(f"midwatch {listed} list -o json", MIDWATCH_KEY=key).stdout)
                line = line.replace(name, next(one["id"] for one in found if one.get("name") != "tester"))
        return line.replace("NAME", "ada").replace("http://127.0.0.1:8350", self.post.url)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("shell")
    (folder / "bin").mkdir()
    for name, text in {"midwatch": f'#!/bin/sh\nexec {sys.executable} -m midwatch "$@"\n', "kubectl": KUBECTL}.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    rows = "".join(f"2026-11-28T{n // 12:02}:{n % 12 * 5:02}:00Z,{900 if n == 30 else 100}\n" for n in range(48))
    (folder / "traffic.csv").write_text(f"timestamp,value\n{rows}")
    (folder / "alert.json").write_text(json.dumps({"title": "memory-hog is down", "severity": "critical"}))
    (folder / "must-gather").mkdir()
    (folder / "must-gather" / "pods.json").write_text('{"kind": "PodList", "apiVersion": "v1", "items": []}')
    subprocess.run(["tar", "-czf", "must-gather.tar.gz", "must-gather"], cwd=folder, check=True)
    (folder / ".local/share/bash-completion/completions").mkdir(parents=True)
    scene = Scene()
    cluster = scene.cluster = demo()
    scene.namespace("shop")
    for app in ("web", "checkout"):
        deploy(scene, App(app, "shop", f"{app}:no-such-tag", 1, 8080, fault=runs.image_pull()))
    with serve_cluster(cluster) as api, station(folder) as post:
        kubeconfig = write_kubeconfig(folder / "kubeconfig", api)
        config = kubeconfig.read_text()
        name = re.search(r"current-context: (\S+)", config)
        assert name
        context = re.search(r"contexts:\n((?:[- ].*\n)+)", config)
        assert context, config
        more = "".join(
            context[1].replace(f"name: {name[1]}\n", f"name: {other}\n", 1) for other in ("prod-eu", "prod-us")
        )
        kubeconfig.write_text(config.replace(context[0], context[0] + more))
        post.serve("--kubeconfig", str(kubeconfig))
        yield Shell(folder, post)


@pytest.mark.components
@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda p: p.name)
def test_each_command_works(shell: Shell, page: Path) -> None:
    key = shell.run("midwatch admin create tester").stdout.strip()
    shell.run("midwatch k8s watch --once --url $MIDWATCH_URL", MIDWATCH_KEY=key)
    for written in commands(page):
        line = shell.filled(written, key)
        more = {"MIDWATCH_KEY": key}
        if "admin restore" in line:  # the newest backup, into an empty store
            line = "midwatch admin restore $(ls midwatch-*.zip | tail -1)"
            more["MIDWATCH_HOME"] = str(shell.folder / "empty")
        done = shell.run(line, **more)
        assert done.returncode in (0, 1, 2), (written, done.returncode, done.stderr)
        assert "Traceback" not in done.stderr, written


def test_the_pages_have_commands() -> None:
    found = {page.name: commands(page) for page in PAGES}
    assert len(found["README.md"]) > 20 and len(found["kubernetes.md"]) > 5 and len(found["server.md"]) > 4
    assert any("kubectl describe" in line for line in found["README.md"])
    assert any("$(midwatch admin create" in line for line in found["README.md"])
