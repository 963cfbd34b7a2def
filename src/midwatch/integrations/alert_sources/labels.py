"""Standard label names, so that alerts of different senders about one object are grouped."""

from collections.abc import Iterable, Mapping

from midwatch.integrations.alert_sources.vocabulary import label, vocabulary

_EXPORTED = "exported_"  # Prometheus' prefix for a metric's own label that has the name of a target label


def standard(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels under standard names; unknown ones unchanged. An existing name is not overwritten."""
    scraped = _without_exporter(_unshadowed(labels))
    named = {name: value for name, value in scraped.items() if label(name) in ("", name)}
    for name, value in scraped.items():
        if name not in named:
            ours = label(name)
            named[ours if ours not in named else name] = value
    return named


def standard_labels(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts with a standard label's name; the others are details."""
    return {
        name: value
        for name, value in facts.items()
        if label(name) and isinstance(value, str | int) and not isinstance(value, bool)
    }


def service(labels: Mapping[str, str]) -> str:
    return next((labels[name] for name in vocabulary()["service"] if labels.get(name)), "")


def pairs(tags: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """`key:value` tags as labels, and the tags without a key. The first of several values of a key counts."""
    labels: dict[str, str] = {}
    rest: list[str] = []
    for tag in tags:
        key, colon, value = tag.strip().partition(":")
        if colon and key and value:
            labels.setdefault(key.strip(), value.strip())
        elif tag.strip():
            rest.append(tag.strip())
    return labels, rest


def _unshadowed(labels: Mapping[str, str]) -> dict[str, str]:
    real = {name.removeprefix(_EXPORTED): value for name, value in labels.items() if name.startswith(_EXPORTED)}
    return {name: value for name, value in labels.items() if not name.startswith(_EXPORTED)} | real


def _without_exporter(labels: dict[str, str]) -> dict[str, str]:
    job = labels.get("job", "")
    exporter = next((e for e in vocabulary()["exporters"] if job.rpartition("/")[2].endswith(e["job"])), None)
    if not exporter or not ("instance" in labels or "endpoint" in labels):
        return labels
    own = set(exporter["own"])
    if any(name in labels for name in vocabulary()["not_pods"]):
        own |= set(exporter.get("unless_pod", ()))
    return {name: value for name, value in labels.items() if name not in own}
