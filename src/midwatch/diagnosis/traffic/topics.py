"""Ids of the topics of traffic and jobs, and of the entity kinds that narrow them."""

GATEWAY, CLIENT, NAMESPACE = "gateway", "client", "namespace"

NAT_SPIKE, NAT_TRAFFIC, NAT_PATTERNS, NAT_COMPARE = "nat-spike", "nat-traffic", "nat-patterns", "nat-compare"
NAT_GATEWAYS = "nat-gateways"
JOBS, JOBS_OF_CLIENT, JOBS_BY_VOLUME = "jobs", "jobs-of-client", "jobs-by-volume"

NAT_TOPICS = frozenset([NAT_SPIKE, NAT_TRAFFIC, NAT_PATTERNS, NAT_COMPARE])  # that need measurements
JOB_TOPICS = frozenset([JOBS, JOBS_OF_CLIENT, JOBS_BY_VOLUME])
