"""What a question about a cluster loads: a command lives for a second, and half of that is its start."""

import json
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
