"""Question understanding: grammar, entities, follow-ups, restatement. Areas contribute the words."""
