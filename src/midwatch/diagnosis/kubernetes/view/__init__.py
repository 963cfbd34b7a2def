"""What several analyzers read out of a cluster: what stands behind a Service, how a container ended, what a policy lets
through.

Nothing here states a finding of its own accord; the rules are in `analyzers/`.
"""
