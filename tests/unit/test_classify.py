import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.analysis.classify import categories, classify


@pytest.mark.parametrize(
    ("title", "text", "labels", "category"),
    [
        ("Connection pool exhausted", "MySQL has no connection left", (), "database"),
        ("HighCPUUsage", "the processor of the host", (), "server"),
        ("Brute force attack", "many failed logins", (), "security"),
        ("Packet loss", "between two sites", (), "network"),
        ("Consumer lag", "of a Kafka topic", (), "data"),
        ("etcdNoLeader", "", (), "etcd"),
        ("Traffic surge", "requests per second", (), "traffic"),
        ("KubePodCrashLooping", "", ("namespace", "pod"), "kubernetes"),
        ("Website down", "the url does not answer", (), "website"),
        ("High error rate", "of the api", (), "service"),
        ("Something", "", ("pod", "namespace"), "kubernetes"),
        ("Something", "else", (), "other"),
    ],
)
def test_words_and_labels_decide(title: str, text: str, labels: tuple[str, ...], category: str) -> None:
    assert classify(title, text, labels).category == category


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=2000), st.lists(st.text(max_size=10), max_size=5))
def test_every_text_has_a_kind_and_real_quotes(title: str, text: str, labels: list[str]) -> None:
    found = classify(title, text, labels)
    assert found == classify(title, text, reversed(labels))
    assert found.category in categories()
    assert all(q in title or q in text for q in found.quotes)
