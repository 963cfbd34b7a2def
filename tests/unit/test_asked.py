"""What a question speaks of: names by part or label, plain words in the place of a name, symptoms."""

import pytest

from midwatch.analysis.name_positions import words_in_name_position
from midwatch.domain.question import Question
from midwatch.domain.snapshot import Snapshot
from midwatch.domain.subject import Subject
from midwatch.reasoning.scope import Scope, scope
from midwatch.reasoning.symptoms import is_paste, symptoms
from tests.unit.test_headlines import listed

KINDS = ("deployments", "services")
PAYMENT = Subject(kind="Deployment", name="payment-service", namespace="shop")
WORKER = Subject(kind="Deployment", name="queue-payment-worker", namespace="shop")
CART = Subject(kind="Deployment", name="basket", namespace="shop")
POD = Subject(kind="Pod", name="payment-service-7d9f8b6c5-x2n4m", namespace="shop")


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("why is checkout slow", "checkout"),
        ("checkout is down!!", "checkout"),
        ("What's wrong with billing?", "billing"),
        ("is checkout healthy", "checkout"),
        ("show me errors in checkout", "checkout"),
        ("restart loop in the checkout deployment", "checkout"),
        ("why is deployment checkout unhealthy", "checkout"),
        ("is the checkout service down", "checkout"),
        ("why does shipping fail", "shipping"),
    ],
)
def test_a_plain_word_in_the_place_of_a_name_is_one(question: str, word: str) -> None:
    assert words_in_name_position(question) == (word,)


@pytest.mark.parametrize(
    "question",
    [
        "why is everything slow",
        "why are pods pending",
        "is it down",
        "what is wrong with the cluster",
        "Partial service unreachability.",
        "Service quality degradation.",
        "Service abnormal restart.",
        "why is the api server slow",
        "which nodes are not ready",
    ],
)
def test_plain_english_in_the_place_of_a_name_is_none(question: str) -> None:
    assert words_in_name_position(question) == ()


def test_a_part_of_a_name_is_used_and_said() -> None:
    found = scope("why is payment down", (PAYMENT, POD, WORKER, CART))
    assert found.named == (PAYMENT,)  # what begins so comes before what only holds it, the workload before its pods
    assert [(m.word, m.how) for m in found.matches] == [("payment", "name")]
    assert scope("why is worker down", (PAYMENT, WORKER)).named == (WORKER,)


def test_a_label_names_its_workload() -> None:
    found = scope("why is cart down", (CART,), {"cart": {CART: "app"}})
    assert found.named == (CART,)
    assert found.matches[0].how == "app"


def test_an_adjective_before_or_behind_a_kind_is_a_name_only_where_an_object_has_it() -> None:
    assert scope("abnormal service restart", (CART,)) == Scope()
    assert scope("service basket restart", (CART,)).named == (CART,)
    assert scope("payment deployment restarts", (WORKER,)).named == (WORKER,)


def test_a_part_of_too_many_names_means_none_of_them() -> None:
    many = [Subject(kind="Deployment", name=f"ledger-{n}x", namespace="shop") for n in range(13)]
    assert scope("why is ledger down", many).named == ()
    assert scope("why is ledger down", many).unknown[0][0] == "ledger"
    assert len(scope("why is ledger down", many[:12]).named) == 12


def test_an_exact_name_leaves_its_parts_alone() -> None:
    cart, cart_db = (Subject(kind="Deployment", name=n, namespace="shop") for n in ("cart", "cart-db"))
    assert scope("why is cart down", (cart, cart_db)).named == (cart,)


def test_numbers_are_no_names() -> None:
    assert scope("0/5 nodes are available, 10/12 replicas", (PAYMENT,)).unknown == ()


@pytest.mark.parametrize(
    ("question", "symptom"),
    [
        ("why is web slow", "slow"),
        ("cannot evict ctrl-manager", "eviction"),
        ("why does web keep restarting", "restarts"),
        ("hpa does not scale", "scaling"),
        ("why did the cron job not run", "runs"),
        ("is the quota full", "quota"),
    ],
)
def test_symptoms_are_read_off_a_question(question: str, symptom: str) -> None:
    assert symptom in symptoms(Question(question))


def test_a_question_without_a_symptom_has_none() -> None:
    assert symptoms(Question("what is wrong with web")) == frozenset()


def test_quotation_marks_hold_a_phrase_and_an_apostrophe_does_not() -> None:
    assert Question("was there any 'carrier lost' in link's log, or \"link down\"?").phrases == (
        "carrier lost",
        "link down",
    )
    assert Question("what's wrong with bob's pod").phrases == ()


def test_a_live_cluster_that_refuses_its_lists_is_no_paste() -> None:
    live = listed("pods", 2)
    saved = live.model_copy(update={"snapshot": Snapshot(at=live.taken_at)})
    assert not is_paste([live])
    assert is_paste([saved])
    assert not is_paste([saved, *(saved.model_copy(update={"observation": listed(k, 1).observation}) for k in KINDS)])
