"""Views of a cluster that several analyzers share: backends of Services, terminations, traffic that policies allow.

The rules, which decide on findings, are in `analyzers/`.
"""
