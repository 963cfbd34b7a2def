"""Any other system that can post JSON: usual names of fields are understood, others are mapped in the settings."""
