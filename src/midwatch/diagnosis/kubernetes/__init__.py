"""Root causes in a Kubernetes cluster."""
