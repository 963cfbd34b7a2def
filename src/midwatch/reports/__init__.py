"""Reports of a diagnosis: one composition, several renderers."""
