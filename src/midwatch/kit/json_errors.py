"""Errors of decoders, in a module that loads no client."""

# What a JSON decoder raises for what is no JSON, or is nested too deep for it.
MALFORMED = (ValueError, RecursionError)
