"""What all inbound alert sources share: authentication, normalization, vocabulary."""
