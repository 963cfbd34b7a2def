"""Amazon Web Services: NAT gateways, their metrics and their flow logs. Read-only."""
