from pathlib import Path

import pytest

from midwatch.diagnosis.traffic.config import load, load_traffic
from midwatch.domain.refusal import Refusal

OURS = """
gateways:
  - {id: nat-0aa1, name: eks-1c, zone: us-east-1c, usual_gb: 0.5, spike_gb: 5}
jobs:
  pack: refresh
  namespaces: [refresh-a, refresh-b]
vendors:
  - {name: Halverin, hosts: [api.halverin.example]}
hours: {zone: America/New_York}
"""
THEIRS = """
nat_gateways:
  - nat_id: nat-0aa1
    name: eks-1c
    vpc_id: vpc-1
    availability_zone: us-east-1c
    normal_baseline_gb: 5.0
    spike_threshold_gb: 10.0
    tags: {Environment: dev}
zeus_job_search:
  namespaces: [refresh-a]
  log_patterns: ["uploading file", "sending.*request"]
  log_tail_lines: 500
  timeout_seconds: 4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.yaml"


def test_a_file_of_ours(file: Path) -> None:
    file.write_text(OURS)
    traffic = load_traffic(None, file.parent)
    assert [traffic.gateway(name) for name in ("nat-0aa1", "eks-1c", "other")] == [
        traffic.gateways[0],
        traffic.gateways[0],
        None,
    ]
    assert (traffic.jobs.namespaces, traffic.jobs.what) == (("refresh-a", "refresh-b"), "refresh job")
    assert [v.name for v in traffic.known_vendors] == ["Halverin", "Databricks"]


def test_a_file_in_the_words_of_the_source_document(file: Path) -> None:
    file.write_text(THEIRS)
    traffic = load(file)
    (gateway,) = traffic.gateways
    assert (gateway.usual_gb, gateway.spike_gb, gateway.vpc, gateway.zone) == (5.0, 10.0, "vpc-1", "us-east-1c")
    assert (traffic.jobs.log_tail_lines, traffic.jobs.timeout_seconds) == (500, 4)
    assert traffic.jobs.environment["type"], "the shipped pack says the rest"
    assert "uploading file" in traffic.jobs.log_patterns


def test_without_a_file_only_the_shipped_pack_is_known(tmp_path: Path) -> None:
    traffic = load_traffic(None, tmp_path)
    assert (traffic.gateways, traffic.jobs.what) == ((), "refresh job")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gateways:\n  - id: nat-1\n    colour: red\n", "line 3: gateways.0.colour"),
        ("gateways:\n  - id: nat-1\n\n  - id: gw-2\n", "line 4: gateways.1.id"),
        ("gateways:\n  - id: nat-1\n    usual_gb: -1\n", "line 3: gateways.0.usual_gb"),
        ("gateways:\n  - name: x\n", "line 2: gateways.0"),
        ("hours:\n  zone: Mars/North\n", "unknown time zone 'Mars/North'"),
        ("jobs:\n  pack: none\n", "unknown job pack 'none'"),
        ("jobs:\n  uploads: ['(']\n", "line 2: jobs.uploads.0: invalid regular expression"),
        ("jobs:\n  timeout_seconds: soon\n", "line 2: jobs.timeout_seconds"),
        ("gateways: [\n", "is not valid YAML"),
        ("- a\n- b\n", "line 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_key(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(Refusal) as refused:
        load(file)
    assert said in refused.value.reason
    assert str(file) in refused.value.reason


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        load_traffic(tmp_path / "none.yaml", tmp_path)
