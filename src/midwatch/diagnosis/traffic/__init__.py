"""NAT gateway traffic, and the jobs behind it."""
