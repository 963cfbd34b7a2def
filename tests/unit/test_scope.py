import pytest

from midwatch.domain.subject import Subject
from midwatch.reasoning.scope import scope

KNOWN = (
    Subject(kind="Deployment", name="payment-service", namespace="shop"),
    Subject(kind="Pod", name="payment-service-7d9f8b6c5-x2n4m", namespace="shop"),
    Subject(kind="Service", name="cart", namespace="shop"),
    Subject(kind="Namespace", name="shop"),
)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("why is payment-service down?", ["payment-service"]),
        ("deployment/payment-service keeps restarting", ["payment-service"]),
        ("shop/cart gives 503", ["cart"]),
        ("payment-service-7d9f8b6c5-x2n4m is in CrashLoopBackOff", ["payment-service-7d9f8b6c5-x2n4m"]),
        ("payment-service-5c6f7d8b9-abcde restarted", ["payment-service"]),
        ("what is wrong in SHOP", ["shop"]),
        ("is everything all right?", []),
    ],
)
def test_names_are_read_off_a_question(question: str, named: list[str]) -> None:
    assert [s.name for s in scope(question, KNOWN).named] == named


def test_a_misspelt_name_gets_the_nearest() -> None:
    found = scope("why is paymnt-service down", KNOWN)
    assert not found.named
    assert found.unknown[0][0] == "paymnt-service"
    assert "payment-service" in found.unknown[0][1]


def test_plain_english_is_no_name() -> None:
    assert scope("a crash-loop on 2026-11-21, out-of-memory or back-off?", KNOWN).unknown == ()


def test_a_namespace_beside_a_name_only_says_where() -> None:
    other = Subject(kind="Service", name="cart", namespace="lab")
    found = scope("why is cart down in namespace shop?", (*KNOWN, other))
    assert [(s.kind, s.namespace) for s in found.named] == [("Service", "shop")]
    assert [s.name for s in scope("what is wrong in shop?", (*KNOWN, other)).named] == ["shop"]


def test_a_pod_is_known_by_what_its_maker_called_it() -> None:
    pods = tuple(
        Subject(kind="Pod", name=name, namespace="shop") for name in ("export-b5xkz", "ledger-0", "web-7d9f8b6c5-x2n4m")
    )
    for word, pod in zip(("export", "ledger", "web"), pods, strict=True):
        assert scope(f"what about {word}?", pods).named == (pod,)


def test_a_question_of_a_thousand_unknown_names_costs_twenty_looks() -> None:
    words = " ".join(f"web-{n}x" for n in range(1000))
    unknown = scope(words, (Subject(kind="Deployment", name="web-1", namespace="shop"),)).unknown
    assert len(unknown) == 1000
    assert [bool(near) for _, near in unknown] == [True] * 20 + [False] * 980


def test_words_of_a_message_are_no_names_that_nothing_has() -> None:
    quotes = ['Multi-Attach error for volume "pvc-1"', "web-old"]
    assert scope("Multi-Attach error for volume", [], quotes).unknown == ()
    assert scope("0/5 nodes are available", []).unknown == ()
    assert [name for name, _ in scope("web-old is down", [], quotes).unknown] == ["web-old"]
    assert [name for name, _ in scope("Multi-Attach error", []).unknown] == ["multi-attach"]
