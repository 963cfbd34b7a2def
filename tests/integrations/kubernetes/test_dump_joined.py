"""One log saved several times; logs of pods that no object tells of."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from midwatch.integrations.kubernetes.dump.joinedlogs import join_logs
from tests.integrations.kubernetes.test_dump_logs import pod, read, write

EARLY = "2026-11-21T01:00:00Z a\n  more of a\n2026-11-21T01:01:00Z b"
LATE = "2026-11-21T01:01:00Z b\n2026-11-21T01:02:00Z c"


def test_overlapping_parts_are_put_in_order_without_repeating() -> None:
    assert join_logs([LATE, EARLY]) == f"{EARLY}\n2026-11-21T01:02:00Z c"


def test_a_part_of_another_adds_nothing() -> None:
    assert join_logs([EARLY, "  more of a", EARLY]) == EARLY


async def test_files_of_one_log_are_read_as_one(tmp_path: Path) -> None:
    files = {
        "a.txt": f"$ kubectl logs web-1 -n shop\n{LATE}",
        "b.txt": f"$ kubectl logs web-1 -n shop\n{EARLY}",
        "pods.json": [pod("web-1")],
    }
    assert (await read(write(tmp_path, files))).split() == [*EARLY.split(), "2026-11-21T01:02:00Z", "c"]


async def test_a_saved_log_is_listed_though_its_pod_is_gone(tmp_path: Path) -> None:
    reader = write(tmp_path, {"log.txt": "$ kubectl logs export-b5xkz -n shop\nERROR no stock\n"})
    (found,) = (await reader.saved_objects("container_logs")).items
    assert (found.namespace, found.name) == ("shop", "export-b5xkz/")
    assert await read(reader, "export-b5xkz") == "ERROR no stock"


@given(
    st.lists(
        st.lists(st.sampled_from(["2026-11-21T01:00:00Z a", "2026-11-21T01:02:00Z b", "c", " d"]), min_size=1).map(
            "\n".join
        ),
        min_size=1,
    )
)
def test_nothing_is_lost_and_nothing_added(texts: list[str]) -> None:
    assert set(join_logs(texts).splitlines()) == {line for text in texts for line in text.splitlines()}
