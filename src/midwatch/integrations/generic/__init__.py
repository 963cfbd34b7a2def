"""Any other system that can post JSON: usual field names are recognised, others are mapped in the settings."""
