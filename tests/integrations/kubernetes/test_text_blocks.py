"""Any concatenation of outputs, in any order, with any prompts, fences, quotes and prose, gives the facts of its
parts."""

from collections import Counter
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.integrations.kubernetes.text import read
from tests.integrations.kubernetes.pastes import OUTPUTS, PROMPTS, PROSE, Output, facts, written

_AROUND = ("plain", "fence", "below", "quote", "indent")


def _alone(output: Output) -> Counter[str]:
    return facts(written(output, "$ kubectl {}", "plain"))


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("around", _AROUND)
def test_whatever_stands_around_an_output(prompt: str, around: str) -> None:
    for output in OUTPUTS:
        assert facts(written(output, prompt, around)) == _alone(output), (output.command, around)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(OUTPUTS), st.sampled_from(PROMPTS), st.sampled_from(_AROUND), st.sampled_from(PROSE)),
        min_size=2,
        max_size=6,
        unique_by=lambda part: part[0],
    )
)
def test_any_concatenation_gives_the_facts_of_its_parts(parts: list[tuple[Output, str, str, str]]) -> None:
    content = "\n".join(f"{prose}\n\n{written(output, prompt, around)}" for output, prompt, around, prose in parts)
    expected: Counter[str] = Counter()
    for output, *_ in parts:
        expected += _alone(output)
    assert facts(content) == expected


HOSTILE = {
    "documents": "apiVersion: v1\n",
    "keys": "kind: x\n",
    "braces": "{\n",
    "fences": "```\n",
    "quotes": "> > x\n",
    "prompts": "user@host:~$ ls\n",
    "commands": "$ kubectl get pods\nNAME   READY   STATUS   RESTARTS   AGE\n",
    "logs": "$ kubectl logs x\n\nHello there, my friend.\n\n",
    "descriptions": "Name:         a\nNamespace:    b\nQoS Class:    x\nEvents:  <none>\n\n",
    "events": "  Warning  Failed  5s (x3 over 52s)  kubelet  no\n\n",
    "journal": "Jan 25 06:42:36 srv1 k3s[218]: no\n",
    "continued": "kubectl get \\\n",
    "indented": "    Events:\n\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(name: str) -> None:
    def seconds(times: int) -> float:
        text, best = HOSTILE[name] * times, 9.0
        for _ in range(2):
            began = process_time()
            read(text, name="paste.txt", now=None)
            best = min(best, process_time() - began)
        return best

    assert seconds(1500) <= 25 * max(seconds(150), 0.002)
