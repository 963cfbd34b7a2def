import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.diagnosis.traffic.config import JobSearch, Traffic, Vendor
from midwatch.diagnosis.traffic.joblogs import Elsewhere, is_external, parse_job_log, size_in_bytes

SEARCH: JobSearch = Traffic.model_validate({"jobs": {"pack": "refresh"}}).jobs
VENDORS = (*SEARCH.vendors, Vendor(name="Halverin", hosts=("api.halverin.example",)))
LOG = """2026-10-16T01:58:00Z INFO refresh of acme begins, config from http://config.default.svc:8080/acme
2026-10-16T02:00:10Z INFO Databricks job started {"jobId": 1010112, "runId": 77, "runPageUrl": "https://acme.cloud.databricks.com/runs/77"}
2026-10-16T02:01:00Z INFO uploading file members_1.csv (4.2 GB) to https://api.halverin.example/v1/files
2026-10-16T02:06:00Z INFO uploading file members_2.csv (8.3GB) to https://api.halverin.example/v1/files
2026-10-16T02:09:00Z INFO uploading file notes.txt
2026-10-16T02:09:30Z INFO Databricks {"jobId": 1010112, "runId": 77, "lifeCycleState": "TERMINATED"}
2026-10-16T02:09:40Z INFO put s3 copy to https://bucket.s3.amazonaws.com/acme
"""


def test_a_log_tells_what_was_moved_and_where_to():
    found = parse_job_log("E7", LOG, SEARCH, VENDORS)
    assert [(u.file, u.size) for u in found.uploads] == [
        ("members_1.csv", 4.2e9),
        ("members_2.csv", 8.3e9),
        ("notes.txt", None),
    ]
    assert found.volume == 12.5e9
    assert [f"{u.at:%H:%M}" for u in found.uploads if u.at] == ["02:01", "02:06", "02:09"]
    assert found.runs == (Elsewhere("1010112", "77", "https://acme.cloud.databricks.com/runs/77", "TERMINATED"),)
    assert [(d.host, d.vendor) for d in found.destinations] == [
        ("acme.cloud.databricks.com", "Databricks"),
        ("api.halverin.example", "Halverin"),
    ]
    assert all(c.evidence == "E7" and c.quote in LOG for c in found.cites())


def test_a_log_without_sizes_tells_no_volume():
    found = parse_job_log("E1", "uploading file a.csv\nuploading file b.csv\n", SEARCH, VENDORS)
    assert (len(found.uploads), found.volume) == (2, None)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4.2 GB", 4.2e9),
        ("1 GiB", 2**30),
        ("512MB", 512e6),
        ("1,200 kB", 1.2e6),
        ("7 B", 7),
        ("1.2.3 GB", None),
        ("big", None),
        ("", None),
    ],
)
def test_sizes(text: str, size: float | None):
    assert size_in_bytes(text) == size


@pytest.mark.parametrize(
    ("host", "is_outside"),
    [
        ("api.halverin.example", True),
        ("203.0.113.7", False),  # kept for documentation: nobody's address
        ("8.8.8.8", True),
        ("10.0.0.7", False),
        ("169.254.169.254", False),
        ("config", False),
        ("config.default.svc", False),
        ("db.shop.svc.cluster.local", False),
        ("ip-10-0-0-1.ec2.internal", False),
        ("sqs.us-east-1.amazonaws.com", False),
        ("notamazonaws.com", True),
    ],
)
def test_who_is_outside(host: str, is_outside: bool):
    assert is_external(host) is is_outside


@given(st.text(st.characters(codec="utf-8")) | st.text('uploading file (4.2GB) https://[]:/\n"jobId: 7'))
def test_no_log_is_too_odd(text: str):
    found = parse_job_log("E1", text, SEARCH, VENDORS)
    assert all(c.quote in text for c in found.cites())
