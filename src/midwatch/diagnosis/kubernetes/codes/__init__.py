"""The findings about Kubernetes: K8S-1xx start-up, 2xx running, 3xx scheduling, 4xx storage, 5xx network, 6xx
workloads, 7xx policy, 8xx nodes, 9xx logs and peers."""

from midwatch.analysis.codes import Catalogue

CODES = Catalogue.load(__name__, at_once=False, nouns=False)
finding = CODES.finding
