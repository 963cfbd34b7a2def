"""Questions that ask for facts of the cluster and not for what is wrong: a phrase in the logs, a list, a count, the
last rollout. Each answer is one sentence that cites what it was read from, and a table where it lists."""

from collections.abc import Callable
from typing import NamedTuple

from midwatch.diagnosis.kubernetes.answers.listing import listing
from midwatch.diagnosis.kubernetes.answers.phrases import phrase_in_logs
from midwatch.diagnosis.kubernetes.answers.rollouts import last_change
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import HealthyCheck, Table


class FactAnswer(NamedTuple):
    sentence: HealthyCheck | None = None
    tables: tuple[Table, ...] = ()


_Answer = tuple[HealthyCheck, tuple[Table, ...]]
_KINDS: tuple[Callable[[Cluster], _Answer | None], ...] = (phrase_in_logs, last_change, listing)


def answer(cluster: Cluster) -> FactAnswer:
    """Empty when the question asks for none of these, or nothing was read that could tell."""
    if not cluster.question.text:
        return FactAnswer()
    return next((FactAnswer(*found) for kind in _KINDS if (found := kind(cluster))), FactAnswer())
