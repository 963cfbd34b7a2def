"""What a question in words, or an alert, asks: grammar, entities, follow-ups, restating. Areas bring the words."""
