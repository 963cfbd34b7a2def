"""A package of somebody else: tide gauges. Nothing in Midwatch knows it."""
