"""`midwatch incidents watch`: nothing is missed, and nothing is printed twice."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from midwatch.interfaces.cli.exits import Exit
from midwatch.interfaces.cli.incident_feed import OVERLAP_S, Cursor
from tests.interfaces.fake_server import INCIDENT, Answer, serve

PATIENCE_S = 60.0


def entry(seq: int, incident: str, kind: str, second: int) -> dict[str, Any]:
    at = f"2026-11-28T01:00:{second:02}Z"
    return {"seq": seq, "incident_id": incident, "at": at, "kind": kind, "text": f"text {seq}", "actor": "ada"}


@dataclass
class Feed:
    """A server with incidents and one list of entries; `arrives` has what comes with each further request."""

    incidents: list[dict[str, Any]]
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    arrives: list[Any] = field(default_factory=list[Any])
    page_size: int = 2
    polls: int = 0

    def answer(self, _method: str, path: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if urlsplit(path).path.endswith("/changes"):
            return self._changes(asked)
        found = [one for one in self.incidents if one["status"] == asked["status"]]
        start = (int(asked["page"]) - 1) * self.page_size
        items = found[start : start + self.page_size]
        return 200, {"items": items, "total": len(found), "has_next": start + self.page_size < len(found)}

    def _changes(self, asked: dict[str, str]) -> Answer:
        newest = max([one["seq"] for one in self.entries], default=0)
        if "after" not in asked:
            return 200, {"data": {"cursor": newest, "changes": [], "more": False}}
        first = asked["after"] == "0"  # of the pages of one look
        self.polls += first
        if first and self.polls > 1 and self.arrives:
            come = self.arrives.pop(0)
            if come == "away":
                return 503, {"error": "The store is away."}
            self.entries += come
        known = {one["id"]: one for one in self.incidents}
        behind = sorted((e for e in self.entries if e["seq"] > int(asked["after"])), key=lambda e: e["seq"])
        given = behind[: self.page_size]
        changes = [{"entry": one, "incident": known[one["incident_id"]]} for one in given]
        cursor = given[-1]["seq"] if given else int(asked["after"])
        return 200, {"data": {"cursor": cursor, "changes": changes, "more": len(behind) > self.page_size}}


@contextmanager
def watching(feed: Feed, *flags: str) -> Iterator[subprocess.Popen[str]]:
    with serve(feed.answer) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "midwatch", "incidents", "watch", "--every", "1", "--url", server.url, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def printed(feed: Feed, lines: int, *flags: str) -> tuple[list[list[str]], str]:
    """So many lines, and nothing else until the feed was read three times more; as words, with standard error."""
    with watching(feed, *flags) as process:
        assert process.stdout
        found = [process.stdout.readline() for _ in range(lines)]
        wanted = feed.polls + 3
        while feed.polls < wanted and process.poll() is None:
            signal.sigtimedwait([], 0.05)
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=PATIENCE_S)
    assert (rest, process.returncode) == ("", Exit.INTERRUPTED)
    return [line.split() for line in found], err


def incident(number: int, status: str = "triggered") -> dict[str, Any]:
    return {**INCIDENT, "id": f"inc_{number}", "status": status, "created_at": f"2026-11-28T00:00:{number:02}Z"}


def test_all_that_is_open_and_each_change_once() -> None:
    """More of both than one page holds; two changes between two requests are two lines; an entry with a lower number
    that appears late, as on PostgreSQL, is printed."""
    feed = Feed(
        [*(incident(n) for n in range(1, 6)), incident(6, "resolved")],
        entries=[entry(1, "inc_6", "opened", 1), entry(2, "inc_6", "resolved", 2)],
        arrives=[
            "away",
            [
                entry(11, "inc_1", "acknowledged", 11),
                entry(12, "inc_1", "resolved", 12),
                entry(13, "inc_1", "reopened", 13),
                entry(14, "inc_2", "joined", 14),
            ],
            [entry(10, "inc_3", "resolved", 15)],
        ],
    )
    lines, err = printed(feed, 9)
    assert [(words[3], words[4]) for words in lines] == [
        *((f"inc_{n}", "triggered") for n in range(1, 6)),
        ("inc_1", "acknowledged"),
        ("inc_1", "resolved"),
        ("inc_1", "triggered"),
        ("inc_3", "resolved"),
    ]
    assert err == "midwatch: The store is away.\n"


def test_verbose_prints_every_entry_and_quiet_leaves_out_what_is_open() -> None:
    def feed() -> Feed:
        return Feed([incident(1)], arrives=[[entry(1, "inc_1", "joined", 1), entry(2, "inc_1", "resolved", 2)]])

    lines, _ = printed(feed(), 3, "-v")
    assert [words[4] for words in lines] == ["triggered", "joined", "resolved"]
    assert "text 1" in " ".join(lines[1])
    lines, _ = printed(feed(), 1, "-q")
    assert [words[4] for words in lines] == ["resolved"]


def test_what_an_incident_shows_already_is_not_printed_again() -> None:
    """It changed after the cursor was set, and before it was read."""
    changed = {**incident(1, "acknowledged"), "updated_at": "2026-11-28T01:00:09Z"}

    class Racing(Feed):
        def answer(self, _method: str, path: str) -> Answer:
            if not self.entries and "/changes" not in path:
                self.entries.append(entry(5, "inc_1", "acknowledged", 9))
            return super().answer(_method, path)

    lines, _ = printed(Racing([changed], arrives=[[], [entry(6, "inc_1", "resolved", 20)]]), 2)
    assert [words[4] for words in lines] == ["acknowledged", "resolved"]


def test_a_cursor_reads_the_last_seconds_again() -> None:
    now = 0.0
    cursor = Cursor(0, lambda: now)
    assert cursor.is_new(5) and not cursor.is_new(5)
    cursor.settle()
    assert cursor.after == 0 and cursor.is_new(4), "an entry below it may still appear"
    now = OVERLAP_S + 1
    assert cursor.is_new(6)
    cursor.settle()
    assert cursor.after == 5 and not cursor.is_new(6)


@pytest.mark.parametrize("status", ["resolved", "acknowledged"])
def test_only_of_a_status(status: str) -> None:
    come = [entry(1, "inc_1", "acknowledged", 1), entry(2, "inc_1", "resolved", 2)]
    lines, _ = printed(Feed([incident(1)], arrives=[come]), 1, "--status", status)
    assert lines[0][4] == status
