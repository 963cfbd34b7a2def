"""A diagnosis laid out: one compose, renderers side by side."""
