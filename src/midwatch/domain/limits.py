"""Length limits of user input."""

from midwatch.domain.refusal import Refusal

LONGEST_QUESTION = 10_000  # characters


def short_enough(question: str) -> None:
    """Raises Refusal for a text too long to be a question; parsing it would cost as much as a log."""
    if len(question) > LONGEST_QUESTION:
        raise Refusal(
            f"The question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read.",
            "Ask in a few sentences; give logs and kubectl output with --dump, alerts to midwatch investigate",
        )
