"""Which configured context an alert means."""

from datetime import UTC, datetime

import pytest

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.capabilities import Area, Selection
from midwatch.wiring.selection import choose, fitting, naming_labels

ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/pay"
CONTEXTS = ("first", "prod", ARN, "admin@lab", "gke_shop_europe-west1-b_web")


def alert(**labels: str) -> Alert:
    return Alert(
        source="generic",
        fingerprint="f",
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title="Error rate is high",
        labels=labels,
        starts_at=datetime(2026, 11, 21, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("prod", "prod"),
        ("pay", ARN),
        (ARN, ARN),
        ("lab", "admin@lab"),
        ("web", "gke_shop_europe-west1-b_web"),
        (" prod ", "prod"),
    ],
)
def test_a_cluster_label_picks_the_context(name: str, context: str) -> None:
    found = choose(CONTEXTS, Selection(), alert(cluster=name), ("cluster",))
    assert found.selection.context == context
    assert found.reason == f"the alert's label cluster is {name.strip()}"
    assert not found.gaps("x")


@pytest.mark.parametrize("name", ["Prod", "rod", "shop", "cluster", "eks", "", "admin"])
def test_any_other_name_is_the_first_context_and_a_gap(name: str) -> None:
    found = choose(CONTEXTS, Selection(), alert(cluster=name), ("cluster",))
    assert found.selection.context == "first"
    (gap,) = found.gaps("x")
    assert gap.reason.startswith(f"prod, {ARN}, admin@lab, gke_shop_europe-west1-b_web not checked; first was: ")
    assert gap.essential == bool(name)


def test_two_contexts_of_one_last_part_are_not_guessed_between() -> None:
    contexts = ("a", "arn:1/prod", "arn:2/prod")
    found = choose(contexts, Selection(), alert(cluster="prod"), ("cluster",))
    assert found.selection.context == "a"
    assert "fits several of them" in found.gaps("x")[0].reason
    assert fitting("prod", (*contexts, "prod")) == ("prod",)


def test_an_explicit_context_wins() -> None:
    found = choose(CONTEXTS, Selection("lab"), alert(cluster="prod"), ("cluster",))
    assert (found.selection, found.explicit, found.gaps("x")) == (Selection("lab"), True, ())
    assert choose(CONTEXTS, Selection(dump="/d"), alert(cluster="prod"), ("cluster",)).selection == Selection(dump="/d")


def test_one_context_or_none_leaves_no_gap() -> None:
    assert choose(("only",), Selection(), alert(cluster="x"), ("cluster",)).gaps("x") == ()
    nothing = choose(("",), Selection(), alert(cluster="x"), ("cluster",))
    assert (nothing.selection, nothing.gaps("x")) == (Selection(), ())


def test_labels_that_areas_declare_may_name_it() -> None:
    labels = naming_labels((Area(name="etcd", title="etcd", connection_labels=("endpoint_of",)),))
    assert choose(CONTEXTS, Selection(), alert(endpoint_of="pay"), labels).selection.context == ARN
    assert choose(CONTEXTS, Selection(), alert(endpoint_of="pay", cluster="prod"), labels).selection.context == "prod"
    assert choose(CONTEXTS, Selection(), alert(endpoint_of="pay"), naming_labels(())).selection.context == "first"
