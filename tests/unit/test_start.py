"""What a question about a cluster loads: a command lives for a second, and half of that is its start."""

import json
import os
import subprocess
import sys
from pathlib import Path

_CODE = """
import sys
from midwatch.__main__ import main
sys.argv = ["midwatch", "diagnose", "--dump", sys.argv[1]]
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""
_UNUSED = (
    "httpx2",
    "midwatch.analysis.times.spoken_time",
    "midwatch.domain.incident",
    "midwatch.domain.notifier",
    "midwatch.questions.understand",
    "midwatch.services.bundles",
    "midwatch.store.database",
)


def test_a_question_without_words_loads_no_more_than_it_uses(tmp_path: Path) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": []}}
    saved = tmp_path / "nodes.json"
    saved.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [node]}))
    ended = subprocess.run(
        [sys.executable, "-c", _CODE, str(saved)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    loaded = ended.stderr.split()
    assert "midwatch.diagnosis.kubernetes.analyse" in loaded, ended.stderr
    assert [name for name in _UNUSED if name in loaded] == []


def test_a_fault_is_no_finding() -> None:
    """Scripts take exit code 1 for a problem of the cluster, and 2 for an unknown state."""
    ended = _internal_error({})
    assert ended.returncode == 3
    assert ended.stderr.startswith("midwatch: Internal error: ZeroDivisionError at ")
    assert ended.stderr.count("ZeroDivisionError") == 1
    assert "Traceback" not in ended.stderr
    assert "MIDWATCH_TRACEBACK=1" in ended.stderr


def test_the_traceback_of_a_fault_comes_on_request() -> None:
    ended = _internal_error({"MIDWATCH_TRACEBACK": "1"})
    assert ended.returncode == 3
    assert ended.stderr.count("Traceback (most recent call last)") == 1


def _internal_error(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = "import sys; from midwatch import __main__ as start; sys.excepthook = start.report_internal_error; 1 / 0"
    env = {name: value for name, value in os.environ.items() if name != "MIDWATCH_TRACEBACK"} | variables
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
