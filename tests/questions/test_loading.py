"""The grammar is read where a question is, and nowhere else: it would be a tenth of a command's start."""

import subprocess
import sys

import pytest

LOADED = "; print([m for m in sys.modules if m.startswith('midwatch.questions')])"
EMPTY = (
    "import sys; from midwatch.interfaces.cli import diagnose; from midwatch.wiring import cli; "
    "from midwatch.settings import Settings; "
)


@pytest.mark.parametrize(
    "program",
    [
        "import sys; from midwatch.interfaces.cli import app",
        EMPTY + "cli.question(Settings(), '')",
        EMPTY + "cli.question(Settings(), 'is web well?', dump='saved')",
    ],
)
def test_what_asks_no_question_loads_no_grammar(program: str) -> None:
    ran = subprocess.run([sys.executable, "-c", program + LOADED], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
