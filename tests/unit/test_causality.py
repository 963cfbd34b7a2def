"""Written orders of analysis/causality.py, each held by an example, and properties that hold for anything."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.causality import FARTHEST, chains
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Finding, Link, Severity
from midwatch.domain.subject import Subject

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def subject(name: str, kind: str = "Pod", container: str = "") -> Subject:
    return Subject(kind=kind, name=name, namespace="shop", container=container)


def finding(
    code: str, about: Subject, role: CausalRole = CausalRole.CAUSE, directness: int = 50, **more: Any
) -> Finding:
    fields: dict[str, Any] = {"owner": about.object, "severity": Severity.CRITICAL} | more
    return Finding(
        code=code,
        subject=about,
        title=code,
        message=f"{code} {about}",
        role=role,
        directness=directness,
        cites=(Citation(evidence="E1"),),
        **fields,
    )


def codes(found: list[Finding], links: list[Link] | None = None) -> list[tuple[str, list[str]]]:
    return [(c.root.code, [f.code for f in c.explains]) for c in chains(found, links or [])]


def link(source: Subject, target: Subject) -> Link:
    return Link(source=source, target=target, how="test")


def test_a_cause_explains_the_symptoms_it_can_reach() -> None:
    pod, service, caller = subject("db-1"), subject("db", "Service"), subject("api-1")
    found = [
        finding("REFUSED", caller, CausalRole.SYMPTOM),
        finding("NO_ENDPOINTS", service, CausalRole.SYMPTOM),
        finding("NO_CONFIG", pod),
    ]
    assert codes(found, [link(pod, service), link(service, caller)]) == [("NO_CONFIG", ["NO_ENDPOINTS", "REFUSED"])]


def row(length: int) -> tuple[list[Subject], list[Link]]:
    """Subjects in a row, trouble going from each to the next."""
    subjects = [subject(f"s{n}", "Service") for n in range(length + 1)]
    return subjects, [link(a, b) for a, b in pairwise(subjects)]


@pytest.mark.parametrize("length", [3, 4, FARTHEST])
def test_a_cause_explains_symptoms_many_links_away(length: int) -> None:
    subjects, links = row(length)
    found = [finding("CAUSE", subjects[0]), finding("FAR", subjects[-1], CausalRole.SYMPTOM)]
    assert codes(found, links) == [("CAUSE", ["FAR"])]
    assert codes(found, links[::-1]) == [("CAUSE", ["FAR"])], "the order of the links does not matter"
    assert codes(found, [li for li in links if li.source != subjects[1]]) == [("CAUSE", []), ("FAR", [])], (
        "one link less, and it cannot be"
    )


def test_a_chain_longer_than_that_is_a_coincidence() -> None:
    subjects, links = row(FARTHEST + 1)
    found = [finding("CAUSE", subjects[0]), finding("FAR", subjects[-1], CausalRole.SYMPTOM)]
    assert codes(found, links) == [("CAUSE", []), ("FAR", [])]


def test_what_is_explained_by_what_is_explained_belongs_to_the_root() -> None:
    """Symptoms that follow one another reach farther than any of them does alone; the nearest is told first."""
    subjects, links = row(2 * FARTHEST)
    middle, end = subjects[FARTHEST], subjects[-1]
    found = [
        finding("END", end, CausalRole.SYMPTOM),
        finding("MIDDLE", middle, CausalRole.SYMPTOM),
        finding("CAUSE", subjects[0]),
    ]
    assert codes(found, links) == [("CAUSE", ["MIDDLE", "END"])]


def test_the_way_goes_over_owners_and_peers_as_well() -> None:
    pod, deployment, service, caller = (
        subject("db-1"),
        subject("db", "Deployment"),
        subject("db", "Service"),
        subject("api-1"),
    )
    found = [
        finding("CAUSE", pod, owner=deployment),
        finding("REFUSED", caller, CausalRole.SYMPTOM, peers=(service,)),
        finding("SLOW", subject("web", "Website"), CausalRole.SYMPTOM),
    ]
    ways = [link(deployment, service), link(caller, subject("web", "Website"))]
    assert codes(found, ways) == [("CAUSE", ["REFUSED", "SLOW"])]


def test_two_unconnected_causes_stand_side_by_side() -> None:
    found = [finding("A", subject("one")), finding("B", subject("two"))]
    assert codes(found) == [("A", []), ("B", [])]


def test_a_cause_elsewhere_never_explains_a_cause_away() -> None:
    one, two = subject("one"), subject("two")
    assert [c for c, _ in codes([finding("A", one), finding("B", two)], [link(one, two)])] == ["A", "B"]


def test_the_more_direct_statement_about_one_container_wins() -> None:
    main = subject("web", container="app")
    found = [
        finding("EXIT_1", main, CausalRole.SYMPTOM, 20),
        finding("NO_FILE", main, directness=80),
        finding("VAGUE", main, directness=40),
    ]
    assert codes(found) == [("NO_FILE", ["VAGUE", "EXIT_1"])]


def test_faults_of_two_containers_are_two_faults() -> None:
    found = [
        finding("A", subject("web", container="app"), directness=90),
        finding("B", subject("web", container="proxy"), directness=50),
    ]
    assert {c for c, _ in codes(found)} == {"A", "B"}


def test_a_peer_named_by_the_evidence_is_upstream() -> None:
    service = subject("cart", "Service")
    found = [finding("UNREACHABLE", subject("web"), CausalRole.SYMPTOM, peers=(service,)), finding("SELECTOR", service)]
    assert codes(found) == [("SELECTOR", ["UNREACHABLE"])]


def test_a_symptom_nothing_explains_is_a_root_of_its_own() -> None:
    assert codes([finding("CRASH", subject("web"), CausalRole.SYMPTOM)]) == [("CRASH", [])]


def test_risks_and_notes_are_never_causes() -> None:
    found = [finding("RISK", subject("web"), CausalRole.RISK), finding("NOTE", subject("db"), severity=Severity.INFO)]
    assert codes(found) == []


def test_the_cause_that_explains_more_comes_first() -> None:
    node, lonely = subject("node-1", "Node"), subject("aaa")
    hit = [subject(f"web-{n}") for n in range(3)]
    found = [finding("LONELY", lonely), finding("NODE", node), *(finding("DOWN", s, CausalRole.SYMPTOM) for s in hit)]
    assert [c for c, _ in codes(found, [link(node, s) for s in hit])] == ["NODE", "LONELY"]


def test_two_symptoms_that_reach_each_other_are_ordered_by_onset() -> None:
    one, two = subject("one"), subject("two")
    found = [
        finding("LATER", one, CausalRole.SYMPTOM, onset=NOON + timedelta(minutes=5)),
        finding("FIRST", two, CausalRole.SYMPTOM, onset=NOON),
    ]
    assert codes(found, [link(one, two), link(two, one)]) == [("FIRST", ["LATER"])]


names = st.sampled_from("abcdef")
worlds = st.tuples(
    st.lists(
        st.tuples(names, names, st.sampled_from([CausalRole.CAUSE, CausalRole.SYMPTOM]), st.integers(0, 100)),
        max_size=8,
    ),
    st.lists(st.tuples(names, names), max_size=12),
)


@given(worlds, st.randoms(use_true_random=False))
def test_every_finding_is_told_and_the_order_of_input_does_not_matter(world: Any, random: Any) -> None:
    found = [
        finding(f"C{n}{code}", subject(about), role, direct) for n, (code, about, role, direct) in enumerate(world[0])
    ]
    links = [link(subject(a), subject(b)) for a, b in world[1]]
    answer = chains(found, links)
    assert {f.code for c in answer for f in (c.root, *c.explains)} == {f.code for f in found}
    random.shuffle(found)
    random.shuffle(links)
    assert chains(found, links) == answer


def test_eight_links_are_a_chain_and_nine_are_not() -> None:
    """The number itself: everything else here is told in it."""
    for length, told in ((8, [("CAUSE", ["FAR"])]), (9, [("CAUSE", []), ("FAR", [])])):
        subjects, links = row(length)
        found = [finding("CAUSE", subjects[0]), finding("FAR", subjects[-1], CausalRole.SYMPTOM)]
        assert codes(found, links) == told


def test_of_two_ways_the_shorter_one_counts() -> None:
    """From the second subject on both ways are one; over the long one its end would be too far."""
    subjects, links = row(FARTHEST)
    aside = [subject(f"aside{n}") for n in range(3)]
    longer = [link(a, b) for a, b in pairwise([subjects[0], *aside, subjects[1]])]
    found = [finding("CAUSE", subjects[0]), finding("FAR", subjects[-1], CausalRole.SYMPTOM)]
    for ways in ([*links, *longer], [*longer, *links]):
        assert codes(found, ways) == [("CAUSE", ["FAR"])]


def test_what_is_nearer_to_the_cause_is_told_first_whichever_way_it_was_found() -> None:
    """The far symptom is the more direct one."""
    subjects, links = row(2)
    found = [
        finding("CAUSE", subjects[0]),
        finding("NEAR", subjects[1], CausalRole.SYMPTOM, 10),
        finding("FAR", subjects[2], CausalRole.SYMPTOM, 90, peers=(subjects[1],)),
    ]
    assert [c for c, _ in codes(found, links)] == ["CAUSE"]
    assert codes(found, links)[0][1] == ["FAR", "NEAR"], "both hang on the cause itself: the more direct one is first"


def test_trouble_goes_on_from_the_subject_and_from_its_workload() -> None:
    pod, workload = subject("db-1"), subject("db", "Deployment")
    cause = finding("CAUSE", pod, owner=workload)
    for start in (pod, workload):
        far = finding("FAR", subject("api"), CausalRole.SYMPTOM)
        assert codes([cause, far], [link(start, subject("api"))]) == [("CAUSE", ["FAR"])]


@pytest.mark.parametrize(
    ("before", "told"),
    [(0, [("NODE", ["POD"])]), (120, [("NODE", ["POD"])]), (121, [("NODE", []), ("POD", [])])],
)
def test_what_began_within_two_minutes_before_a_total_cause_is_its_consequence(before: int, told: list[Any]) -> None:
    """A node is marked some time after it has died."""
    node, pod = subject("n1", "Node"), subject("web")
    found = [
        finding("NODE", node, onset=NOON),
        finding("POD", pod, onset=NOON - timedelta(seconds=before)),
    ]
    total = Link(source=node, target=pod, how="test", total=True)
    assert sorted(codes(found, [total])) == told
