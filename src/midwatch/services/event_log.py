"""Lines of the server's log: what came in, and what became of it. Names, ids and counts only: texts and secrets of
alerts stay in the store."""

from collections.abc import Iterable

import structlog

from midwatch.engine.grouping import GroupingAction, GroupingDecision

log = structlog.get_logger()


def log_delivery(source: str, delivery: str, outcome: str, alerts: int) -> None:
    log.info("delivery accepted", source=source, delivery=delivery, outcome=outcome, alerts=alerts)


def log_refusal(source: str, reason: str) -> None:
    log.warning("delivery refused", source=source, reason=reason)


def log_decisions(source: str, decisions: Iterable[GroupingDecision]) -> None:
    """A line for each incident that changed; a repeated alert has none."""
    for decision in decisions:
        about = {"incident": decision.incident_id, "source": source}
        if decision.action is GroupingAction.OPEN:
            log.info("incident opened", **about)
        elif decision.action is GroupingAction.JOIN:
            log.info("incident joined", **about)
        elif decision.action is GroupingAction.REOPEN:
            log.info("incident reopened", **about)
        elif decision.resolved:
            log.info("incident resolved", **about)
