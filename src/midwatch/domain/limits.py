"""How much of what people send is read."""

from midwatch.domain.refusal import Refusal

LONGEST_QUESTION = 10_000  # characters


def short_enough(question: str) -> None:
    """Raises Refusal for a text that nobody asks as a question; its cost would be that of a log."""
    if len(question) > LONGEST_QUESTION:
        raise Refusal(
            f"The question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read.",
            "Ask in a few sentences; give logs and kubectl output with --dump, alerts to midwatch investigate",
        )
