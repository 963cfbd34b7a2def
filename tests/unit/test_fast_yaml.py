"""A plain tree read straight from the parser's events is what the library makes of the same text; all else is left to
the library."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from midwatch.kit import fast_yaml

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_TREES = st.recursive(
    _SCALARS, lambda t: st.lists(t, max_size=4) | st.dictionaries(_SCALARS, t, max_size=4), max_leaves=12
)
UNCOMMON = (
    "",
    "# nothing but a comment",
    "a: &x {b: 1}\nc: *x",
    "base: &b {a: 1}\nmore:\n  <<: *b\n  c: 2",
    "{<<: {a: 1}, b: 2}",
    "at: 2026-03-01",
    "at: 2026-03-01T10:00:00Z",
    "odd: !!set {a, b}",
    "text: !!str 5",
    "plain: ! 5",
)
BROKEN = (
    "a: [1, 2",
    "a: 1\n--- \nb: 2",
    "a: *nobody",
    "\tb: 1",
    "{[]: 1}",
    "? [a, b]\n: 1",
    "a: 'open",
    "x: !nobody 1",
)


@given(_TREES)
def test_what_the_library_writes_is_read_as_the_library_reads_it(tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    assert fast_yaml.load(text) == yaml.safe_load(text)


@given(st.text(alphabet="ab1:-# \n'\"[]{},|>?!&*~.", max_size=40))
def test_any_text_gives_the_value_or_the_error_of_the_library(text: str) -> None:
    try:
        expected = yaml.load(text, fast_yaml.TreeLoader)
    except (yaml.YAMLError, ValueError) as error:
        with pytest.raises(type(error)):
            fast_yaml.load(text)
    else:
        assert fast_yaml.load(text) == expected


@pytest.mark.parametrize("text", UNCOMMON)
def test_what_is_no_plain_tree_is_read_by_the_library(text: str) -> None:
    assert fast_yaml.load(text) == yaml.safe_load(text)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_raises_what_the_library_raises(text: str) -> None:
    with pytest.raises(yaml.YAMLError) as expected:
        yaml.safe_load(text)
    with pytest.raises(type(expected.value)):
        fast_yaml.load(text)


def test_nesting_too_deep_for_the_quick_way_is_read_all_the_same() -> None:
    deep = "\n".join(" " * n + "a:" for n in range(900)) + " 1"
    here = fast_yaml.load(deep)
    for _ in range(900):
        here = here["a"]
    assert here == 1
