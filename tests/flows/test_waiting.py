"""A paste of a table and the log of an init container that waits."""

from pathlib import Path

import pytest

from tests.flows.cluster import midwatch

TABLE = "$ kubectl -n shop get pods\nNAME                    READY   STATUS     RESTARTS   AGE\n"
POD = "scan-6b8d7f9c5b-9x2lm"
ROW = f"{POD}   0/1     Init:0/1   0          20m\n"


@pytest.mark.parametrize(
    "line",
    [
        "nc: bad address 'db.default'",
        "wget: bad address 'db.default'",
        "** server can't find db.default: NXDOMAIN",
        "nslookup: can't resolve 'db.default': Name does not resolve",
    ],
)
def test_what_an_init_container_waits_for_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(f"{TABLE}{ROW}$ kubectl -n shop logs {POD} -c wait-for-db\n{line}\nwaiting\n")
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert shown.code == 1
    assert "db.default" in shown.head and "shop/deployment/scan" in shown.head
    assert "scheduler" not in shown.out and "failing probe" not in shown.out


def test_without_a_log_the_table_tells_that_it_runs_on(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(TABLE + ROW)
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert "init container is still running after 20 min" in shown.head


JOURNAL = """\
Jan 25 06:42:36 srv1 k3s[218]: {"level":"warn","ts":"2021-01-25T06:42:36.000+0100","msg":"slow fdatasync","took":"7.4s"}
Jan 25 06:42:41 srv1 k3s[218]: {"level":"warn","ts":"2021-01-25T06:42:41.000+0100","msg":"slow fdatasync","took":"9.4s"}
"""


def test_the_times_within_a_journal_date_the_dump(tmp_path: Path) -> None:
    (tmp_path / "k3s.log").write_text(JOURNAL)
    shown = midwatch("diagnose", "--dump", str(tmp_path))
    assert "since 2021-01-25 05:42 UTC" in shown.head
    assert "before the dump was taken" not in shown.head  # its last line does not tell when it was saved
